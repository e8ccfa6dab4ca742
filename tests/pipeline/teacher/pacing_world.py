"""A world of runs that pace themselves against one server, on a clock of its own: minutes pass in milliseconds.

The server is the simulated teacher's own limits; a request is charged when it arrives, and its reply comes later.
"""

import heapq
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.config import Limits
from pipeline.teacher.pacing import Ask, Pacing, Settled
from pipeline.teacher.simulated.limits import full

NETWORK_S = 0.002


@dataclass
class Runner:
    """One run: its pacing, when it starts and ends, and what it was answered when."""

    pacing: Pacing
    starts: float = 0.0
    ends: float = 1e9
    ok: list[tuple[float, int, int]] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    number: int = 0
    looks_at: float = 1e9

    def used(self, kind: str, since: float, until: float) -> float:
        """Units a minute that this run was answered between two moments."""
        column = {"requests": None, "input_tokens": 1, "output_tokens": 2}[kind]
        amounts = (1 if column is None else one[column] for one in self.ok if since <= one[0] < until)
        return sum(amounts) / (until - since) * 60

    def refusals(self, since: float = 0.0, until: float = 1e9) -> int:
        return sum(since <= at < until for at in self.refused)


@dataclass
class World:
    """`lengths` draws the true input and output tokens of a request, `expects` what the plan says of them."""

    per_minute: Mapping[str, int]
    burst_s: float = 1.0
    latency_s: tuple[float, float] = (0.05, 0.3)
    headers: bool = True
    retry_after: bool = True
    lengths: Callable[[random.Random], tuple[int, int]] = lambda rng: (
        rng.choice((50, 100, 1500)),
        rng.randint(20, 280),
    )
    expects: Callable[[tuple[int, int]], tuple[int, int]] = lambda lengths: (lengths[0], 150)
    whim: float = 0.0
    """The share of requests that the server refuses for no reason of their number, to come again at once."""
    changes: dict[float, Mapping[str, int]] = field(default_factory=dict)
    seed: int = 1

    def run(self, runners: list[Runner], until: float) -> None:
        rng, turn = random.Random(self.seed), 0
        server = full(_units(self.per_minute), self.burst_s, 0.0)
        changes = sorted(self.changes.items(), reverse=True)
        events: list[tuple[float, int, str, Any]] = []
        waiting: dict[int, tuple[Ask, tuple[int, int]]] = {}

        def push(at: float, what: str, value: Any) -> None:
            nonlocal turn
            turn += 1
            heapq.heappush(events, (at, turn, what, value))

        for runner in runners:
            runner.pacing.start(runner.starts)
            runner.looks_at = runner.starts
            push(runner.starts, "look", runner)
        while events and events[0][0] < until:
            now, _, what, value = heapq.heappop(events)
            if changes and changes[-1][0] <= now:
                server = full(_units(changes.pop()[1]), self.burst_s, now)
            if what == "look":
                runner = value
                if now != runner.looks_at:
                    continue
                runner.looks_at = 1e9
                while now < runner.ends:
                    if id(runner) not in waiting:
                        drawn, runner.number = self.lengths(rng), runner.number + 1
                        waiting[id(runner)] = Ask(str(runner.number), *self.expects(drawn)), drawn
                    ask, drawn = waiting[id(runner)]
                    delay = runner.pacing.delay(ask, now)
                    if delay:
                        if delay < 1e9:
                            runner.looks_at = now + max(delay, 1e-4)
                            push(runner.looks_at, "look", runner)
                        break
                    del waiting[id(runner)]
                    push(now + NETWORK_S, "arrive", (runner, ask, drawn, runner.pacing.reserve(ask, now)))
            elif what == "arrive":
                runner, ask, drawn, reservation = value
                cost = {"requests": 1, "input-tokens": drawn[0], "output-tokens": drawn[1]}
                moody = bool(self.whim) and rng.random() < self.whim
                server, wait = (server, 0.05) if moody else server.admit(cost, now)
                limits = {unit.replace("-", "_"): bucket.per_minute for unit, bucket in server.buckets.items()}
                shown = limits if self.headers else {}
                if wait:
                    retry = wait if self.retry_after else None
                    settled = Settled(ask, "rate_limited", retry_after=retry, limits=shown)
                    push(now + NETWORK_S, "settle", (runner, settled, reservation))
                else:
                    settled = Settled(ask, "ok", *drawn, limits=shown)
                    push(now + rng.uniform(*self.latency_s), "settle", (runner, settled, reservation))
            else:
                runner, settled, reservation = value
                runner.pacing.settle(settled, reservation, now)
                if settled.outcome == "ok":
                    runner.ok.append((now, settled.input_tokens, settled.output_tokens))
                else:
                    runner.refused.append(now)
                runner.looks_at = now
                push(now, "look", runner)


def runner(limits: Limits | None = None, **values: float) -> Runner:
    return Runner(Pacing(limits or Limits(in_flight=128)), **values)


def _units(per_minute: Mapping[str, int]) -> dict[str, int | None]:
    return {kind.replace("_", "-"): limit for kind, limit in per_minute.items()}
