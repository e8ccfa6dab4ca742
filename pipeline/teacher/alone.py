"""Turns for one request that is asked alone, before the others: no limit can be short of it, the budget can.

It is a courtesy to the others, so it waits for a busy server no longer than they can wait for it: whatever it leaves
open is asked with them.
"""

import asyncio
import time
from dataclasses import dataclass, field

from pipeline.teacher.ask import StopKind, Turn
from pipeline.teacher.pacing import Ask, Settled

FAILURES = 3
LONGEST_S = 60.0
PAUSE_S = 0.5


@dataclass(slots=True)
class Alone:
    """`left` are the dollars that may be spent, None for any number. `stopped` says why no more turn is given."""

    left: float | None = None
    longest_s: float = LONGEST_S
    spent: float = 0.0
    failures: int = 0
    stopped: tuple[StopKind, str] | None = None
    barred: str = ""
    """The server's words, where it refused the request in a way that may be meant for all."""
    since: float = field(default_factory=time.monotonic)
    _pause: float = 0.0

    async def acquire(self, ask: Ask) -> Turn:
        late = time.monotonic() + self._pause - self.since > self.longest_s
        if self.left is not None and self.spent + ask.dollars > self.left:
            self.stop("budget", "the next request could pass it")
        elif late or self.failures >= FAILURES:
            self.stop("teacher", "")
        if not self.stopped:
            await asyncio.sleep(self._pause)
        return Turn(stop=self.stopped is not None)

    def settle(self, settled: Settled) -> None:
        self.spent += settled.dollars
        self.failures += settled.outcome == "failed"
        self.barred = settled.error if settled.barred else ""
        self._pause = PAUSE_S * 2**self.failures if settled.retry_after is None else settled.retry_after

    def stop(self, kind: StopKind, reason: str) -> None:
        self.stopped = self.stopped or (kind, reason)
