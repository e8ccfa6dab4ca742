"""Asking by Message Batches: from this process, without a cluster, while a person sees that it goes on."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pyarrow as pa

from jobs.console import err, say
from pipeline.config import Teacher
from pipeline.teacher.batches.asking import BatchAsking
from pipeline.teacher.batches.service import BatchService
from pipeline.teacher.batches.terms import OpenBatch, Terms
from pipeline.teacher.batches.values import Batch, entries_of, open_batches, params_of
from pipeline.teacher.client import api_key, open_client
from pipeline.teacher.ledger import Ledger, read_ledger
from pipeline.teacher.prices import Price
from pipeline.teacher.terms import Terms as ServerTerms
from pipeline.teacher.terms import known_terms

COUNTED = ("processing", "succeeded", "errored")
SHOWN_S = (30.0, 600.0)
"""Seconds between two lines that say the same of a batch, where there is no terminal: at first, and at most."""


def batches_of(ledger: Path, keys: set[str]) -> tuple[list[Batch], list[Batch], frozenset[str]]:
    """The open batches that hold some of these keys, the other open ones, and the ids of all that were ever sent."""
    found, known = open_batches(partial(read_ledger, ledger))
    ours = [batch for batch in found if batch.keys & keys]
    return ours, [batch for batch in found if not batch.keys & keys], known


def ask_in_batches(
    requests: pa.Table,
    teacher: Teacher,
    base_url: str | None,
    price: Price | None,
    *,
    ledger: Path,
    budget: float | None,
    spent: float,
    answered: int = 0,
    submit: bool = True,
) -> dict[str, int]:
    """The requests by fate: batches that are on their way are taken up first; what is in none is sent.

    Without `submit` nothing is sent, and what the open batches do not answer is left. Raises BudgetStop or TeacherError
    when it was stopped; on KeyboardInterrupt says what goes on at the server.
    """
    ours, others, known = batches_of(ledger, set(requests["key"].to_pylist()))
    if ours:
        say(f"  {len(ours):,} batches are on their way and are taken up: {', '.join(b.name for b in ours)}")
    taken = batch_terms(ledger.parent, teacher)
    asking: list[BatchAsking] = []

    async def work(terms: Terms) -> dict[str, int]:
        async with open_client(base_url, api_key(teacher), teacher.timeout_s) as client:
            asking.append(BatchAsking(BatchService(client, teacher.timeout_s), writer, terms))
            return await asking[0].run(entries_of(requests, price, taken), ours, known, submit=submit)

    with contextlib.closing(Ledger(ledger)) as writer, shown() as watch:
        terms = Terms(
            teacher,
            price,
            budget,
            spent + sum(batch.dollars for batch in others),
            params=lambda entry: params_of(requests, entry.row, taken),
            tell=lambda text: say(f"  {text}"),
            watch=watch,
            volatile=teacher.base_url == "simulated",
            answered=answered,
        )
        try:
            return asyncio.run(work(terms))
        except KeyboardInterrupt:
            say(f"  interrupted: {left_behind(asking[0].open if asking else [])}")
            raise


def batch_terms(folder: Path, teacher: Teacher) -> ServerTerms:
    """What is known of the server; no marks for its cache unless the settings insist: whether an entry of a batch finds
    the prefix of another is a matter of luck, and to write one costs more than to send it. Those who insist get marks
    for an hour, since the entries are answered when the server can, and minutes apart.
    """
    terms = known_terms(folder, teacher)[0]
    return replace(terms, ttl="1h") if "caching" in terms.insisted else terms.without("caching")


def left_behind(batches: Sequence[OpenBatch]) -> str:
    if not batches:
        return "no batch is on its way"
    names = ", ".join(one.batch.name for one in batches)
    return f"{len(batches):,} batches go on at the server ({names}); the same command takes them up"


@contextlib.contextmanager
def shown() -> Iterator[Callable[[Sequence[OpenBatch]], None]]:
    """A watcher for open batches: a line that moves on a terminal; elsewhere one when something has changed, and now
    and then.
    """
    if err.is_terminal:
        with err.status("batches") as status:
            yield lambda batches: status.update("; ".join(map(described, batches)))
        return
    last: dict[str, tuple[str, float, float]] = {}

    def lines(batches: Sequence[OpenBatch]) -> None:
        for one in batches:
            counts, at, wait = last.get(one.batch.key, ("", 0.0, SHOWN_S[0]))
            if counted(one) != counts or time.monotonic() - at >= wait:
                changed = counted(one) != counts
                last[one.batch.key] = (
                    counted(one),
                    time.monotonic(),
                    SHOWN_S[0] if changed else min(2 * wait, SHOWN_S[1]),
                )
                say(f"  {described(one)}")

    yield lines


def described(one: OpenBatch) -> str:
    """ "msgbatch_01: 0 succeeded, 0 errored, 500 processing; sent 0:10:00 ago, results come within 24 hours"."""
    ago = timedelta(seconds=round(one.age))
    name = one.batch.id or f"batch {one.batch.key}"
    return f"{name}: {counted(one)}; sent {ago} ago, results come within 24 hours"


def counted(one: OpenBatch) -> str:
    if one.batch.id is None:
        return f"{len(one.batch.keys):,} requests, looked for at the server"
    if one.status is None:
        return f"{len(one.batch.keys):,} requests"
    counts = {name: count for name, count in one.status.counts.items() if count or name in COUNTED}
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())
