"""Many requests asked at once in one event loop, and the same for so few that one process does it alone."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Set
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.teacher.ask import Request, Send, Turns, ask
from pipeline.teacher.client import open_client
from pipeline.teacher.connection import Connection
from pipeline.teacher.ending import require_all_asked, to_its_end
from pipeline.teacher.ledger import Ledger
from pipeline.teacher.limiter import Limiter
from pipeline.teacher.limiter import Turns as TurnsHere
from pipeline.teacher.refusals import Refusals
from pipeline.teacher.terms import Sender

LOOK_S = 0.5


async def ask_together(
    requests: Iterable[Request],
    connection: Connection,
    *,
    send: Send,
    ledger: Ledger,
    turns: Turns,
    known: Set[str] = frozenset(),
) -> Counter[str]:
    """How many requests met each fate; those whose keys are `known` are answered already.

    A ledger that cannot be written stops the run for everybody, at once: what has left is waited for, since its replies
    may find room.
    """

    async def one(request: Request) -> str:
        if request.key in known:
            return "answered"
        try:
            return await ask(
                request,
                send=send,
                ledger=ledger,
                turns=turns,
                price=connection.price,
                attempts=connection.teacher.attempts,
                terms=connection.terms,
            )
        except InputError as error:
            turns.stop("input", str(error))
            return "stopped"

    fates: Counter[str] = Counter()
    for end in await asyncio.gather(*map(one, requests), return_exceptions=True):
        if isinstance(end, BaseException):
            raise end
        fates[end] += 1
    return fates


def ask_here(
    requests: Iterable[Request],
    connection: Connection,
    ledger: Path,
    budget: float | None,
    spent: float,
    watch: Callable[[dict[str, Any]], None],
    say: Callable[[str], None],
    refusals: Refusals | None = None,
) -> dict[str, Any]:
    """What `cluster.generation.generate` does, in this process: the same protocol, limiter and ledger, and the same
    ends.
    """
    teacher, loop = connection.teacher, asyncio.new_event_loop()
    limiter = Limiter(connection.limits, budget, spent, teacher.patience_s, teacher.timeout_s, refusals=refusals)
    fates: Counter[str] = Counter()

    async def look() -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            watch(limiter.figures())

    async def work() -> None:
        lines, turns = Ledger(ledger), TurnsHere(limiter)
        looking = asyncio.create_task(look())
        try:
            async with open_client(connection.base_url, connection.key, teacher.timeout_s) as client:
                send = Sender(client, teacher.timeout_s, connection.terms)
                fates.update(await ask_together(requests, connection, send=send, ledger=lines, turns=turns))
            await turns.all_settled()
        finally:
            looking.cancel()
            lines.close()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(work())

    to_its_end(run, lambda: _soon(loop, limiter), say)
    stats = limiter.figures()
    require_all_asked(stats, fates, teacher.section)
    return {**stats, "fates": dict(fates)}


def _soon(loop: asyncio.AbstractEventLoop, limiter: Limiter) -> None:
    """Stops a limiter that lives in another thread, unless all is over there."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(limiter.stop, "interrupt", "by the user")
