"""Asking a model: everything that the ledger holds no reply to yet, within limits and budget."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.batches import ask_in_batches, batches_of
from jobs.console import generation_progress, say
from jobs.run import Run
from jobs.warming import warm_up
from pipeline.config import Limits, Teacher
from pipeline.errors import InputError, SeedwrightError
from pipeline.teacher.client import api_key, open_client, probe
from pipeline.teacher.ledger import read_writers, wait_for_writers
from pipeline.teacher.prices import Price, price_of
from pipeline.teacher.usage import Usage, usage


@dataclass(frozen=True, slots=True)
class Whom:
    """A model that is asked, and the pace at which it may be."""

    teacher: Teacher
    limits: Limits


def ask_all(run: Run, requests: pa.Table, whom: Whom | None = None) -> tuple[int, dict[str, int], "Answered"]:
    """Asks for every request that the ledger holds no reply to: how many, their fates, and what is answered now.

    `whom` is the run's teacher unless another is given; the ledger and the budget are shared by all of them. Raises
    BudgetStop, TeacherError or InputError when it was stopped; what was answered until then is kept.
    """
    ledger = run.dir.path / "ledger"
    whom = whom or Whom(run.settings.teacher, run.settings.limits)
    price = price_of(whom.teacher)
    if price is None and run.settings.budget is not None:
        raise InputError(
            f"budget: no price is known for {whom.teacher.model}; give "
            f"--set {whom.teacher.section}.price='[IN, OUT]' in dollars per million tokens"
        )
    ledger.mkdir(exist_ok=True)
    wait_for_writers(ledger)
    wanted = set(requests["key"].to_pylist())
    have = read_answered(ledger, wanted, price)
    todo = pending(requests, have.keys)
    say(f"  {requests.num_rows - todo.num_rows:,} of {requests.num_rows:,} are answered; {todo.num_rows:,} to ask")
    if not todo.num_rows:
        return 0, {}, have
    fates = _ask(run, todo, whom, price, have.spent)
    have = read_answered(ledger, wanted, price)
    if lost := fates.get("answered", 0) - len(have.keys & set(todo["key"].to_pylist())):
        raise SeedwrightError(
            f"{ledger}: {lost} replies that workers wrote are not here; put the run folder on a file system that "
            "all nodes share, see `seedwright doctor`, and run again"
        )
    return todo.num_rows, fates, have


@dataclass(frozen=True, slots=True)
class Answered:
    """What the ledger holds for a plan: the keys with a reply and what they used, and what all its calls together have
    cost. `lost` is the part of it for calls whose replies never arrived: the most that they can have cost.
    """

    keys: frozenset[str]
    used: Usage
    spent: float
    lost: float = 0.0
    dollars: float = 0.0
    """What the replies to these keys have cost, each once."""

    @property
    def input_tokens(self) -> int:
        return self.used.prompt

    @property
    def output_tokens(self) -> int:
        return self.used.output

    @property
    def tokens(self) -> dict[str, Any]:
        """As a stage's entry tells them; `cached_share` of the tokens in were read from the server's cache."""
        used = self.used
        return {
            "input_tokens": used.prompt,
            "output_tokens": used.output,
            "cache_read": used.cache_read,
            "cache_write": used.cache_write,
            "cached_share": round(used.cache_read / used.prompt, 4) if used.prompt else 0.0,
        }


def read_answered(ledger: Path, wanted: set[str], price: Price | None) -> Answered:
    """`price` is for replies that were paid while none was known; the others cost what they cost that day."""
    keys: set[str] = set()
    total, spent, lost, own = Usage(), 0.0, 0.0, 0.0
    for records in read_writers(ledger):
        on_their_way: dict[str, float] = {}
        for record in records:
            dollars = record.get("dollars")
            if record["kind"] == "intent":
                on_their_way[record["key"]] = dollars or 0.0
                continue
            on_their_way.pop(record["key"], None)
            if record["kind"] == "lost":
                lost += dollars or 0.0
            if record["kind"] != "reply":
                continue
            used = usage(record["body"])
            dollars = (price.dollars(used) if price else 0.0) if dollars is None else dollars
            spent += dollars
            if record["key"] in wanted and record["key"] not in keys:
                keys.add(record["key"])
                own += dollars
                total += used
        lost += sum(on_their_way.values())
    return Answered(frozenset(keys), total, spent + lost, lost, own)


def pending(requests: pa.Table, have: frozenset[str]) -> pa.Table:
    """The requests without a reply, one a key: equal requests are asked once."""
    seen = set(have)
    wanted = [not (key in seen or seen.add(key)) for key in requests["key"].to_pylist()]  # type: ignore[func-returns-value]
    return requests.filter(pa.array(wanted, pa.bool_()))


@contextlib.contextmanager
def teacher_url(teacher: Teacher, folder: Path) -> Iterator[str | None]:
    """The teacher's address; starts the built-in one, which ends with this process, where the settings ask for it.

    An address that the SDK would take from the environment is resolved here: workers have another environment.
    """
    if teacher.base_url != "simulated":
        yield teacher.base_url or str(open_client(None, api_key(teacher), teacher.timeout_s).base_url)
        return
    from pipeline.teacher.simulated.host import hosted

    with hosted(teacher.simulated, folder) as base_url:
        yield base_url


def _ask(run: Run, todo: pa.Table, whom: Whom, price: Price | None, spent: float) -> dict[str, int]:
    """By the transport that the settings name. Batches that are on their way are taken up whatever it is: what they
    hold is not asked, and paid, a second time; and the budget counts what they may still cost.
    """
    teacher, ledger, keys = whom.teacher, run.dir.path / "ledger", set(todo["key"].to_pylist())
    ours, others = batches_of(ledger, keys)[:2]
    with teacher_url(teacher, run.dir.path / teacher.section) as base_url:
        asyncio.run(check_teacher(teacher, base_url, json.loads(todo["params"][0].as_py())))
        fates: Counter[str] = Counter()
        if ours or teacher.transport == "batch":
            submit, budget = teacher.transport == "batch", run.settings.budget
            fates.update(
                ask_in_batches(todo, teacher, base_url, price, ledger=ledger, budget=budget, spent=spent, submit=submit)
            )
            if submit:
                return fates
            have = read_answered(ledger, keys, price)
            todo, spent = pending(todo, have.keys), have.spent
        if todo.num_rows:
            spent += sum(batch.dollars for batch in others)
            fates.update(_ask_online(run, todo, whom, price, spent, base_url))
    return fates


def _ask_online(
    run: Run, todo: pa.Table, whom: Whom, price: Price | None, spent: float, base_url: str | None
) -> dict[str, int]:
    from cluster.generation import Connection, generate

    ledger, settings = run.dir.path / "ledger", run.settings
    connection = Connection(whom.teacher, whom.limits, base_url, api_key(whom.teacher), price)
    warmed = warm_up(run.dir.path, todo, connection, settings.budget, spent)
    todo, fates = pending(todo, frozenset(warmed.fates)), Counter(warmed.fates.values())
    if not todo.num_rows:
        return dict(fates)
    run.use_cluster()
    connection, spent = replace(connection, terms=warmed.terms), spent + warmed.dollars
    with generation_progress(todo.num_rows) as watch:
        stats = generate(todo, connection, settings.cluster, ledger, settings.budget, spent, watch, say)
    fates.update(stats["fates"])
    return dict(fates)


async def check_teacher(teacher: Teacher, base_url: str | None, params: dict[str, Any]) -> None:
    """Proves address, key and model by a free call. Raises TeacherError."""
    async with open_client(base_url, api_key(teacher), 20) as client:
        await probe(client, params, f"{teacher.section} {base_url or client.base_url}")
