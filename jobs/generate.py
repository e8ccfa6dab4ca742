"""The stage `generate`: asks the teacher for what the ledger does not hold yet."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.console import generation_progress, say
from jobs.plan import PLAN
from jobs.run import Job, Run
from pipeline.canonical import content_hash
from pipeline.config import Settings
from pipeline.errors import InputError, SeedwrightError
from pipeline.teacher.client import api_key, open_client, probe, usage
from pipeline.teacher.ledger import read_ledger, wait_for_writers
from pipeline.teacher.prices import Price, price_of

FREE = Price(0.0, 0.0, "unknown")


def shape(_: Run) -> Any:
    return None


def work(run: Run) -> dict[str, Any]:
    requests = run.dir.table(PLAN)
    asked, fates, have = ask_all(run, requests)
    return {
        "requests": requests.num_rows,
        "asked": asked,
        "fates": fates,
        "answered": len(have.keys),
        "input_tokens": have.input_tokens,
        "output_tokens": have.output_tokens,
        "dollars": round(have.spent, 6),
        "output": content_hash(sorted(have.keys)),
        "summary": f"{len(have.keys):,} of {requests.num_rows:,} answered, ${have.spent:.4f} in all",
    }


def ask_all(run: Run, requests: pa.Table) -> tuple[int, dict[str, int], "Answered"]:
    """Asks for every request that the ledger holds no reply to: how many, their fates, and what is answered now.

    Raises BudgetStop, TeacherError or InputError when it was stopped; what was answered until then is kept.
    """
    ledger = run.dir.path / "ledger"
    price = price_of(run.settings.teacher)
    if price is None and run.settings.budget is not None:
        raise InputError(
            f"budget: no price is known for {run.settings.teacher.model}; give "
            "--set teacher.price='[IN, OUT]' in dollars per million tokens"
        )
    price = price or FREE
    ledger.mkdir(exist_ok=True)
    wait_for_writers(ledger)
    wanted = set(requests["key"].to_pylist())
    have = read_answered(ledger, wanted, price)
    todo = pending(requests, have.keys)
    say(f"  {requests.num_rows - todo.num_rows:,} of {requests.num_rows:,} are answered; {todo.num_rows:,} to ask")
    if not todo.num_rows:
        return 0, {}, have
    fates = _ask(run, todo, ledger, price, have.spent)
    have = read_answered(ledger, wanted, price)
    if lost := fates.get("answered", 0) - len(have.keys & set(todo["key"].to_pylist())):
        raise SeedwrightError(
            f"{ledger}: {lost} replies that workers wrote are not here; put the run folder on a file system that "
            "all nodes share, see `seedwright doctor`, and run again"
        )
    return todo.num_rows, fates, have


@dataclass(frozen=True, slots=True)
class Answered:
    """What the ledger holds for a plan: the keys with a reply and their tokens, and what all its replies together have
    cost.
    """

    keys: frozenset[str]
    input_tokens: int
    output_tokens: int
    spent: float


def read_answered(ledger: Path, wanted: set[str], price: Price) -> Answered:
    keys: set[str] = set()
    tokens, spent = [0, 0], 0.0
    for record in read_ledger(ledger):
        if record["kind"] != "reply":
            continue
        used = usage(record["body"])
        spent += price.dollars(*used)
        if record["key"] in wanted and record["key"] not in keys:
            keys.add(record["key"])
            tokens = [total + one for total, one in zip(tokens, used, strict=True)]
    return Answered(frozenset(keys), *tokens, spent)


def pending(requests: pa.Table, have: frozenset[str]) -> pa.Table:
    """The requests without a reply, one a key: equal requests are asked once."""
    seen = set(have)
    wanted = [not (key in seen or seen.add(key)) for key in requests["key"].to_pylist()]  # type: ignore[func-returns-value]
    return requests.filter(pa.array(wanted, pa.bool_()))


@contextlib.contextmanager
def teacher_url(settings: Settings, folder: Path) -> Iterator[str | None]:
    """The teacher's address; starts the built-in one, which ends with this process, where the settings ask for it.

    An address that the SDK would take from the environment is resolved here: workers have another environment.
    """
    teacher = settings.teacher
    if teacher.base_url != "simulated":
        yield teacher.base_url or str(open_client(None, api_key(teacher), teacher.timeout_s).base_url)
        return
    from pipeline.teacher.simulated.host import hosted

    with hosted(settings.teacher.simulated, folder) as base_url:
        yield base_url


def _ask(run: Run, todo: pa.Table, ledger: Path, price: Price, spent: float) -> dict[str, int]:
    from cluster.generation import Connection, generate

    settings = run.settings
    key = api_key(settings.teacher)
    with teacher_url(settings, run.dir.path / "teacher") as base_url:
        asyncio.run(check_teacher(settings, base_url, json.loads(todo["params"][0].as_py())))
        run.use_cluster()
        with generation_progress(todo.num_rows) as watch:
            stats = generate(todo, settings, Connection(base_url, key, price), ledger, spent, watch, say)
    fates: dict[str, int] = stats["fates"]
    return fates


async def check_teacher(settings: Settings, base_url: str | None, params: dict[str, Any]) -> None:
    """Proves address, key and model by a free call. Raises TeacherError."""
    async with open_client(base_url, api_key(settings.teacher), 20) as client:
        await probe(client, params, f"teacher {base_url or client.base_url}")


JOB = Job("generate", ("plan",), (), shape, work)
