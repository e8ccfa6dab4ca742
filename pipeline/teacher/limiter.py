"""The limiter: one holder of the pace for all who ask, wherever they and it run.

It is told which process started the run, where it does not live there itself, and sees that process die at once: from
then on nothing is leased, so that what the orphans of a killed driver still send is what they had leave for.
"""

import asyncio
import gc
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from pipeline.config import Limits
from pipeline.teacher.ask import StopKind, Turn
from pipeline.teacher.driver import Driver
from pipeline.teacher.fingerprints import Fingerprints
from pipeline.teacher.pacing import Ask, Pacing, Reservation, Settled
from pipeline.teacher.refusals import Refusals

DRIVER_DIED = "the driver has died"


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
    """Leases are served first come, first served. Its memory does not grow with the run."""

    def __init__(
        self,
        limits: Limits,
        budget: float | None,
        spent: float,
        patience_s: float,
        timeout_s: float,
        driver: Driver | None = None,
        refusals: Refusals | None = None,
    ) -> None:
        self.driver, self.fenced = driver, False
        self.refusals = refusals or Refusals()
        self.pacing = Pacing(limits, budget, spent)
        self.pacing.start(time.monotonic())
        self.patience_s, self.hold_s = patience_s, 2 * timeout_s + 30
        self.stopped: tuple[StopKind, str] | None = None
        self.answered = Fingerprints()
        self.out: dict[str, Held] = {}
        self.given_up: dict[tuple[str, int], float] = {}
        self.alive: dict[str, str] = {}
        self.heard: dict[Worker, int] = {}
        self.queue = asyncio.Lock()
        self.room = asyncio.Event()

    async def lease(self, worker: Worker, asks: list[Ask]) -> Lease:
        """Waits until the first of the asks may leave. A worker that has died meanwhile is granted nothing."""
        self._fence()
        answered = frozenset(ask.key for ask in asks if ask.key in self.answered)
        self._take_back(worker, asks)
        self._bury(worker, {ask.key for ask in asks})
        async with self.queue:
            self._take_back(worker, asks)
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

    def _take_back(self, worker: Worker, asks: Iterable[Ask]) -> None:
        """Takes back leave that never reached the worker: it asks for the same attempt again, so nothing was sent."""
        for ask in asks:
            held = self.out.get(ask.key)
            if held and (held.worker, held.reservation.ask.attempt) == (worker, ask.attempt):
                self.pacing.release(self.out.pop(ask.key).reservation)

    def _give_up(self, keys: Iterable[str]) -> None:
        """Takes what is given up for paid, at its most, until its settlement says better."""
        for key in list(keys):
            reservation = self.out.pop(key).reservation
            ask = reservation.ask
            self.pacing.release(reservation)
            self.pacing.spent += ask.dollars
            self.given_up[key, ask.attempt] = ask.dollars

    def _may_go(self, ask: Ask) -> bool:
        return not self.pacing.over_budget(ask) and self._delay(ask) == 0

    def _delay(self, ask: Ask) -> float:
        """Refusals come sooner than replies: once they tell of the settings, what has left comes in first, and then one
        request at a time finds out whether any is taken.
        """
        in_doubt = self.refusals.telling and self.pacing.in_flight > 0
        return float("inf") if in_doubt else self.pacing.delay(ask, time.monotonic())

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
        delay = min(self._delay(ask), 1.0)
        try:
            await asyncio.wait_for(self.room.wait(), timeout=max(delay, 0.001))
        except TimeoutError:
            return

    async def settle(self, settled: list[Settled], worker: Worker | None = None, number: int = 0) -> None:
        """A worker that numbers what it settles may say the same again, not knowing whether it was heard."""
        if worker is not None:
            if number <= self.heard.get(worker, 0):
                return
            self.heard[worker] = number
        now = time.monotonic()
        for one in settled:
            held = self.out.get(one.ask.key)
            reservation = held.reservation if held and held.reservation.ask.attempt == one.ask.attempt else None
            if reservation:
                del self.out[one.ask.key]
            else:
                self.pacing.spent -= self.given_up.pop((one.ask.key, one.ask.attempt), 0.0)
            self.pacing.settle(one, reservation, now)
            self.refusals.count(one)
            if one.outcome == "ok":
                self.answered.add(one.ask.key)
            elif one.outcome == "refused" and self.refusals.telling and self.pacing.in_flight == 0:
                self.stop("teacher", self.refusals.why(one.error))
        self.room.set()

    def stop(self, kind: StopKind, reason: str) -> None:
        self.stopped = self.stopped or (kind, reason)
        self.room.set()

    async def stop_run(self, kind: StopKind, reason: str) -> None:
        self.stop(kind, reason)

    async def stats(self) -> dict[str, Any]:
        return self.figures()

    def figures(self) -> dict[str, Any]:
        """What a watcher shows and the end reports."""
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
        """Once, in a process of its own: from the driver's death on, nobody is given leave."""
        if self.fenced or self.driver is None:
            return
        self.fenced = True
        gc.freeze()  # a collection of all that was imported takes 0.2 s, for which nobody would get leave
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


class Turns:
    """Turns of a limiter that lives in this very event loop."""

    def __init__(self, limiter: Limiter) -> None:
        self.limiter, self.worker = limiter, Worker("here", "1")
        self._settling: set[asyncio.Task[None]] = set()

    async def acquire(self, ask: Ask) -> Turn:
        lease = await self.limiter.lease(self.worker, [ask])
        return Turn(lease.successes, ask.key in lease.answered, lease.stop, lease.alone)

    def settle(self, settled: Settled) -> None:
        task = asyncio.create_task(self.limiter.settle([settled]))
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)

    async def all_settled(self) -> None:
        await asyncio.gather(*self._settling)

    def stop(self, kind: StopKind, reason: str) -> None:
        self.limiter.stop(kind, reason)
