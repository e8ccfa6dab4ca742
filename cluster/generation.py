"""Generation actors: many requests in flight in one event loop each, one limiter for all, every reply in the ledger.

A block of Ray Data is a barrier: its rows leave together. Nothing here waits for rows to leave, since a reply is
durable the moment it arrives; what leaves is only each request's fate. A slow reply holds up its block and nothing
else: blocks are small (`pipeline.generate.waiting`) and an actor works on many of them at once, taking turns in the
order in which they came, so that a block whose slowest reply is awaited takes no place in flight but that one's. An
actor so has 3,200 requests to go on with while it waits, far more than may be in flight, or its share of a run that has
fewer for each.

A block is the number of a row group in a file, which the actor reads: no prompt passes through the driver or the
object store.
"""

import asyncio
import contextlib
import ctypes
import gc
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import ray

from cluster.limiter import ClusterTurns, reached, start_limiter
from cluster.watching import watching
from pipeline.config import Cluster
from pipeline.errors import InputError, SeedwrightError
from pipeline.generate.plan import to_request
from pipeline.generate.waiting import Waiting
from pipeline.teacher.ask import Request
from pipeline.teacher.client import open_client
from pipeline.teacher.connection import Connection
from pipeline.teacher.ending import require_all_asked, to_its_end
from pipeline.teacher.ledger import Ledger, read_heads
from pipeline.teacher.refusals import Refusals
from pipeline.teacher.terms import Sender
from pipeline.teacher.together import ask_together

Watch = Callable[[dict[str, Any]], None]
CALLS = 32
"""Blocks that an actor works on at once, so that the slowest reply of one leaves others to go on with."""
TRIM = 20
"""Blocks after which an actor gives freed memory back to the system; else some 0.5 MiB for each thousand requests stay
with it, in pieces that the C library keeps.
"""
FATES = pa.schema([("fate", pa.string()), ("requests", pa.int64())])


class Generator:
    """The actor's body: the number of a group of requests in, their fates out.

    One that starts again after its death reads the ledger first, for what it wrote and could not settle any more.
    """

    def __init__(self, connection: Connection, limiter: Any, ledger: str, waiting: Waiting) -> None:
        self.connection, self.limiter, self.folder, self.waiting = connection, limiter, Path(ledger), waiting
        self.ready: tuple[Any, Ledger, ClusterTurns] | None = None
        self.known: set[str] = set()
        self.blocks = 0
        self.reading = asyncio.Lock()

    def _open(self) -> tuple[Any, Ledger, ClusterTurns]:
        if self.ready is None:
            if ray.get_runtime_context().was_current_actor_reconstructed:
                self.known = {record["key"] for record in read_heads(self.folder) if record["kind"] == "reply"}
            teacher = self.connection.teacher
            client = open_client(self.connection.base_url, self.connection.key, teacher.timeout_s)
            sender = Sender(client, teacher.timeout_s, self.connection.terms)
            actor = ray.get_runtime_context().get_actor_id()
            self.ready = (sender, Ledger(self.folder), ClusterTurns(self.limiter, actor))
            gc.freeze()  # a collection of all that was imported takes 0.2 s, in which what has leave would pile up
        return self.ready

    def _requests(self, groups: list[int]) -> list[Request]:
        return [to_request(row) for group in groups for row in self.waiting.read(group).to_pylist()]

    async def __call__(self, batch: pa.Table) -> AsyncIterator[pa.Table]:
        async with self.reading:  # in a thread, one after the other: a turn that is given meanwhile is used at once
            requests = await asyncio.to_thread(self._requests, batch["group"].to_pylist())
        try:
            sender, ledger, turns = self._open()
        except InputError as error:
            ClusterTurns(self.limiter).stop("input", str(error))
            yield _fates({"stopped": len(requests)})
            return
        given: dict[str, Any] = {"send": sender, "ledger": ledger, "turns": turns, "known": self.known}
        yield _fates(await ask_together(requests, self.connection, **given))
        self.blocks += 1
        if self.blocks % TRIM == 0:
            _trim()


def _trim() -> None:
    """Takes 2 ms; nothing where the C library has no such call."""
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _fates(counts: Mapping[str, int]) -> pa.Table:
    return pa.table({"fate": list(counts), "requests": list(counts.values())}, schema=FATES)


def generate(
    requests: Waiting,
    connection: Connection,
    settings: Cluster,
    ledger: Path,
    budget: float | None,
    spent: float,
    watch: Watch,
    say: Callable[[str], None] = print,
    refusals: Refusals | None = None,
) -> dict[str, Any]:
    """Asks for every request and returns the limiter's last figures and the number of requests by fate.

    `watch` is called about twice a second with the limiter's figures. Raises BudgetStop, TeacherError or InputError
    when the run was stopped; whatever was answered until then is in the ledger. KeyboardInterrupt is raised when the
    replies in flight have come in, which are paid for in any case; a second one does not wait for them.
    """
    teacher = connection.teacher
    waits = {"patience_s": teacher.patience_s, "timeout_s": teacher.timeout_s}
    limiter = start_limiter(connection.limits, budget, spent, **waits, refusals=refusals)
    groups = [pa.table({"group": [group]}) for group in range(requests.groups)]
    actors = min(settings.generation_actors, requests.groups)
    share = -(-requests.groups // actors)  # else the actor that is there first would be given all of a small run
    fates = ray.data.from_blocks(groups).map_batches(
        Generator,
        fn_constructor_args=(connection, limiter, str(ledger), requests),
        batch_size=None,
        batch_format="pyarrow",
        zero_copy_batch=True,
        num_cpus=0.1,
        compute=ray.data.ActorPoolStrategy(
            size=actors,
            max_concurrent_calls_per_actor=min(CALLS, share),
            max_tasks_in_flight_per_actor=min(2 * CALLS, share),
        ),
    )
    counts: Counter[str] = Counter()

    def count() -> None:
        for batch in fates.iter_batches(batch_size=None, batch_format="pyarrow"):
            for row in batch.to_pylist():
                counts[row["fate"]] += row["requests"]

    try:
        with watching(limiter, watch):
            to_its_end(count, lambda: limiter.stop_run.remote("interrupt", "by the user"), say)
        stats = _last_figures(limiter)
    except ray.exceptions.RayError as error:
        raise SeedwrightError(
            f"cluster: generation broke off ({error}); run the same command again, what is answered is kept"
        ) from error
    require_all_asked(stats, counts, teacher.section)
    return {**stats, "fates": dict(counts)}


def _last_figures(limiter: Any) -> dict[str, Any]:
    async def asked() -> dict[str, Any]:
        return await reached(limiter.stats.remote)  # type: ignore[no-any-return]

    try:
        return asyncio.run(asked())
    except ray.exceptions.RayActorError as error:
        raise SeedwrightError(
            "cluster: the limiter's process has died, and nobody paced the requests any more; run the same command "
            "again, what is answered is kept"
        ) from error
