"""Asking a model: everything that the ledger holds no reply to yet, within limits and budget."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Iterator, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.batches import ask_in_batches, batches_of
from jobs.console import generation_progress, say
from jobs.run import Run
from jobs.warming import warm_up
from pipeline.config import Limits, Teacher
from pipeline.disk import writing
from pipeline.errors import InputError, SeedwrightError
from pipeline.generate.plan import to_request
from pipeline.generate.waiting import GROUP_ROWS, Waiting, set_aside
from pipeline.teacher.address import shown
from pipeline.teacher.client import api_key, open_client, probe
from pipeline.teacher.connection import Connection
from pipeline.teacher.ledger import read_writers, wait_for_writers
from pipeline.teacher.prices import Price, price_of
from pipeline.teacher.refusals import Refusals
from pipeline.teacher.together import ask_here
from pipeline.teacher.usage import Usage, usage_of

PAID = ("input_tokens", "output_tokens", "dollars")
"""What the entry of a stage tells of the replies that it uses."""


@dataclass(frozen=True, slots=True)
class Whom:
    """A model that is asked, and the pace at which it may be."""

    teacher: Teacher
    limits: Limits


def ask_all(run: Run, requests: pa.Table | Path, whom: Whom | None = None) -> tuple[int, dict[str, int], "Answered"]:
    """Asks for every request that the ledger holds no reply to: how many, their fates, and what is answered now.

    `requests` are REQUEST rows, or a Parquet file of them, which is never held whole: only its keys are.
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
    with writing(ledger):
        ledger.mkdir(exist_ok=True)
    wait_for_writers(ledger)
    wanted = frozenset(keys_of(requests))
    before = read_answered(ledger, wanted, price)
    todo = len(wanted) - len(before.keys)
    say(f"  {len(before.keys):,} of {len(wanted):,} are answered; {todo:,} to ask")
    if not todo:
        return 0, {}, before
    fates = _ask(run, requests, wanted, before, whom, price)
    have = read_answered(ledger, wanted, price)
    if lost := fates.get("answered", 0) - len(have.keys - before.keys):
        raise SeedwrightError(
            f"{ledger}: {lost} replies that workers wrote are not here; put the run folder on a file system that "
            "all nodes share, see `seedwright doctor`, and run again"
        )
    return todo, fates, have


def keys_of(requests: pa.Table | Path) -> list[str]:
    keys = requests["key"] if isinstance(requests, pa.Table) else pq.read_table(requests, columns=["key"])["key"]
    return keys.to_pylist()  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Answered:
    """What the ledger holds for a plan: the keys with a reply, what they used and what they cost.

    `spent` is what all calls of the ledger together have cost, for this plan or not; `dollars` is the part of it for
    this plan's keys, and `lost` the part of that for calls whose replies never arrived: the most they can have cost.
    """

    keys: frozenset[str]
    used: Usage
    spent: float
    lost: float = 0.0
    dollars: float = 0.0

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


def read_answered(ledger: Path, wanted: Set[str], price: Price | None) -> Answered:
    """`price` is for replies that were paid while none was known; the others cost what they cost that day."""
    keys: set[str] = set()
    total, spent, own, lost = Usage(), 0.0, 0.0, 0.0
    for records in read_writers(ledger, bodies=False):
        on_their_way: dict[str, float] = {}
        for record in records:
            key, dollars = record["key"], record.get("dollars")
            if record["kind"] == "intent":
                on_their_way[key] = 0.0 if "batch" in record else dollars or 0.0
                continue
            on_their_way.pop(key, None)
            if record["kind"] == "batch_end":
                spent += dollars or 0.0
            if record["kind"] == "lost":
                spent += dollars or 0.0
                lost += dollars or 0.0 if key in wanted else 0.0
            if record["kind"] != "reply":
                continue
            used = usage_of(record)
            dollars = (price.dollars(used) if price else 0.0) if dollars is None else dollars
            spent += dollars
            if key in wanted and key not in keys:
                keys.add(key)
                own += dollars
                total += used
        spent += sum(on_their_way.values())
        lost += sum(most for key, most in on_their_way.items() if key in wanted)
    return Answered(frozenset(keys), total, spent, lost, own + lost)


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


def _ask(
    run: Run,
    requests: pa.Table | Path,
    wanted: frozenset[str],
    have: Answered,
    whom: Whom,
    price: Price | None,
) -> dict[str, int]:
    """By the transport that the settings name. Batches that are on their way are taken up whatever it is: what they
    hold is not asked, and paid, a second time; and the budget counts what they may still cost.
    """
    teacher, ledger, aside = whom.teacher, run.dir.path / "ledger", run.dir.path / "asking.parquet"
    ours, others = batches_of(ledger, set(wanted - have.keys))[:2]
    fates: Counter[str] = Counter()
    with teacher_url(teacher, run.dir.path / teacher.section) as base_url:
        if ours or teacher.transport == "batch":
            submit, budget = teacher.transport == "batch", run.settings.budget
            with set_aside(requests, have.keys, aside, run.settings.cluster) as todo:
                table = todo.table()
                asyncio.run(check_teacher(teacher, base_url, json.loads(table["params"][0].as_py())))
                given: dict[str, Any] = {"ledger": ledger, "budget": budget, "spent": have.spent, "submit": submit}
                given["answered"] = len(have.keys)
                fates.update(ask_in_batches(table, teacher, base_url, price, **given))
            if submit:
                return fates
            have = read_answered(ledger, wanted, price)
        if len(have.keys) < len(wanted):
            with set_aside(requests, have.keys, aside, run.settings.cluster) as todo:
                proven = asyncio.run(check_teacher(teacher, base_url, json.loads(todo.read(0)["params"][0].as_py())))
                have = replace(have, spent=have.spent + sum(batch.dollars for batch in others))
                fates.update(_ask_online(run, todo, have, whom, price, base_url, proven))
    return fates


def _ask_online(
    run: Run, todo: Waiting, have: Answered, whom: Whom, price: Price | None, base_url: str | None, proven: bool
) -> dict[str, int]:
    """`proven`: the server has counted a request, and so takes our key and model."""
    ledger, settings = run.dir.path / "ledger", run.settings
    connection = Connection(whom.teacher, whom.limits, base_url, api_key(whom.teacher), price)
    proven = proven and bool(have.keys)
    warmed = warm_up(run.dir.path, todo.some(), connection, settings.budget, have.spent, proven=proven)
    todo, fates = replace(todo, skip=len(warmed.fates)), Counter(warmed.fates.values())
    if not todo.left:
        return dict(fates)
    connection, spent = replace(connection, terms=warmed.terms), have.spent + warmed.dollars
    refusals = Refusals(
        bool(have.keys), proven=proven, most=whom.teacher.refusals, setting=f"{whom.teacher.section}.refusals"
    )
    if "answered" in fates:
        refusals.answered = refusals.proven = True
    else:
        refusals.keys, refusals.barred = set(warmed.fates), set(warmed.barred)
    with generation_progress(todo.left) as watch:
        if todo.left <= min(GROUP_ROWS, settings.cluster.block_rows):
            requests = map(to_request, todo.table().to_pylist())
            stats = ask_here(requests, connection, ledger, settings.budget, spent, watch, say, refusals)
        else:
            from cluster.generation import generate

            run.use_cluster()
            stats = generate(todo, connection, settings.cluster, ledger, settings.budget, spent, watch, say, refusals)
    fates.update(stats["fates"])
    return dict(fates)


async def check_teacher(teacher: Teacher, base_url: str | None, params: dict[str, Any]) -> bool:
    """Proves address, key and model by a free call, where the server has such a one. Raises TeacherError."""
    async with open_client(base_url, api_key(teacher), 20) as client:
        return None is not await probe(client, params, f"{teacher.section} {shown(base_url or client.base_url)}")
