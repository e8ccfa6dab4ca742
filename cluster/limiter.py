"""One limiter for the whole cluster: an actor that holds the pace, and each worker's line to it.

Workers coalesce: one call leases turns for up to 16 waiting requests, another settles whatever has come back since.
Settling never waits behind leasing, or a full house could not empty.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import ray

from pipeline.config import Limits
from pipeline.errors import BudgetStop, InputError, SeedwrightError, TeacherError
from pipeline.teacher.ask import StopKind, Turn
from pipeline.teacher.pacing import Ask, Pacing, Settled

LEASE = 16
STOPS: dict[str, type[SeedwrightError]] = {"budget": BudgetStop, "teacher": TeacherError, "input": InputError}


@dataclass(frozen=True, slots=True)
class Lease:
    """The first `granted` of the asks may leave; `answered` lists keys that another worker already has the reply to."""

    granted: int
    successes: int
    answered: frozenset[str] = frozenset()
    stop: bool = False


class Limiter:
    """The actor. Leases are served first come, first served."""

    def __init__(self, limits: Limits, budget: float | None, spent: float, patience_s: float) -> None:
        self.pacing = Pacing(limits, budget, spent)
        self.pacing.start(time.monotonic())
        self.patience_s = patience_s
        self.stopped: tuple[StopKind, str] | None = None
        self.answered: set[str] = set()
        self.queue = asyncio.Lock()
        self.room = asyncio.Event()

    async def lease(self, asks: list[Ask]) -> Lease:
        answered = frozenset(ask.key for ask in asks if ask.key in self.answered)
        async with self.queue:
            while not self.stopped and not self._may_go(asks[0]):
                await self._wait(asks[0])
            if self.stopped:
                return Lease(len(asks), self.pacing.successes, answered, stop=True)
            granted = 0
            while granted < len(asks) and self._may_go(asks[granted]):
                self.pacing.reserve(asks[granted])
                granted += 1
            return Lease(granted, self.pacing.successes, answered)

    def _may_go(self, ask: Ask) -> bool:
        if self.pacing.over_budget(ask):
            return False
        return self.pacing.delay(ask, time.monotonic()) == 0

    async def _wait(self, ask: Ask) -> None:
        now = time.monotonic()
        if self.pacing.over_budget(ask) and self.pacing.in_flight == 0:
            self.stop(
                "budget",
                f"${self.pacing.spent:.4f} of ${self.pacing.budget:.4f} are spent, and the next request would pass it",
            )
            return
        if self.pacing.idle_for(now) > self.patience_s:
            self.stop("teacher", f"no request has succeeded for {self.patience_s:g} s (last: {self.pacing.counts})")
            return
        self.room.clear()
        delay = min(self.pacing.delay(ask, now), 1.0)
        try:
            await asyncio.wait_for(self.room.wait(), timeout=max(delay, 0.001))
        except TimeoutError:
            return

    async def settle(self, settled: list[Settled]) -> None:
        now = time.monotonic()
        for one in settled:
            self.pacing.settle(one, now)
            if one.outcome == "ok":
                self.answered.add(one.ask.key)
        self.room.set()

    def stop(self, kind: StopKind, reason: str) -> None:
        self.stopped = self.stopped or (kind, reason)
        self.room.set()

    async def stop_run(self, kind: StopKind, reason: str) -> None:
        self.stop(kind, reason)

    async def stats(self) -> dict[str, Any]:
        pacing = self.pacing
        return {
            "counts": dict(pacing.counts),
            **pacing.tokens,
            "spent": pacing.spent,
            "reserved": pacing.reserved,
            "in_flight": pacing.in_flight,
            "pace": pacing.pace,
            "stopped": self.stopped,
        }


def start_limiter(limits: Limits, budget: float | None, spent: float, patience_s: float) -> Any:
    return ray.remote(Limiter).options(num_cpus=0, max_concurrency=1000).remote(limits, budget, spent, patience_s)


class ClusterTurns:
    """A worker's line to the limiter; lives in one event loop."""

    def __init__(self, limiter: Any) -> None:
        self.limiter = limiter
        self._waiting: list[tuple[Ask, asyncio.Future[Turn]]] = []
        self._settled: list[Settled] = []
        self._pump: asyncio.Task[None] | None = None
        self._settling: asyncio.Task[None] | None = None

    async def acquire(self, ask: Ask) -> Turn:
        granted: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        self._waiting.append((ask, granted))
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._lease_all())
        return await granted

    async def _lease_all(self) -> None:
        while self._waiting:
            head = self._waiting[:LEASE]
            try:
                lease: Lease = await self.limiter.lease.remote([ask for ask, _ in head])
            except Exception as error:
                for _, granted in self._waiting:
                    granted.set_exception(error)
                self._waiting = []
                return
            self._waiting = self._waiting[lease.granted :]
            for ask, granted in head[: lease.granted]:
                granted.set_result(Turn(lease.successes, ask.key in lease.answered, lease.stop))

    def settle(self, settled: Settled) -> None:
        self._settled.append(settled)
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._settle_all())

    async def _settle_all(self) -> None:
        while self._settled:
            batch, self._settled = self._settled, []
            await self.limiter.settle.remote(batch)

    def stop(self, kind: StopKind, reason: str) -> None:
        self.limiter.stop_run.remote(kind, reason)
