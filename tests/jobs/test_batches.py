"""Generation by Message Batches as the command does it: killed, interrupted, capped, and beside the other transport."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from command import Seedwright
from rich.console import Console
from serving import hosted

from jobs.batches import described, shown
from jobs.commands import run_flow
from pipeline.canonical import content_hash
from pipeline.layers import BUILT_IN, load_settings
from pipeline.teacher.batches.service import Status
from pipeline.teacher.batches.terms import OpenBatch
from pipeline.teacher.batches.values import Batch
from pipeline.teacher.ledger import read_ledger
from pipeline.teacher.simulated.faults import FAULTS
from pipeline.teacher.simulated.settings import SimulatedSettings
from pipeline.teacher.usage import Usage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ROUTE = "/v1/messages/batches"
ENTRY = f"{ROUTE}#entry"
QUICK = "teacher.batches={poll_s: [0.05, 0.2], settle_s: 1}"


@pytest.fixture
def teacher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Starts a teacher that outlives a run; gives its address. Its log is in tmp_path/teacher."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "simulated")
    with contextlib.ExitStack() as stack:
        yield lambda plan=None, **values: stack.enter_context(
            hosted(SimulatedSettings(**values), tmp_path / "teacher", plan)
        )


def seeds(folder: Path, count: int = 5) -> str:
    """The contracts task on so many seeds, four requests each."""
    lines = (BUILT_IN / "contracts/seeds.jsonl").read_text().splitlines()
    path = folder / "seeds.jsonl"
    path.write_text("\n".join(lines[::12][:count]) + "\n")
    return f"seeds.path={path}"


def pairs(folder: Path, *more: str, transport: str = "batch") -> list[str]:
    rates = ", ".join(f"{name}: 0" for name in FAULTS)
    return [
        seeds(folder),
        "generation.samples=1",
        f"teacher.simulated.rates={{{rates}}}",
        "teacher.price={input: 1, output: 5, batch: 0.5}",
        QUICK,
        f"teacher.transport={transport}",
        *more,
    ]


def arguments(folder: Path, *more: str, transport: str = "batch", budget: str | None = None) -> list[str]:
    asked = ["run", "contracts", "--until", "generate", "--out", str(folder / "run")]
    asked += ["--budget", budget] if budget else []
    return asked + [part for pair in pairs(folder, *more, transport=transport) for part in ("--set", pair)]


def log(folder: Path, path: str = ENTRY) -> list[dict[str, Any]]:
    file = folder / "teacher/requests.jsonl"
    lines = map(json.loads, file.read_text().splitlines()) if file.exists() else []
    return [line for line in lines if line["path"] == path]


def records(folder: Path, kind: str) -> list[dict[str, Any]]:
    return [record for record in read_ledger(folder / "run/ledger") if record["kind"] == kind]


def kill_when(folder: Path, true: Callable[[], bool], number: int, *more: str) -> str:
    """Starts the command and sends it the signal when that is true; what it said on standard error."""
    command = [sys.executable, "-m", "jobs", *arguments(folder, *more)]
    driver = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while not true():
        time.sleep(0.02)
        assert driver.poll() is None, driver.communicate()[1]
    os.kill(driver.pid, number)
    said = driver.communicate(timeout=60)[1]
    assert driver.returncode == (130 if number == signal.SIGINT else -number), said
    return str(said)


def check_each_was_charged_once(folder: Path, count: int) -> None:
    planned = pq.read_table(folder / "run/rounds/1/plan.parquet")["params"].to_pylist()
    charged = Counter(line["body"] for line in log(folder) if line["status"] == 200)
    assert charged == Counter(content_hash(json.loads(params)) for params in planned)
    assert len(records(folder, "reply")) == len(planned) == count


@pytest.mark.slow
@pytest.mark.drill
def test_killed_between_submission_and_its_record_the_batch_is_found_and_each_request_paid_once(
    teacher: Callable[..., str], seedwright: Seedwright, tmp_path: Path
) -> None:
    """The server takes the batch at once and answers the submission half a minute later."""
    url = teacher({f"POST {ROUTE}": {"server": "slow"}}, slow_s=30, batch_s=0)
    kill_when(tmp_path, lambda: bool(log(tmp_path)), signal.SIGKILL, f"teacher.base_url={url}")
    assert len(records(tmp_path, "batch_intent")) == 1
    assert records(tmp_path, "batch") == []
    shown = seedwright(*arguments(tmp_path, f"teacher.base_url={url}"))
    assert shown.returncode == 0, shown.stderr
    assert "1 batches are on their way and are taken up" in shown.stderr
    assert "is the batch whose submission broke off" in shown.stderr
    check_each_was_charged_once(tmp_path, 20)
    assert {line["batch"] for line in log(tmp_path)} == {records(tmp_path, "batch")[0]["id"]}


@pytest.mark.slow
@pytest.mark.drill
def test_killed_while_it_waits_it_goes_on_with_the_same_batches(
    teacher: Callable[..., str], seedwright: Seedwright, tmp_path: Path
) -> None:
    url = teacher(batch_s=3)
    more = (f"teacher.base_url={url}", "teacher.batches.requests=12")
    kill_when(tmp_path, lambda: len(sent(tmp_path)) == 2, signal.SIGKILL, *more)
    before = sent(tmp_path)
    shown = seedwright(*arguments(tmp_path, *more))
    assert shown.returncode == 0, shown.stderr
    assert sent(tmp_path) == before
    check_each_was_charged_once(tmp_path, 20)


def sent(folder: Path) -> list[str]:
    return [record["id"] for record in records(folder, "batch")] if (folder / "run/ledger").exists() else []


def polls(folder: Path) -> int:
    return sum(len(log(folder, f"{ROUTE}/{batch}")) for batch in sent(folder))


@pytest.mark.slow
@pytest.mark.drill
def test_interrupted_it_says_that_the_batches_go_on_and_the_other_transport_takes_them_up_too(
    teacher: Callable[..., str], seedwright: Seedwright, tmp_path: Path
) -> None:
    url = teacher(batch_s=3)
    more = f"teacher.base_url={url}"
    said = kill_when(tmp_path, lambda: polls(tmp_path) > 1, signal.SIGINT, more)
    assert f"1 batches go on at the server ({sent(tmp_path)[0]}); the same command takes them up" in said
    assert f"{sent(tmp_path)[0]}: 20 processing, 0 succeeded, 0 errored; sent 0:00:0" in said
    shown = seedwright(*arguments(tmp_path, more, transport="online"))
    assert shown.returncode == 0, shown.stderr
    check_each_was_charged_once(tmp_path, 20)
    assert log(tmp_path, "/v1/messages") == []


def test_the_budget_stops_it_with_what_it_has_and_a_larger_one_goes_on(
    teacher: Callable[..., str], seedwright: Seedwright, tmp_path: Path
) -> None:
    more = f"teacher.base_url={teacher(batch_s=0)}"
    shown = seedwright(*arguments(tmp_path, more, budget="0.02"))
    assert shown.returncode == 4, shown.stderr
    assert "larger --budget" in shown.stderr
    first = len(log(tmp_path))
    assert 0 < first < 20
    assert sum(record["dollars"] for record in records(tmp_path, "reply")) <= 0.02
    shown = seedwright(*arguments(tmp_path, more, budget="2"))
    assert shown.returncode == 0, shown.stderr
    check_each_was_charged_once(tmp_path, 20)
    entry = json.loads((tmp_path / "run/run.json").read_text())["stages"]["generate"]
    assert entry["asked"] == 20 - first
    assert entry["dollars"] == pytest.approx(sum(record["dollars"] for record in records(tmp_path, "reply")), abs=1e-6)


def test_the_built_in_teacher_serves_a_whole_generation_with_faults(seedwright: Seedwright, tmp_path: Path) -> None:
    faulty = (
        "teacher.simulated.batch_rates={expired: 0.2, errored: 0.2}",
        "teacher.simulated.server_rates={dropped: 0.1, overloaded: 0.1, half_sent: 0.1}",
        "teacher.simulated.batch_s=0",
    )
    shown = seedwright(*arguments(tmp_path, *faulty))
    assert shown.returncode == 0, shown.stderr
    (tmp_path / "run/teacher").rename(tmp_path / "teacher")
    check_each_was_charged_once(tmp_path, 20)
    assert {line["fault"] for line in log(tmp_path)} >= {"expired", "errored"}
    key = records(tmp_path, "batch_intent")[0]["key"]
    assert f"batch {key}" in shown.stderr or "msgbatch_" in shown.stderr


def test_replies_are_shared_by_both_transports(teacher: Callable[..., str], tmp_path: Path) -> None:
    url = f"teacher.base_url={teacher(batch_s=0)}"
    for count, transport in ((2, "online"), (4, "batch"), (5, "online")):
        settings = load_settings("contracts", None, pairs(tmp_path, url, transport=transport))[0]
        seeds(tmp_path, count)
        had = {record["key"] for record in records(tmp_path, "reply")}
        record = run_flow(settings, tmp_path / "run", update=False, until="generate")
        planned = set(pq.read_table(tmp_path / "run/rounds/1/plan.parquet")["key"].to_pylist())
        assert record["stages"]["generate"]["asked"] == len(planned - had) > 0
    assert record["stages"]["generate"]["answered"] == 20
    online, batch = (Counter(line["body"] for line in log(tmp_path, path)) for path in ("/v1/messages", ENTRY))
    assert len(batch) > 0
    assert max((online + batch).values()) == 1


def test_who_insists_on_caching_gets_marks_for_an_hour_in_batches_and_the_same_keys(
    teacher: Callable[..., str], tmp_path: Path
) -> None:
    url = f"teacher.base_url={teacher(batch_s=0)}"
    for caching, transport in (("true", "batch"), ("auto", "online")):
        asked = pairs(tmp_path, url, f"teacher.caching={caching}", transport=transport)
        record = run_flow(load_settings("contracts", None, asked)[0], tmp_path / "run", update=False, until="generate")
        assert record["stages"]["generate"]["answered"] == len(records(tmp_path, "reply")) == 20
    used = [json.loads(reply["body"])["usage"] for reply in records(tmp_path, "reply")]
    lasting = [one["cache_creation"]["ephemeral_1h_input_tokens"] for one in used]
    assert sum(lasting) == sum(one["cache_creation_input_tokens"] for one in used) > 1000
    assert [Usage(*reply["tokens"]).cache_write_1h for reply in records(tmp_path, "reply")] == lasting
    assert log(tmp_path, "/v1/messages") == []


def test_on_a_terminal_one_line_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr("jobs.batches.err", Console(file=screen, force_terminal=True, width=150))
    batch = Batch("0" * 16, time.time(), frozenset("abc"), 0.1, None, "msgbatch_1")
    with shown() as watch:
        watch([OpenBatch(batch)])
        time.sleep(0.3)
    assert "msgbatch_1: 3 requests; sent 0:00:00 ago" in screen.getvalue()


def test_a_batch_is_described_by_its_counts_and_its_age() -> None:
    batch = Batch("0" * 16, time.time() - 605, frozenset("abc"), 0.1, None)
    assert described(OpenBatch(batch)).startswith("batch 0000000000000000: 3 requests, looked for at the server; sent")
    counts = {"processing": 0, "succeeded": 2, "errored": 0, "canceled": 0, "expired": 1}
    known = Batch("0" * 16, time.time() - 605, frozenset("abc"), 0.1, None, "msgbatch_1")
    assert described(OpenBatch(known, status=Status("msgbatch_1", True, counts, gone=False))) == (
        "msgbatch_1: 0 processing, 2 succeeded, 0 errored, 1 expired; sent 0:10:05 ago, results come within 24 hours"
    )
