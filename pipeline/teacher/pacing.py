"""Pacing: how fast the whole run may ask, and how much it may spend. Pure arithmetic on a clock that is handed in.

Requests, input tokens and output tokens are token buckets that refill continuously. A request reserves its estimate
before it leaves and settles the truth afterwards, so a bucket may go below zero and then makes later requests wait;
estimates are corrected by what replies have turned out to take. Dollars are a bucket that never refills.

A limit is one that a person set, else what the server's headers say, followed whenever they change. Where neither
is known, few requests leave at first and twice as many after each reply, until the first 429: what was answered just
before it, or was on its way, is the first guess at the limit, and the pace (`pipeline.teacher.pace`) finds the rest.
The same pace makes room when 429s come although we keep within the limits, since somebody else then uses the same key.

A 429 stops everybody for as long as the server says, and lowers the pace once a burst: requests that had left before
the pace was lowered cannot lower it again. 529 and 5xx only wait.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipeline.config import Limits
from pipeline.teacher.buckets import BURST_S, Bucket, Meter
from pipeline.teacher.pace import Pace

KINDS = ("requests", "input_tokens", "output_tokens")
HEADROOM = 0.99
START = 8
"""Requests in flight at first, while no limit is known."""
BURST_OF_429_S = 0.5
"""429s of requests that leave so soon after a cut still belong to its burst: the server's bucket is empty yet."""
TRUST, MEMORY = 10, 100
"""An estimate weighs as much as ten replies at first, and the correction remembers a hundred."""
DOWN = 3
"""So many failures without a success between them are the server's, and everybody waits."""
LONGEST_PAUSE_S = 300.0

Outcome = Literal["ok", "rate_limited", "overloaded", "failed", "refused", "unused"]


@dataclass(frozen=True, slots=True)
class Ask:
    """What one request is expected to use."""

    key: str
    input_tokens: int
    output_tokens: int
    dollars: float = 0.0
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Reservation:
    """An ask that has left, and what was taken from the buckets for it."""

    ask: Ask
    left_at: float
    amounts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a request: its reservation, the truth, and what the server said, of its limits too.
    `barred` is of a refusal: by a 403 or 404, which may be meant for all of us.
    """

    ask: Ask
    outcome: Outcome
    input_tokens: int = 0
    output_tokens: int = 0
    dollars: float = 0.0
    retry_after: float | None = None
    limits: Mapping[str, int] = field(default_factory=dict)
    error: str = ""
    barred: bool = False


@dataclass(slots=True)
class Pacing:
    """The state of one run's pace. Not thread-safe; its holder serialises the calls."""

    limits: Limits
    budget: float | None = None
    spent: float = 0.0
    reserved: float = 0.0
    in_flight: int = 0
    pace: Pace = field(default_factory=Pace)
    blocked_until: float = 0.0
    successes: int = 0
    last_success: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=lambda: {"input_tokens": 0, "output_tokens": 0})
    buckets: dict[str, Bucket] = field(default_factory=dict)
    meters: dict[str, Meter] = field(default_factory=dict)
    learnt: bool = False
    """Whether the limit in use is a guess from 429s."""
    _began_at: float | None = None
    _window: float = START
    _corrections: dict[str, float] = field(default_factory=lambda: {"input_tokens": 1.0, "output_tokens": 1.0})
    _cut_at: float = -1e9
    _trouble: int = 0
    _held_up: bool = False
    """Whether the server has put anything off since the last success."""
    _failing: set[str] = field(default_factory=set)
    _bursts: int = 0

    def start(self, now: float) -> None:
        self.last_success = now
        self.meters = {kind: Meter(now) for kind in KINDS}
        for kind in KINDS:
            if limit := getattr(self.limits, f"{kind}_per_minute"):
                self._set_limit(kind, limit * HEADROOM, now)

    def delay(self, ask: Ask, now: float) -> float:
        """Seconds until `ask` may leave, 0 for now; infinity while only a settlement can make room."""
        if self.in_flight >= (self.limits.in_flight if self.buckets else min(self._window, self.limits.in_flight)):
            return float("inf")
        pace, amounts = self.pace.at(now), self._amounts(ask)
        waits = (bucket.wait(amounts[kind], now, pace) for kind, bucket in self.buckets.items())
        return max(0.0, self.blocked_until - now, *waits)

    def over_budget(self, ask: Ask) -> bool:
        return self.budget is not None and self.spent + self.reserved + ask.dollars > self.budget

    def idle_for(self, now: float) -> float:
        """Seconds since the last success, while the server takes nothing; 0 when nothing is wrong, or when a few
        requests fail that may be at fault themselves, since their attempts end that.
        """
        return now - self.last_success if self._held_up or not self.few_fail else 0.0

    @property
    def few_fail(self) -> bool:
        """Whether so few different requests have failed since the last success that the fault may be theirs."""
        return len(self._failing) < DOWN

    def reserve(self, ask: Ask, now: float) -> Reservation:
        amounts = self._amounts(ask)
        if self._began_at is None:
            self._begin(amounts, now)
        self.in_flight += 1
        self.reserved += ask.dollars
        for kind, bucket in self.buckets.items():
            bucket.level -= amounts[kind]
        return Reservation(ask, now, {kind: amounts[kind] for kind in self.buckets if kind != "requests"})

    def _begin(self, amounts: Mapping[str, float], now: float) -> None:
        """Workers take seconds to start, in which nothing could flow; and what a new worker was given leave for reaches
        the server in one bunch, so that nothing saved up may come on top.
        """
        self._began_at, self.meters = now, {kind: Meter(now) for kind in KINDS}
        for kind, bucket in self.buckets.items():
            bucket.level = min(bucket.level, amounts[kind])

    def release(self, reservation: Reservation) -> None:
        """Gives a reservation back whole; what was really used is taken by `settle`."""
        self.in_flight -= 1
        self.reserved = max(0.0, self.reserved - reservation.ask.dollars)
        for kind, amount in reservation.amounts.items():
            if kind in self.buckets:
                self.buckets[kind].level += amount

    def settle(self, settled: Settled, reservation: Reservation | None, now: float) -> None:
        """Takes what was used. There is no reservation for an answer that comes after its own was given up."""
        if reservation is not None:
            self.release(reservation)
        self.spent += settled.dollars
        self._learn(settled.limits, now)
        for kind in ("input_tokens", "output_tokens"):
            if kind in self.buckets:
                self.buckets[kind].level -= getattr(settled, kind)
        if settled.outcome == "unused":
            return
        self.counts[settled.outcome] = self.counts.get(settled.outcome, 0) + 1
        if settled.outcome in ("ok", "refused"):
            self._succeed(settled, now)
        else:
            self._trouble += 1
            if settled.outcome == "failed":
                self._failing.add(settled.ask.key)
            else:
                self._held_up = True
            self._hold(settled, reservation, now)

    def figures(self, now: float) -> dict[str, Any]:
        """What a person wants to see: a minute's use and limit of each kind, and the pace within the limits."""
        pace = self.pace.at(now)
        share = pace if self.learnt else 1.0  # a guess at a limit is moved by the pace
        return {
            "per_minute": {kind: meter.per_minute(now) for kind, meter in self.meters.items()},
            "limits": {kind: bucket.per_minute / HEADROOM * share for kind, bucket in self.buckets.items()},
            "pace": 1.0 if self.learnt else pace,
            "learnt": self.learnt,
        }

    def _succeed(self, settled: Settled, now: float) -> None:
        self.successes += 1
        self._window += 1
        self.last_success, self._trouble, self._held_up, self._bursts = now, 0, False, 0
        self._failing.clear()
        self.meters["requests"].add(1, now)
        for kind, correction in self._corrections.items():
            used, expected = getattr(settled, kind), getattr(settled.ask, kind)
            self.tokens[kind] += used
            self.meters[kind].add(used, now)
            if used and expected:
                weight = 1 / min(TRUST + self.successes, MEMORY)
                self._corrections[kind] = min(20.0, max(0.05, correction + weight * (used / expected - correction)))

    def _hold(self, settled: Settled, reservation: Reservation | None, now: float) -> None:
        pause = settled.retry_after or 0.0
        if settled.outcome == "rate_limited":
            pause = 0.5 if settled.retry_after is None else settled.retry_after
            for bucket in self.buckets.values():
                bucket.level = min(bucket.level, 0.0)  # the server's is empty, whatever ours says
            if reservation is not None and reservation.left_at >= self._cut_at + BURST_OF_429_S:
                self._cut(min(pause, LONGEST_PAUSE_S), now)
        elif now >= self.blocked_until and (settled.outcome == "overloaded" or self._trouble >= DOWN):
            pause = max(pause, min(30.0, 0.25 * 2**self._bursts))
            self._bursts = min(self._bursts + 1, 8)
        self.blocked_until = max(self.blocked_until, now + min(pause, LONGEST_PAUSE_S))

    def _cut(self, pause: float, now: float) -> None:
        reached, found = self.meters["requests"].per_minute(now), float("inf")
        if not self.buckets:
            self.learnt, self.pace = True, Pace(most=float("inf"))
            self._set_limit("requests", max(reached, self._underway(now)), now)
        elif self.learnt:
            found = 1.25 * reached / self.buckets["requests"].per_minute
        self.pace.cut(now, pause, found)
        self._cut_at = now

    def _underway(self, now: float) -> float:
        """Requests a minute since the first, those on their way counted as if answered: among the first few requests
        a 429 says nothing yet of how many the server takes.
        """
        began = now if self._began_at is None else self._began_at
        return (self.successes + max(self.in_flight, 1)) / max(now - began, 1.0) * 60

    def _learn(self, limits: Mapping[str, int], now: float) -> None:
        for kind, limit in limits.items():
            if kind in KINDS and getattr(self.limits, f"{kind}_per_minute") is None and limit > 0:
                if self.learnt:
                    self.learnt, self.pace, self.buckets = False, Pace(), {}
                self._set_limit(kind, limit * HEADROOM, now)

    def _set_limit(self, kind: str, per_minute: float, now: float) -> None:
        if kind in self.buckets:
            self.buckets[kind].per_minute = per_minute
        else:
            level = 0.0 if self._began_at is not None else max(per_minute / 60 * BURST_S, 1.0)
            self.buckets[kind] = Bucket(per_minute, level, now)

    def _amounts(self, ask: Ask) -> dict[str, float]:
        corrected = {kind: getattr(ask, kind) * correction for kind, correction in self._corrections.items()}
        return {"requests": 1.0, **corrected}
