"""Pacing: how fast the whole run may ask, and how much it may spend. Pure arithmetic on a clock that is handed in.

Requests, input tokens and output tokens are token buckets that refill continuously. A request reserves its estimate
before it leaves and settles the truth afterwards, so a bucket may go below zero and then makes later requests wait.
Dollars are a bucket that never refills. A 429 stops everybody for as long as the server says and lowers the pace once a
burst; 529 and 5xx only wait.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipeline.config import Limits

KINDS = ("requests", "input_tokens", "output_tokens")
BURST_S = 0.2
"""A bucket holds this many seconds of its limit: servers enforce a minute's limit over far shorter windows."""
HEADROOM = 0.99
CUT, RECOVERY_PER_S = 0.9, 0.01
DOWN = 3
"""So many failures without a success between them are the server's, and everybody waits."""

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
class Settled:
    """What became of a request: its reservation, the truth, and what the server said of its limits."""

    ask: Ask
    outcome: Outcome
    input_tokens: int = 0
    output_tokens: int = 0
    dollars: float = 0.0
    retry_after: float | None = None
    limits: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Bucket:
    """A token bucket; `level` may be negative after a request that took more than it reserved."""

    per_minute: float
    level: float
    at: float

    def refill(self, now: float, pace: float) -> None:
        rate = self.per_minute / 60 * pace
        self.level = min(max(rate * BURST_S, 1.0), self.level + rate * (now - self.at))
        self.at = now

    def wait(self, amount: float, pace: float) -> float:
        """Seconds until `amount` may be taken. More than a full bucket is let through once it is full, and repaid."""
        rate = self.per_minute / 60 * pace
        short = min(amount, max(rate * BURST_S, 1.0)) - self.level
        return short / rate if short > 1e-9 else 0.0


@dataclass(slots=True)
class Pacing:
    """The state of one run's pace. Not thread-safe; its holder serialises the calls."""

    limits: Limits
    budget: float | None = None
    spent: float = 0.0
    reserved: float = 0.0
    in_flight: int = 0
    pace: float = 1.0
    blocked_until: float = 0.0
    successes: int = 0
    last_success: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=lambda: {"input_tokens": 0, "output_tokens": 0})
    buckets: dict[str, Bucket] = field(default_factory=dict)
    _cut_at: float = -1e9
    _paced_at: float = 0.0
    _trouble: int = 0
    _failing: set[str] = field(default_factory=set)
    _bursts: int = 0

    def start(self, now: float) -> None:
        self.last_success = self._paced_at = now
        for kind in KINDS:
            if limit := getattr(self.limits, f"{kind}_per_minute"):
                self._set_limit(kind, limit, now)

    def delay(self, ask: Ask, now: float) -> float:
        """Seconds until `ask` may leave, 0 for now; infinity while only a settlement can make room."""
        self._recover(now)
        if self.in_flight >= self.limits.in_flight:
            return float("inf")
        waits = [self.blocked_until - now]
        for kind, bucket in self.buckets.items():
            bucket.refill(now, self.pace)
            waits.append(bucket.wait(_amount(ask, kind), self.pace))
        return max(0.0, *waits)

    def over_budget(self, ask: Ask) -> bool:
        return self.budget is not None and self.spent + self.reserved + ask.dollars > self.budget

    def idle_for(self, now: float) -> float:
        """Seconds since the last success, while requests fail; 0 when nothing is wrong."""
        return now - self.last_success if self._trouble else 0.0

    @property
    def few_fail(self) -> bool:
        """Whether so few different requests have failed since the last success that the fault may be theirs."""
        return len(self._failing) < DOWN

    def reserve(self, ask: Ask) -> None:
        self.in_flight += 1
        self.reserved += ask.dollars
        for kind, bucket in self.buckets.items():
            bucket.level -= _amount(ask, kind)

    def release(self, ask: Ask) -> None:
        """Gives a reservation back whole; what was really used is taken by `settle`."""
        self.in_flight -= 1
        self.reserved = max(0.0, self.reserved - ask.dollars)
        for kind in ("input_tokens", "output_tokens"):
            if kind in self.buckets:
                self.buckets[kind].level += _amount(ask, kind)

    def settle(self, settled: Settled, now: float, *, reserved: bool = True) -> None:
        """Takes what was used. `reserved` is false for an answer that comes after its reservation was given up."""
        if reserved:
            self.release(settled.ask)
        self.spent += settled.dollars
        self._learn(settled.limits, now)
        for kind in ("input_tokens", "output_tokens"):
            if kind in self.buckets:
                self.buckets[kind].level -= getattr(settled, kind)
        if settled.outcome == "unused":
            return
        self.counts[settled.outcome] = self.counts.get(settled.outcome, 0) + 1
        if settled.outcome in ("ok", "refused"):
            self.successes += 1
            self.last_success, self._trouble, self._bursts = now, 0, 0
            self._failing.clear()
            for kind in self.tokens:
                self.tokens[kind] += getattr(settled, kind)
        else:
            self._trouble += 1
            if settled.outcome == "failed":
                self._failing.add(settled.ask.key)
            self._hold(settled, now)

    def _hold(self, settled: Settled, now: float) -> None:
        pause = settled.retry_after or 0.0
        if settled.outcome == "rate_limited":
            pause = settled.retry_after if settled.retry_after is not None else 1.0
            if now >= self._cut_at:
                self.pace = max(0.05, self.pace * CUT)
            self._cut_at = max(self._cut_at, now + max(pause, 1.0))
        elif now >= self.blocked_until and (settled.outcome == "overloaded" or self._trouble >= DOWN):
            pause = max(pause, min(30.0, 0.25 * 2**self._bursts))
            self._bursts = min(self._bursts + 1, 8)
        self.blocked_until = max(self.blocked_until, now + min(pause, 300.0))

    def _recover(self, now: float) -> None:
        self.pace = min(1.0, self.pace + RECOVERY_PER_S * (now - self._paced_at))
        self._paced_at = now

    def _learn(self, limits: Mapping[str, int], now: float) -> None:
        for kind, limit in limits.items():
            if kind in KINDS and getattr(self.limits, f"{kind}_per_minute") is None and limit > 0:
                self._set_limit(kind, limit, now)

    def _set_limit(self, kind: str, limit: float, now: float) -> None:
        per_minute = limit * HEADROOM
        if kind in self.buckets:
            self.buckets[kind].per_minute = per_minute
        else:
            self.buckets[kind] = Bucket(per_minute, max(per_minute / 60 * BURST_S, 1.0), now)


def _amount(ask: Ask, kind: str) -> float:
    return 1.0 if kind == "requests" else float(getattr(ask, kind))
