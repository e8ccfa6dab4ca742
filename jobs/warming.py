"""The first request of many, asked alone: once a server has begun to answer it, the others find its prefix cached.

It also finds out on which terms the server takes requests. It is a request of the plan like any other, with its
intent, its reply in the ledger and its place in the budget.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.console import say
from pipeline.config import Teacher
from pipeline.errors import TeacherError
from pipeline.generate.plan import to_request
from pipeline.generate.sharing import has_format, prefix_tokens
from pipeline.teacher.alone import Alone
from pipeline.teacher.ask import Request, ask
from pipeline.teacher.client import open_client
from pipeline.teacher.connection import Connection
from pipeline.teacher.ledger import Ledger
from pipeline.teacher.prefix import pays, told
from pipeline.teacher.terms import Sender, Terms, keep_terms, known_terms

TRIED = 3
"""Requests that are tried, where a server will not take the first for what is in it."""


@dataclass(frozen=True, slots=True)
class Warmed:
    """On which terms the others are to be asked; the fates of what was asked, by key, and its dollars."""

    terms: Terms
    fates: dict[str, str]
    dollars: float = 0.0
    barred: frozenset[str] = frozenset()
    """Keys of what was refused in a way that may be meant for all."""


def terms_for(folder: Path, requests: pa.Table, teacher: Teacher) -> tuple[Terms, bool]:
    """The terms for these requests, and whether the first is to be asked alone."""
    terms, known = known_terms(folder, teacher)
    tokens = prefix_tokens(requests)
    if teacher.caching == "auto" and not pays(tokens, teacher):
        terms = terms.without("caching")
    if teacher.caching is not False:
        say(f"  caching: {told(tokens, teacher)}")
    unknown = terms.structured and not known and has_format(requests)
    return terms, unknown or (terms.caching and requests.num_rows > 1)


def warm_up(
    folder: Path, todo: pa.Table, connection: Connection, budget: float | None, spent: float, *, proven: bool = False
) -> Warmed:
    """Asks the first of the requests that are to be asked alone, where that serves the others.

    Raises TeacherError when the server will take no request of ours, KeyboardInterrupt once a reply that is on its way
    has come in. A server that is `proven` has taken something of ours, so that what it refuses now is not for us all.
    """
    teacher, remedy = connection.teacher, "mend that, then run the same command again; what is answered is kept"
    terms, first = terms_for(folder, todo, teacher)
    warmed, said = Warmed(terms, {}), ""
    for row in todo.slice(0, TRIED if first else 0).to_pylist():
        turns = Alone(None if budget is None else budget - spent - warmed.dollars)
        fate, sender = asyncio.run(_ask_one(folder / "ledger", to_request(row), connection, warmed.terms, turns))
        if turns.stopped and turns.stopped[0] == "teacher" and turns.stopped[1]:
            raise TeacherError(f"{teacher.section}: {turns.stopped[1]}; {remedy}")
        if fate == "stopped":
            break
        if fate == "answered":
            keep_terms(folder, teacher, warmed.terms, sender)
        barred, said = warmed.barred | ({row["key"]} if turns.barred else set()), turns.barred or said
        warmed = Warmed(sender.terms, {**warmed.fates, row["key"]: fate}, warmed.dollars + turns.spent, barred)
        if fate == "answered":
            break
    else:
        if warmed.barred and not proven:
            raise TeacherError(f"{teacher.section}: {said}; {remedy}")
    if lost := [name for name in ("caching", "structured") if getattr(terms, name) > getattr(warmed.terms, name)]:
        names = " or ".join(f"{teacher.section}.{name}" for name in lost)
        say(f"  the server does not take {names}; it is asked without")
    return warmed


async def _ask_one(
    ledger_folder: Path, request: Request, connection: Connection, terms: Terms, turns: Alone
) -> tuple[str, Sender]:
    teacher = connection.teacher
    async with open_client(connection.base_url, connection.key, teacher.timeout_s) as client:
        sender = Sender(client, teacher.timeout_s, terms)
        ledger = Ledger(ledger_folder)
        asking = ask(
            request,
            send=sender,
            ledger=ledger,
            turns=turns,
            price=connection.price,
            attempts=teacher.attempts,
            terms=terms,
        )
        try:
            return await _to_its_end(asking, turns), sender
        finally:
            ledger.close()


async def _to_its_end(asking: Coroutine[Any, Any, str], turns: Alone) -> str:
    """An interruption lets a reply that is on its way come in, which is paid for in any case."""
    task = asyncio.ensure_future(asking)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        say("  interrupted: taking in the reply that is on its way; press again to leave it")
        turns.stop("interrupt", "by the user")
        await task
        raise
