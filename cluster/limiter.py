"""One limiter for the whole cluster: an actor that holds the pace, and each worker's line to it.

Workers coalesce: one call leases turns for up to 16 waiting requests, another settles whatever has come back since,
a hundredth of a second's replies at least, so that the places they free are leased together, too. Settling never waits
behind leasing, or a full house could not empty. Its memory does not grow with the run.

The limiter lives on the driver's node and sees the driver die, by its process, at once: from then on nothing is
leased, so that what the orphans of a killed driver still send is what they had leave for.
"""

import asyncio
import gc
import os
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from pipeline.config import Limits
from pipeline.errors import BudgetStop, InputError, SeedwrightError, TeacherError
from pipeline.teacher.ask import StopKind, Turn
from pipeline.teacher.fingerprints import Fingerprints
from pipeline.teacher.pacing import Ask, Pacing, Reservation, Settled

LEASE = 16
LINGER_S = 0.01
DRIVER_DIED = "the driver has died"
STOPS: dict[str, type[SeedwrightError]] = {"budget": BudgetStop, "teacher": TeacherError, "input": InputError}


@dataclass(frozen=True, slots=True)
class Lease:
    """The first `granted` of the asks may leave; `answered` lists keys that another worker already has the reply to."""

    granted: int
    successes: int
    answered: frozenset[str] = frozenset()
    stop: bool = False
    alone: bool = False


class Worker(NamedTuple):
    """Who asks: a Ray actor keeps its name when it starts again after its death, its incarnation is another."""

    actor: str
    incarnation: str


class Held(NamedTuple):
    """A reservation, its holder, and when it is given up if nothing is heard of it."""

    reservation: Reservation
    worker: Worker
    until: float


class Limiter:
    """The actor. Leases are served first come, first served."""

    def __init__(
        self,
        limits: Limits,
        budget: float | None,
        spent: float,
        patience_s: float,
        timeout_s: float,
        driver: "Driver | None" = None,
    ) -> None:
        gc.freeze()  # a collection of all that was imported takes 0.2 s, for which nobody would get leave
        self.driver, self.fenced = driver, False
        self.pacing = Pacing(limits, budget, spent)
        self.pacing.start(time.monotonic())
        self.patience_s, self.hold_s = patience_s, 2 * timeout_s + 30
        self.stopped: tuple[StopKind, str] | None = None
        self.answered = Fingerprints()
        self.out: dict[str, Held] = {}
        self.given_up: dict[tuple[str, int], float] = {}
        self.alive: dict[str, str] = {}
        self.queue = asyncio.Lock()
        self.room = asyncio.Event()

    async def lease(self, worker: Worker, asks: list[Ask]) -> Lease:
        """Waits until the first of the asks may leave. A worker that has died meanwhile is granted nothing."""
        self._fence()
        answered = frozenset(ask.key for ask in asks if ask.key in self.answered)
        self._bury(worker, {ask.key for ask in asks})
        async with self.queue:
            while self._lives(worker) and not self._ended(asks[0]) and not self._may_go(asks[0]):
                await self._wait(asks[0])
            if self.stopped:
                return Lease(len(asks), self.pacing.successes, answered, stop=True)
            granted = 0
            while self._lives(worker) and granted < len(asks) and self._may_go(asks[granted]):
                now = time.monotonic()
                reservation = self.pacing.reserve(asks[granted], now)
                self.out[asks[granted].key] = Held(reservation, worker, now + self.hold_s)
                granted += 1
            return Lease(granted, self.pacing.successes, answered, alone=self.pacing.few_fail)

    def _lives(self, worker: Worker) -> bool:
        return self.alive.get(worker.actor) == worker.incarnation

    def _bury(self, worker: Worker, keys: set[str]) -> None:
        """Frees the places of the dead: of an actor's earlier incarnations, and of requests that are asked for anew."""
        if worker.actor not in self.alive or worker.incarnation != self.alive[worker.actor]:
            self.alive[worker.actor] = worker.incarnation
            self.room.set()
        self._give_up(key for key, held in self.out.items() if key in keys or not self._lives(held.worker))

    def _give_up(self, keys: Iterable[str]) -> None:
        """Takes what is given up for paid, at its most, until its settlement says better."""
        for key in list(keys):
            reservation = self.out.pop(key).reservation
            ask = reservation.ask
            self.pacing.release(reservation)
            self.pacing.spent += ask.dollars
            self.given_up[key, ask.attempt] = ask.dollars

    def _may_go(self, ask: Ask) -> bool:
        return not self.pacing.over_budget(ask) and self.pacing.delay(ask, time.monotonic()) == 0

    def _ended(self, ask: Ask) -> bool:
        """Whether no request may leave any more; finds out when money or patience is used up."""
        pacing = self.pacing
        if pacing.over_budget(ask) and pacing.in_flight == 0:
            used = f"${pacing.spent:.4f} of ${pacing.budget:.4f} are spent"
            self.stop("budget", f"{used}, and the next request could pass it")
        elif pacing.idle_for(time.monotonic()) > self.patience_s:
            self.stop("teacher", f"no request has succeeded for {self.patience_s:g} s (last: {pacing.counts})")
        return self.stopped is not None

    async def _wait(self, ask: Ask) -> None:
        now = time.monotonic()
        self._give_up(key for key, held in self.out.items() if held.until < now)
        self.room.clear()
        delay = min(self.pacing.delay(ask, time.monotonic()), 1.0)
        try:
            await asyncio.wait_for(self.room.wait(), timeout=max(delay, 0.001))
        except TimeoutError:
            return

    async def settle(self, settled: list[Settled]) -> None:
        now = time.monotonic()
        for one in settled:
            held = self.out.get(one.ask.key)
            reservation = held.reservation if held and held.reservation.ask.attempt == one.ask.attempt else None
            if reservation:
                del self.out[one.ask.key]
            else:
                self.pacing.spent -= self.given_up.pop((one.ask.key, one.ask.attempt), 0.0)
            self.pacing.settle(one, reservation, now)
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
            "in_flight_most": pacing.limits.in_flight,
            **pacing.figures(time.monotonic()),
            "stopped": self.stopped,
        }

    def _fence(self) -> None:
        """Once: from the driver's death on, nobody is given leave."""
        if self.fenced or self.driver is None:
            return
        self.fenced = True
        try:
            descriptor = self.driver.open()
        except ProcessLookupError:
            self.stop("interrupt", DRIVER_DIED)
            return
        if descriptor is not None:
            asyncio.get_running_loop().add_reader(descriptor, self._bereaved, descriptor)

    def _bereaved(self, descriptor: int) -> None:
        asyncio.get_running_loop().remove_reader(descriptor)
        self.stop("interrupt", DRIVER_DIED)


class Driver(NamedTuple):
    """The process that started the run, by its number and the space in which that number means something."""

    pid: int
    space: str

    @classmethod
    def this(cls) -> "Driver":
        return cls(os.getpid(), _pid_space())

    def open(self) -> int | None:
        """A descriptor that becomes readable when the process ends; None where it cannot be seen from here.

        Raises ProcessLookupError when it has ended already.
        """
        if not hasattr(os, "pidfd_open") or not self.space or self.space != _pid_space():
            return None
        try:
            return os.pidfd_open(self.pid)
        except ProcessLookupError:
            raise
        except OSError:
            return None


def _pid_space() -> str:
    try:
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def start_limiter(limits: Limits, budget: float | None, spent: float, *, patience_s: float, timeout_s: float) -> Any:
    """The actor, on the driver's own node: who can start a run can finish it, whatever other nodes do."""
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    actor = ray.remote(Limiter).options(num_cpus=0, max_concurrency=1000, scheduling_strategy=here)
    return actor.remote(limits, budget, spent, patience_s, timeout_s, Driver.this())


class ClusterTurns:
    """A worker's line to the limiter; lives in one event loop."""

    def __init__(self, limiter: Any, actor: str | None = None) -> None:
        """`actor` is the name of the Ray actor that this worker lives in, if any."""
        self.limiter = limiter
        self.worker = Worker(actor or uuid.uuid4().hex, uuid.uuid4().hex)
        self._waiting: list[tuple[Ask, asyncio.Future[Turn]]] = []
        self._settled: list[Settled] = []
        self._pump: asyncio.Task[None] | None = None
        self._settling: asyncio.Task[None] | None = None

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
                lease: Lease = await self.limiter.lease.remote(self.worker, [ask for ask, _ in head])
            except Exception as error:
                for _, granted in head + self._waiting:
                    granted.set_exception(error)
                self._waiting = []
                return
            self._waiting = head[lease.granted :] + self._waiting
            for ask, granted in head[: lease.granted]:
                granted.set_result(Turn(lease.successes, ask.key in lease.answered, lease.stop, lease.alone))

    def settle(self, settled: Settled) -> None:
        self._settled.append(settled)
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._settle_all())

    async def _settle_all(self) -> None:
        while self._settled:
            await asyncio.sleep(LINGER_S)
            batch, self._settled = self._settled, []
            await self.limiter.settle.remote(batch)

    def stop(self, kind: StopKind, reason: str) -> None:
        self.limiter.stop_run.remote(kind, reason)
