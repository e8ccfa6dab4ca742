"""One limiter for the whole cluster: an actor that holds the pace, and each worker's line to it.

Workers coalesce: one call leases turns for up to 16 waiting requests, another settles whatever has come back since, so
that the places they free are leased together, too. It waits for more for a fiftieth of the time that a reply takes, so
that no place stands empty for longer than that; what went wrong is settled at once. Settling never waits behind
leasing, or a full house could not empty.

A network that breaks off for a moment leaves open whether a call arrived: it is made again, and the limiter makes
nothing of it twice. Only once it has died, or was out of reach for half a minute, does a worker stop.
"""

import asyncio
import contextlib
import math
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from pipeline.config import Limits
from pipeline.teacher.ask import StopKind, Turn
from pipeline.teacher.driver import Driver
from pipeline.teacher.limiter import Lease, Limiter, Worker
from pipeline.teacher.pacing import Ask, Settled
from pipeline.teacher.refusals import Refusals

LEASE = 16
LINGER, LINGER_S = 0.02, (0.01, 0.05)
"""How long a settlement waits for others: a share of the time that a reply takes, in seconds at least and at most."""
PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Waits between the calls to a limiter that is out of reach."""
NEWS = 0.05
"""The weight of a reply in the mean time that replies take."""


def start_limiter(
    limits: Limits,
    budget: float | None,
    spent: float,
    *,
    patience_s: float,
    timeout_s: float,
    refusals: Refusals | None = None,
) -> Any:
    """The actor, on the driver's own node: who can start a run can finish it, whatever other nodes do."""
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    actor = ray.remote(Limiter).options(num_cpus=0, max_concurrency=1000, scheduling_strategy=here)
    return actor.remote(limits, budget, spent, patience_s, timeout_s, Driver.this(), refusals)


class ClusterTurns:
    """A worker's line to the limiter; lives in one event loop."""

    def __init__(self, limiter: Any, actor: str | None = None) -> None:
        """`actor` is the name of the Ray actor that this worker lives in, if any."""
        self.limiter = limiter
        self.worker = Worker(actor or uuid.uuid4().hex, uuid.uuid4().hex)
        self._waiting: list[tuple[Ask, asyncio.Future[Turn]]] = []
        self._settled: list[Settled] = []
        self._left: dict[str, float] = {}
        self._reply_s = 0.0
        self._urgent = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._settling: asyncio.Task[None] | None = None
        self._sent = 0
        self._stopping: set[asyncio.Task[None]] = set()

    async def acquire(self, ask: Ask) -> Turn:
        granted: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        if ask.attempt > 1:  # what has waited longest goes first, and its fate is known while others still succeed
            self._waiting.insert(0, (ask, granted))
        else:
            self._waiting.append((ask, granted))
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._lease_all())
        return await granted

    async def _lease_all(self) -> None:
        while self._waiting:
            head, self._waiting = self._waiting[:LEASE], self._waiting[LEASE:]
            try:
                asks = [ask for ask, _ in head]
                lease: Lease = await reached(lambda asks=asks: self.limiter.lease.remote(self.worker, asks))
            except ray.exceptions.RayActorError:
                self._end_without_limiter(head)
                return
            except Exception as error:
                for _, granted in head + self._waiting:
                    granted.set_exception(error)
                self._waiting = []
                return
            self._waiting = head[lease.granted :] + self._waiting
            for ask, granted in head[: lease.granted]:
                self._left[ask.key] = time.monotonic()
                granted.set_result(Turn(lease.successes, ask.key in lease.answered, lease.stop, lease.alone))

    def _end_without_limiter(self, head: list[tuple[Ask, asyncio.Future[Turn]]]) -> None:
        """Nobody keeps pace and budget any more, so nothing leaves; the driver finds the limiter dead, or requests that
        nobody asked, and says so.
        """
        for _, granted in head + self._waiting:
            granted.set_result(Turn(stop=True))
        self._waiting = []

    def settle(self, settled: Settled) -> None:
        self._settled.append(settled)
        took = time.monotonic() - self._left.pop(settled.ask.key, math.inf)
        if settled.outcome == "ok":
            self._reply_s += NEWS * (max(took, 0.0) - self._reply_s)
        else:
            self._urgent.set()
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._settle_all())

    async def _settle_all(self) -> None:
        while self._settled:
            await self._linger()
            batch, self._settled = self._settled, []
            self._sent += 1
            told = (batch, self.worker, self._sent)
            with contextlib.suppress(ray.exceptions.RayActorError):  # every reply is in the ledger
                await reached(lambda told=told: self.limiter.settle.remote(*told))

    async def _linger(self) -> None:
        least, most = LINGER_S
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._urgent.wait(), min(max(LINGER * self._reply_s, least), most))
        self._urgent.clear()

    def stop(self, kind: StopKind, reason: str) -> None:
        first = self.limiter.stop_run.remote(kind, reason)  # at once, whatever becomes of this worker
        task = asyncio.create_task(self._insist(first, kind, reason))
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)

    async def _insist(self, first: Awaitable[None], kind: StopKind, reason: str) -> None:
        with contextlib.suppress(ray.exceptions.RayActorError):
            await reached(lambda: self.limiter.stop_run.remote(kind, reason), first)


async def reached(call: Callable[[], Awaitable[Any]], first: Awaitable[Any] | None = None) -> Any:
    """What the limiter answers, called again while it is only out of reach; `first` is a call that is made already."""
    for pause in PAUSES_S:
        try:
            return await (call() if first is None else first)
        except ray.exceptions.ActorUnavailableError:
            first = None
            await asyncio.sleep(pause)
    return await call()
