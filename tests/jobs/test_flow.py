"""The flow on a few seeds over the real server and client, and where it says so over Ray: when the teacher, the disk or
the driver fails.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from command import Seedwright
from serving import hosted

from jobs.commands import plan_only, run_flow
from jobs.preview import preview
from pipeline.canonical import content_hash
from pipeline.config import Settings
from pipeline.errors import BudgetStop, GateStop, InputError, TeacherError
from pipeline.layers import BUILT_IN, load_settings
from pipeline.teacher.ledger import read_ledger
from pipeline.teacher.reserve import SIZE
from pipeline.teacher.simulated.faults import FAULTS
from pipeline.teacher.simulated.settings import SimulatedSettings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
Flow = Callable[..., dict[str, Any]]
HERE = "cluster={generation_actors: 1, shards: 1}"
ON_RAY = "cluster={generation_actors: 1, shards: 1, block_rows: 5}"


@pytest.fixture(params=[pytest.param(HERE, id="here"), pytest.param(ON_RAY, id="over Ray", marks=pytest.mark.ray)])
def where(request: pytest.FixtureRequest) -> str:
    """One block of requests or rows is asked and curated by the driver itself, several by the cluster."""
    if request.param == ON_RAY:
        request.getfixturevalue("ray_here")
    chosen: str = request.param
    return chosen


@pytest.fixture
def few_seeds(tmp_path: Path) -> Path:
    lines = (BUILT_IN / "contracts/seeds.jsonl").read_text().splitlines()
    path = tmp_path / "seeds.jsonl"
    path.write_text("\n".join(lines[::12]) + "\n")
    return path


@pytest.fixture
def settings(few_seeds: Path) -> Callable[..., Settings]:
    """The contracts task on five seeds, 20 requests, with a flawless teacher unless the test says otherwise."""
    rates = ", ".join(f"{name}: 0" for name in FAULTS)
    always = [
        f"seeds.path={few_seeds}",
        "generation.samples=1",
        f"teacher.simulated.rates={{{rates}}}",
        "teacher.simulated.server_rates={rate_limited: 0, overloaded: 0, server_error: 0, dropped: 0}",
        HERE,
    ]
    return lambda *pairs: load_settings("contracts", None, [*always, *pairs])[0]


@pytest.fixture
def teacher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Starts a teacher that outlives a run; gives its address. Its log is in tmp_path/teacher."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "simulated")
    with contextlib.ExitStack() as stack:
        yield lambda plan=None, **values: stack.enter_context(
            hosted(SimulatedSettings(**values), tmp_path / "teacher", plan)
        )


def log(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "teacher/requests.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if line["path"] == "/v1/messages"]


def bodies(run: Path) -> list[str]:
    return [
        content_hash(json.loads(params))
        for params in pq.read_table(run / "rounds/1/plan.parquet")["params"].to_pylist()
    ]


def reasons(run: Path) -> dict[str, int]:
    return Counter(pq.read_table(run / "rounds/1/rejected/part-0.parquet")["reason"].to_pylist())


def test_the_built_in_teacher_makes_a_training_set_and_a_second_run_finds_all_done(
    settings: Callable[..., Settings], where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = run_flow(settings(where), tmp_path / "run", update=False, until="curate")
    assert record["stages"]["curate"]["funnel"][0]["in"] == 20
    assert sum(record["stages"]["curate"]["splits"].values()) == record["stages"]["curate"]["funnel"][-1]["kept"] > 15
    capsys.readouterr()
    run_flow(settings(where), tmp_path / "run", update=False, until="curate")
    assert capsys.readouterr().err.count("done already") == 4
    assert len(log(tmp_path / "run")) == 20


def test_busy_and_broken_servers_cost_waiting_and_no_row(
    settings: Callable[..., Settings], teacher: Callable[..., str], tmp_path: Path
) -> None:
    faults = {
        "rate_limited": 0.1,
        "overloaded": 0.1,
        "server_error": 0.1,
        "dropped": 0.1,
        "half_sent": 0.1,
        "slow": 0.1,
    }
    url = teacher(server_rates=faults, retry_after_s=0.05, slow_s=0.2)
    record = run_flow(settings(f"teacher.base_url={url}"), tmp_path / "run", update=False, until="curate")
    assert record["stages"]["generate"]["answered"] == 20
    assert Counter(line["body"] for line in log(tmp_path) if line["status"] == 200) == Counter(bodies(tmp_path / "run"))
    assert len(log(tmp_path)) > 20


def test_replies_with_markup_control_bytes_and_five_megabytes_are_rows_with_reasons(
    settings: Callable[..., Settings], teacher: Callable[..., str], tmp_path: Path
) -> None:
    plan_only(settings("teacher.base_url=http://127.0.0.1:9"), tmp_path / "run", update=False)
    draft = {"answer": {}, "confidence": 0.9}
    raws = [
        json.dumps({"text": "a <|im_start|>system b", **draft}),
        json.dumps({"text": "a\x00b", **draft}),
        json.dumps({"text": "x " * 2_600_000, **draft}),
        "<html>busy</html>",
        "",
        '{"text": "a\\ud800", "answer": {}, "confidence": 0.9}',
    ]
    plan = {
        body: {"fault": "raw", "text": raw, "stop_reason": "end_turn"}
        for body, raw in zip(bodies(tmp_path / "run"), raws, strict=False)
    }
    url = teacher(plan)
    run_flow(settings(f"teacher.base_url={url}"), tmp_path / "run", update=False, until="curate")
    found = reasons(tmp_path / "run")
    assert found["special_tokens"] == found["control_characters"] == found["empty_reply"] == found["truncated"] == 1
    assert found["malformed_json"] == 2


def test_a_teacher_of_garbage_stops_the_run_and_the_funnel_says_why(
    settings: Callable[..., Settings], seedwright: Seedwright, tmp_path: Path
) -> None:
    with pytest.raises(GateStop, match=r"no sample is left(.|\n)*malformed_json 20"):
        run_flow(settings("teacher.simulated.rates.malformed_json=1.0"), tmp_path / "run", update=False, until="curate")
    assert not (tmp_path / "run/dataset").exists()
    assert sum(reasons(tmp_path / "run").values()) == 20
    again = seedwright("curate", tmp_path / "run", "--json")
    assert again.returncode == 3
    assert json.loads(again.stdout)["exit"] == 3
    assert "malformed_json 20" in again.stderr
    kept = json.loads((tmp_path / "run/rounds/1/funnel.json").read_text())
    assert next(entry for entry in kept if entry["stage"] == "parse")["rejected"] == {"malformed_json": 20}
    assert f"kept in {tmp_path}/run/rounds/1/funnel.json" in again.stderr


@pytest.mark.parametrize("whole", [True, False])
def test_a_teacher_mended_under_the_same_model_is_asked_again_only_for_what_gave_no_sample_and_only_on_demand(
    settings: Callable[..., Settings], teacher: Callable[..., str], seedwright: Seedwright, tmp_path: Path, whole: bool
) -> None:
    plain = "generation.starved=0"
    plan_only(settings("teacher.base_url=http://127.0.0.1:9", plain), tmp_path / "run", update=False)
    raws = {body: {"fault": "raw", "text": "<html>busy</html>"} for body in bodies(tmp_path / "run")[:12]}
    raws |= {bodies(tmp_path / "run")[12]: {"fault": "raw", "text": "No.", "stop_reason": "refusal"}}

    def flow(url: str, *, retry: bool = False) -> Counter[str]:
        chosen = settings(f"teacher.base_url={url}", plain)
        record = run_flow(chosen, tmp_path / "run", update=False, retry_failed=retry, until="curate")
        entries = {entry["stage"]: entry["rejected"] for entry in record["stages"]["curate"]["funnel"]}
        return Counter(entries["parse"])

    assert flow(teacher(raws)) == {"malformed_json": 12, "refusal": 1}
    mended = teacher()
    assert flow(mended) == {"malformed_json": 12, "refusal": 1}
    assert len(log(tmp_path)) == 20
    if whole:
        assert flow(mended, retry=True) == {}
    else:
        told = "13 replies gave no sample (malformed_json 12, refusal 1): they are asked for again, and paid again\n"
        assert told in seedwright("generate", tmp_path / "run", "--retry-failed").stderr
    assert flow(mended) == flow(mended, retry=True) == {}
    assert len(log(tmp_path)) == 33


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("teacher.base_url=http://127.0.0.1:9", "cannot be reached"),
        ("teacher.model=gpt-2", "does not know model 'gpt-2'"),
        ("teacher.api_key_env=WRONG_KEY", "refuses the key"),
    ],
)
def test_a_teacher_that_will_not_do_fails_in_seconds_before_anything_is_spent(
    settings: Callable[..., Settings],
    teacher: Callable[..., str],
    tmp_path: Path,
    pair: str,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WRONG_KEY", "sk-not-this-one")
    started = time.monotonic()
    with pytest.raises(TeacherError, match=message) as caught:
        run_flow(settings(f"teacher.base_url={teacher()}", pair), tmp_path / "run", update=False, until="curate")
    assert time.monotonic() - started < 10
    assert "sk-not-this-one" not in str(caught.value)
    assert not list((tmp_path / "run").glob("ledger/*"))


def test_a_key_that_is_not_set_is_named(
    settings: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with pytest.raises(InputError, match="ANTHROPIC_API_KEY is not set; export it"):
        run_flow(settings("teacher.base_url=http://127.0.0.1:9"), tmp_path / "run", update=False, until="curate")


def test_the_budget_stops_the_run_and_a_larger_one_goes_on_without_paying_twice(
    settings: Callable[..., Settings], teacher: Callable[..., str], seedwright: Seedwright, tmp_path: Path
) -> None:
    priced = [f"teacher.base_url={teacher()}", "teacher.price=[1, 5]"]
    with pytest.raises(BudgetStop, match="larger --budget"):
        run_flow(settings(*priced, "budget=0.02", "limits.in_flight=2"), tmp_path / "run", update=False, until="curate")
    first = len(log(tmp_path))
    assert 0 < first < 20
    stopped = seedwright("generate", tmp_path / "run", "--budget", "0.0201", "--json")
    assert stopped.returncode == 4
    assert "larger --budget" in stopped.stderr
    assert len(log(tmp_path)) == first
    record = run_flow(settings(*priced, "budget=2"), tmp_path / "run", update=False, until="curate")
    assert record["stages"]["generate"]["asked"] == 20 - first
    assert Counter(line["body"] for line in log(tmp_path)) == Counter(bodies(tmp_path / "run"))
    assert record["stages"]["generate"]["dollars"] > 0.02


def test_only_what_a_change_reaches_is_asked_and_done_again(
    settings: Callable[..., Settings], few_seeds: Path, teacher: Callable[..., str], tmp_path: Path
) -> None:
    url = f"teacher.base_url={teacher()}"
    run_flow(settings(url), tmp_path / "run", update=False, until="curate")
    rows = [json.loads(line) for line in few_seeds.read_text().splitlines()]
    rows[0]["text"] += " This sentence is new."
    few_seeds.write_text("".join(json.dumps(row) + "\n" for row in rows))
    record = run_flow(settings(url), tmp_path / "run", update=False, until="curate")
    assert record["stages"]["generate"]["asked"] == 4
    run_flow(settings(url, "filters.confidence=0.9"), tmp_path / "run", update=True, until="curate")
    assert len(log(tmp_path)) == 24


def test_a_prompt_of_the_student_or_a_split_that_changes_makes_another_training_set(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    """Its hash is all that training asks of the stages before it."""
    prompt = tmp_path / "student.jinja"
    shutil.copy(BUILT_IN / "contracts/student.jinja", prompt)

    def taught(*pairs: str) -> str:
        wanted = settings(f"student_prompt={prompt}", *pairs)
        return str(run_flow(wanted, tmp_path / "run", update=True, until="curate")["stages"]["curate"]["output"])

    first = taught()
    assert taught("filters.confidence=0.1", "generation.target=1") == first
    assert taught("split.validation=0.5") != first
    prompt.write_text(prompt.read_text() + "Be brief.\n")
    assert taught() != first


def test_what_a_preview_paid_for_is_asked_one_by_one_and_not_paid_again_by_the_run_that_keeps_it(
    settings: Callable[..., Settings], teacher: Callable[..., str], tmp_path: Path
) -> None:
    url = f"teacher.base_url={teacher()}"
    found = preview(settings(url, "teacher.transport=batch"), 3, tmp_path / "run")
    assert len(found["samples"]) == len(log(tmp_path)) == 3
    assert {path.name for path in (tmp_path / "run").iterdir()} == {".lock", "ledger"}
    record = run_flow(settings(url), tmp_path / "run", update=False, until="curate")
    assert (record["stages"]["generate"]["asked"], record["stages"]["generate"]["answered"]) == (17, 20)
    assert Counter(line["body"] for line in log(tmp_path)) == Counter(bodies(tmp_path / "run"))
    kept = sample_tables(tmp_path / "run")[0]["sample_id"].to_pylist()
    assert {sample["sample_id"] for sample in found["samples"]} <= set(kept)


def test_a_budget_holds_for_a_preview(
    settings: Callable[..., Settings], teacher: Callable[..., str], tmp_path: Path
) -> None:
    priced = f"teacher.base_url={teacher()}", "teacher.price=[1, 5]"
    with pytest.raises(BudgetStop, match="larger --budget"):
        preview(settings(*priced, "budget=0.001"), 3)
    assert log(tmp_path) == []


def test_a_full_disk_stops_the_run_with_a_remedy_and_keeps_what_is_written(
    settings: Callable[..., Settings], where: str, teacher: Callable[..., str], tmp_path: Path
) -> None:
    """A ledger folder on a file system of a few blocks beside the reserve; a machine where none can be mounted cannot
    show it.
    """
    small = tmp_path / "run/ledger"
    small.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE + 16 * 1024}", "tmpfs", str(small)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    pairs = f"teacher.base_url={teacher()}", where
    try:
        with pytest.raises(InputError, match=r"No space left on device.*free disk space"):
            run_flow(settings(*pairs), tmp_path / "run", update=False, until="curate")
        paid = [line["body"] for line in log(tmp_path) if line["status"] == 200]
        kept = [record for record in read_ledger(small) if record["kind"] == "reply"]
        assert len(paid) == len(kept) > 0
        subprocess.run(["mount", "-o", "remount,size=16m", str(small)], check=True)
        record = run_flow(settings(*pairs), tmp_path / "run", update=False, until="curate")
        assert record["stages"]["generate"]["answered"] == 20
        paid = [line["body"] for line in log(tmp_path) if line["status"] == 200]
        assert len(paid) == len(set(paid)) == 20
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


def drawn(first: int, last: int) -> int:
    """A random moment, in requests answered; printed, since only a failure of this very draw can be looked into."""
    moment = random.SystemRandom().randint(first, last)
    print(f"at request {moment}", file=sys.__stderr__)
    return moment


def sample_tables(run: Path) -> list[pa.Table]:
    return [pq.read_table(run / f"rounds/1/{part}/part-0.parquet") for part in ("samples", "rejected")]


@pytest.mark.ray
@pytest.mark.drill
@pytest.mark.usefixtures("ray_here")
def test_a_generation_actor_that_dies_holds_up_nothing_and_what_it_wrote_is_not_asked_again(
    settings: Callable[..., Settings], teacher: Callable[..., str], tmp_path: Path
) -> None:
    url = teacher(latency_ms=(100, 200))
    killed: list[int] = []

    def kill_once() -> None:
        log_file = tmp_path / "teacher/requests.jsonl"
        while not (log_file.exists() and len(log(tmp_path)) >= moment):
            time.sleep(0.05)
        workers = subprocess.run(
            ["pgrep", "-f", "ray::MapWorker.MapBatches.Generator"], capture_output=True, text=True, check=True
        )
        ours = [int(pid) for pid in workers.stdout.split() if parent(int(pid)) in ancestors]
        os.kill(ours[0], signal.SIGKILL)
        killed.append(ours[0])

    moment, ancestors = drawn(10, 75), {os.getpid(), *children(os.getpid())}
    killer = threading.Thread(target=kill_once)
    killer.start()
    pairs = ["generation.samples=5", "limits.in_flight=8", f"teacher.base_url={url}"]
    record = run_flow(settings(*pairs, ON_RAY), tmp_path / "run", update=False, until="curate")
    killer.join()
    assert killed
    answered = Counter(line["body"] for line in log(tmp_path) if line["status"] == 200)
    assert record["stages"]["generate"]["answered"] == len(answered) == 100
    assert sum(answered.values()) - 100 <= 8
    run_flow(settings(*pairs), tmp_path / "calm", update=False, until="curate")
    assert sample_tables(tmp_path / "run") == sample_tables(tmp_path / "calm")


def children(pid: int) -> set[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return {int(child) for child in found.stdout.split()}


def parent(pid: int) -> int:
    stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(stat[1])


@pytest.mark.drill
def test_a_driver_interrupted_and_then_killed_goes_on_and_asks_nothing_that_was_answered(
    few_seeds: Path, where: str, teacher: Callable[..., str], seedwright: Seedwright, tmp_path: Path
) -> None:
    """What an interrupted driver has on its way is waited for, and nothing is paid twice; a killed one loses that."""
    url = teacher(latency_ms=(200, 400))
    command = [*one_by_one(few_seeds, url, tmp_path / "run", "curate", where), *address(where)]
    driver = started(command, stderr=subprocess.PIPE)
    wait_for(20, driver, tmp_path)
    os.killpg(driver.pid, signal.SIGINT)
    shown = driver.communicate(timeout=60)[1]
    assert driver.returncode == 130, shown
    assert "taking in the replies that are on their way" in shown
    assert set(Counter(line["body"] for line in log(tmp_path)).values()) == {1}

    driver = started(command, stderr=subprocess.DEVNULL)
    wait_for(drawn(len(log(tmp_path)) + 1, 85), driver, tmp_path)
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    again = seedwright(*command)
    assert again.returncode == 0, again.stderr
    answered = Counter(line["body"] for line in log(tmp_path) if line["status"] == 200)
    assert set(answered) == set(bodies(tmp_path / "run"))
    assert len(answered) == 100
    print(f"{answered.total() - 100} paid twice", file=sys.__stderr__)
    assert answered.total() - 100 <= 8
    calm = seedwright(*one_by_one(few_seeds, url, tmp_path / "calm", "curate"))
    assert calm.returncode == 0, calm.stderr
    assert sample_tables(tmp_path / "run") == sample_tables(tmp_path / "calm")


def address(where: str) -> list[str]:
    """The cluster that is there already, on which what a dead driver started lives on until the cluster ends it."""
    if where == HERE:
        return []
    import ray

    return ["--address", ray.get_runtime_context().gcs_address]


def started(command: list[str], stderr: int) -> "subprocess.Popen[str]":
    whole = [sys.executable, "-m", "jobs", *command]
    return subprocess.Popen(whole, stderr=stderr, text=True, start_new_session=True)


def one_by_one(seeds: Path, url: str, out: Path, until: str, where: str = HERE) -> list[str]:
    """A run of 100 requests, of which a few are asked at a time."""
    pairs = [
        f"seeds.path={seeds}",
        "generation.samples=5",
        f"teacher.base_url={url}",
        "limits.in_flight=8",
        where,
    ]
    return ["run", "contracts", "--out", str(out), "--until", until, *[x for pair in pairs for x in ("--set", pair)]]


def wait_for(requests: int, driver: "subprocess.Popen[Any]", folder: Path) -> None:
    while not (folder / "teacher/requests.jsonl").exists() or len(log(folder)) < requests:
        time.sleep(0.05)
        assert driver.poll() is None


@pytest.mark.ray
@pytest.mark.usefixtures("ray_here")
def test_the_doctor_sees_packages_disk_and_every_node(seedwright: Seedwright, tmp_path: Path) -> None:
    shown = seedwright("doctor", "--run-dir", tmp_path / "runs", "--json")
    assert shown.returncode == 0, shown.stderr
    found = json.loads(shown.stdout)
    assert found["run_dir_shared"] is True
    assert len(found["nodes"]) == 1
    assert found["packages"]["ray"]
    assert "sees the run folder" in shown.stderr
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_run_that_fits_one_block_does_not_even_import_ray(few_seeds: Path, tmp_path: Path) -> None:
    command = [*one_by_one(few_seeds, "simulated", tmp_path / "run", "curate"), "--set", "generation.samples=1"]
    asked = f"import sys; from jobs.__main__ import app; app({command!r}, standalone_mode=False)"
    asked += "; print('ray' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr
