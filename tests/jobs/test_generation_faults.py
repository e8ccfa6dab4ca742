"""Generation over the real server and client, mostly on Ray: a bad row, a tight budget, a key that must not show."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from command import Seedwright
from serving import hosted

from jobs.commands import plan_only, run_flow
from pipeline.canonical import content_hash
from pipeline.config import Settings
from pipeline.errors import SeedwrightError, TeacherError
from pipeline.layers import BUILT_IN, load_settings
from pipeline.teacher.ledger import read_ledger
from pipeline.teacher.simulated.settings import SimulatedSettings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
HERE = "cluster.block_rows=500"
PRICE = (1.0, 5.0)
SECRET = "sk-ant-do-not-show-4f1c0ffee5"
JUDGE_SECRET = "sk-judge-do-not-show-5ea1edca5e"


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    path = tmp_path / "seeds.jsonl"
    path.write_text("".join((BUILT_IN / "contracts/seeds.jsonl").read_text().splitlines(keepends=True)[::12]))
    return path


@pytest.fixture
def settings(seeds: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """The contracts task on five seeds, two actors, blocks of five rows: 20 requests for each `samples`."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "simulated")
    always = [f"seeds.path={seeds}", "generation.samples=1"]
    always.append("cluster={generation_actors: 2, shards: 1, block_rows: 5}")
    return lambda *pairs: load_settings("contracts", None, [*always, *pairs])[0]


@pytest.fixture
def teacher(tmp_path: Path) -> Iterator[Callable[..., str]]:
    with contextlib.ExitStack() as stack:
        yield (
            lambda plan=None, **values: (
                "teacher.base_url="
                + stack.enter_context(hosted(SimulatedSettings(**values), tmp_path / "teacher", plan))
            )
        )


def log(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "teacher/requests.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if line["path"] == "/v1/messages"]


def planned(settings: Settings, folder: Path) -> list[str]:
    """The content hashes of the bodies that a run of these settings asks, in the order of its plan."""
    plan_only(settings, folder, update=False)
    params = pq.read_table(folder / "rounds/1/plan.parquet")["params"].to_pylist()
    return [content_hash(json.loads(one)) for one in params]


def billed(folder: Path) -> float:
    lines = [line for line in log(folder) if line["status"] in (200, 0)]
    return sum(line["input_tokens"] * PRICE[0] + line["output_tokens"] * PRICE[1] for line in lines) / 1e6


def test_a_request_that_always_fails_is_one_rejected_row_and_takes_no_neighbour_with_it(
    settings: Callable[..., Settings], teacher: Callable[..., str], tmp_path: Path
) -> None:
    bodies = planned(settings(HERE), tmp_path / "plan")
    plan = {bodies[1]: {"server": "server_error", "times": 99}, bodies[7]: {"server": "html", "times": 99}}
    record = run_flow(
        settings(HERE, teacher(plan, latency_ms=(20, 60)), "teacher.attempts=3"),
        tmp_path / "run",
        update=False,
        until="curate",
    )
    assert record["stages"]["generate"]["fates"] == {"answered": 18, "failed": 2}
    rejected = pq.read_table(tmp_path / "run/rounds/1/rejected/part-0.parquet").to_pylist()
    lost = [row["detail"] for row in rejected if row["reason"] == "no_reply"]
    assert len(lost) == 2
    assert any("500" in detail for detail in lost)
    assert any("200 without a message" in detail for detail in lost)


def test_once_a_bill_is_paid_the_same_command_asks_what_is_left(
    settings: Callable[..., Settings], teacher: Callable[..., str], tmp_path: Path
) -> None:
    bodies = planned(settings(HERE), tmp_path / "plan")
    asked = settings(HERE, teacher({bodies[9]: {"server": "spend_limit"}}), "limits.in_flight=4")
    with pytest.raises(TeacherError, match=r"enforced_spend_limit_reached.*pay, or raise.*run the same command again"):
        run_flow(asked, tmp_path / "run", update=False, until="generate")
    record = run_flow(asked, tmp_path / "run", update=False, until="generate")
    assert record["stages"]["generate"]["answered"] == 20
    assert record["stages"]["generate"]["fates"].keys() == {"answered"}
    assert Counter(line["body"] for line in log(tmp_path) if line["status"] == 200) == Counter(bodies)


def test_a_row_that_a_gateway_forbids_is_rejected_and_no_run_stops_at_it(
    settings: Callable[..., Settings], teacher: Callable[..., str], tmp_path: Path
) -> None:
    """At first among the others, then the only one that is left: the server counts its tokens and has our key."""
    bodies = planned(settings(HERE), tmp_path / "plan")
    asked = settings(HERE, teacher({bodies[0]: {"server": "forbidden", "times": 99}}, latency_ms=(20, 60)))
    record = run_flow(asked, tmp_path / "run", update=False, until="curate")
    assert record["stages"]["generate"]["fates"] == {"answered": 19, "failed": 1}
    rejected = pq.read_table(tmp_path / "run/rounds/1/rejected/part-0.parquet").to_pylist()
    assert [row["detail"] for row in rejected if row["reason"] == "no_reply"] == [
        "403 permission_error: Blocked by the gateway."
    ]
    again = run_flow(asked, tmp_path / "run", update=False, until="generate", retry_failed=True)
    assert again["stages"]["generate"]["fates"] == {"failed": 1}


REFUSED = r"^teacher: not one request was taken \(400 invalid_request_error: Refused, as .* \(0 answered now, .* left\)"


def test_a_teacher_that_refuses_everything_stops_the_run_and_once_mended_all_is_asked(
    settings: Callable[..., Settings], seeds: Path, teacher: Callable[..., str], tmp_path: Path
) -> None:
    with pytest.raises(TeacherError, match=REFUSED):
        run_flow(
            settings(HERE, teacher(server_rates={"refused": 1.0}), "limits.in_flight=1"),
            tmp_path / "run",
            update=False,
            until="generate",
        )
    assert len(log(tmp_path)) == 10
    mended = run_flow(settings(HERE, teacher()), tmp_path / "run", update=False, until="generate")
    assert mended["stages"]["generate"]["fates"] == {"answered": 20}
    seeds.write_text("".join((BUILT_IN / "contracts/seeds.jsonl").read_text().splitlines(keepends=True)[::6]))
    more = settings(HERE, teacher(server_rates={"refused": 1.0}), "teacher.refusals=100")
    record = run_flow(more, tmp_path / "run", update=False, until="generate")["stages"]["generate"]
    assert record["fates"] == {"failed": record["asked"]}
    assert record["asked"] > 10


@pytest.mark.ray
@pytest.mark.usefixtures("ray_here")
def test_two_actors_find_out_together_that_everything_is_refused(
    settings: Callable[..., Settings], teacher: Callable[..., str], tmp_path: Path
) -> None:
    of_80 = ("generation.samples=4", "limits.in_flight=8")
    with pytest.raises(TeacherError, match=REFUSED):
        run_flow(
            settings(teacher(server_rates={"refused": 1.0}), *of_80), tmp_path / "run", update=False, until="generate"
        )
    assert 10 <= len(log(tmp_path)) < 30
    mended = run_flow(settings(teacher(), *of_80), tmp_path / "run", update=False, until="generate")
    assert mended["stages"]["generate"]["fates"] == {"answered": 80}


def test_a_request_that_fails_is_tried_again_while_first_attempts_still_wait(
    settings: Callable[..., Settings], teacher: Callable[..., str], tmp_path: Path
) -> None:
    of_60 = (HERE, "generation.samples=3", "limits.in_flight=3")
    first = planned(settings(*of_60), tmp_path / "plan")[0]
    url = teacher({first: {"server": "server_error"}}, latency_ms=(50, 50))
    run_flow(settings(url, *of_60), tmp_path / "run", update=False, until="generate")
    order = [(line["body"], line["attempt"]) for line in log(tmp_path)]
    assert order.index((first, 2)) - order.index((first, 1)) < 35


@pytest.mark.ray
@pytest.mark.usefixtures("ray_here")
def test_two_actors_keep_one_limit_and_share_the_work_between_them(
    settings: Callable[..., Settings], teacher: Callable[..., str], tmp_path: Path
) -> None:
    """Replies are slow, so that the second actor is there before the first has answers and is given more."""
    slow = teacher(latency_ms=(8000, 8000))
    pairs = (slow, "generation.samples=2", "limits.requests_per_minute=600")
    run_flow(settings(*pairs), tmp_path / "run", update=False, until="generate")
    written = [file.read_text().count('"kind": "reply"') for file in (tmp_path / "run/ledger").glob("*.jsonl")]
    assert sum(written) == 40
    assert sum(count > 5 for count in written) == 2
    arrived = sorted(line["at"] for line in log(tmp_path))
    assert len(arrived) == 40
    assert max(sum(start <= at < start + 1 for at in arrived) for start in arrived) <= 10 * 1.2 + 3
    assert arrived[-1] - arrived[0] > 3


@pytest.mark.ray
@pytest.mark.usefixtures("ray_here")
def test_the_budget_holds_with_two_actors_in_flight_and_replies_longer_than_expected(
    settings: Callable[..., Settings], teacher: Callable[..., str], seedwright: Seedwright, tmp_path: Path
) -> None:
    of_40 = (
        "generation.samples=2",
        "generation.output_tokens=5",
        f"teacher.price={list(PRICE)}",
        "limits.in_flight=24",
    )
    bodies = planned(settings(*of_40), tmp_path / "plan")
    url = teacher({body: {"fault": "raw", "text": "word " * 4000} for body in bodies}, latency_ms=(20, 200))
    plan_only(settings(url, *of_40, "budget=0.15"), tmp_path / "run", update=False)
    stopped = seedwright("generate", tmp_path / "run", "--json")
    assert (stopped.returncode, json.loads(stopped.stdout)["exit"]) == (4, 4)
    assert "larger --budget" in stopped.stderr
    assert 0.1 < billed(tmp_path) <= 0.15
    went_on = seedwright("generate", tmp_path / "run", "--budget", "2", "--json")
    assert went_on.returncode == 0, went_on.stderr
    assert Counter(line["body"] for line in log(tmp_path)) == Counter(bodies)


@pytest.mark.ray
@pytest.mark.drill
@pytest.mark.usefixtures("ray_here")
def test_a_limiter_that_dies_ends_the_run_and_the_next_one_pays_nothing_twice(
    settings: Callable[..., Settings], teacher: Callable[..., str], tmp_path: Path
) -> None:
    of_100 = (teacher(latency_ms=(100, 300)), "generation.samples=5", "limits.in_flight=8")
    killed: list[int] = []

    def kill_once() -> None:
        while not (tmp_path / "teacher/requests.jsonl").exists() or len(log(tmp_path)) < 30:
            time.sleep(0.05)
        ours = (pid for pid in named("ray::Limiter") if os.getpid() in (parent(pid), parent(parent(pid))))
        limiter = max(ours, key=started)  # that of a test before may not be gone yet
        os.kill(limiter, signal.SIGKILL)
        killed.append(limiter)

    killer = threading.Thread(target=kill_once)
    killer.start()
    with pytest.raises(SeedwrightError, match=r"^cluster: the limiter's process has died.*run the same command"):
        run_flow(settings(*of_100), tmp_path / "run", update=False, until="generate")
    killer.join()
    assert killed
    sent = len(log(tmp_path))
    kept = [record["key"] for record in read_ledger(tmp_path / "run/ledger") if record["kind"] == "reply"]
    assert len(kept) == sent < 100
    went_on = run_flow(settings(*of_100), tmp_path / "run", update=False, until="generate")
    assert went_on["stages"]["generate"]["answered"] == 100
    assert max(Counter(line["body"] for line in log(tmp_path)).values()) == 1


def named(process: str) -> list[int]:
    found = subprocess.run(["pgrep", "-f", process], capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


def parent(pid: int) -> int:
    return int(state(pid)[1])


def started(pid: int) -> int:
    return int(state(pid)[19])


def state(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


@pytest.mark.ray
@pytest.mark.drill
def test_no_key_shows_in_a_file_of_the_run_of_its_servers_or_of_ray_and_in_no_message(
    teacher: Callable[..., str], seeds: Path, tmp_path: Path
) -> None:
    """Of teacher and judge: a run that goes well, its preview and its report; one whose key the server stops taking;
    one whose actors raise while they hold the key.
    """
    url = teacher(api_key=SECRET, server_rates={"rate_limited": 0.2, "dropped": 0.2}, retry_after_s=0.05)
    other = hosted(SimulatedSettings(), tmp_path / "other teacher")
    judging = hosted(SimulatedSettings(api_key=JUDGE_SECRET), tmp_path / "judge")
    script = Path(__file__).with_name("leaking.py")
    with other as other_url, judging as judge_url:
        asked = [sys.executable, str(script), str(tmp_path / "run"), other_url, f"seeds.path={seeds}", url]
        asked += ["generation.samples=1", "limits.in_flight=8", "teacher.family=grammar"]
        asked += [f"judge={{base_url: '{judge_url}', api_key_env: JUDGE_KEY, family: rules}}"]
        keys = {"ANTHROPIC_API_KEY": SECRET, "JUDGE_KEY": JUDGE_SECRET}
        environment = {**os.environ, **keys, "RAY_BACKEND_LOG_LEVEL": "info"}
        child = subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
        said = child.communicate(timeout=600)[0]
    assert child.returncode == 0, said
    assert re.search(r"done: 20 answered, [1-9]\d* judged", said), said
    assert "pass the filters" in said
    assert "TeacherError: judge: 401" in said
    assert "broke off" in said
    assert [key for key in keys.values() if key in said] == []
    sessions = list(Path("/tmp/ray").glob(f"session_*_{child.pid}"))
    assert len(sessions) == 1
    files = [path for top in (tmp_path, *sessions) for path in top.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".jsonl", ".json", ".parquet", ".html", ".log", ".err"}
    leaks = [path for path in files if any(key.encode() in path.read_bytes() for key in keys.values())]
    assert leaks == []
