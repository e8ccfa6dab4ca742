"""The first request alone: over the real server and the real client, without a cluster."""

import asyncio
import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import SecretStr
from serving import hosted

from jobs.check import read_checked
from jobs.warming import _to_its_end, warm_up
from pipeline.canonical import content_hash
from pipeline.config import Judge
from pipeline.errors import TeacherError
from pipeline.generate.plan import plan_requests
from pipeline.layers import load_settings
from pipeline.tasks.task import load_task, read_source
from pipeline.teacher.alone import FAILURES, Alone
from pipeline.teacher.connection import Connection
from pipeline.teacher.ledger import read_ledger
from pipeline.teacher.prices import Price
from pipeline.teacher.simulated.settings import SimulatedSettings
from pipeline.teacher.terms import Terms

pytestmark = pytest.mark.slow

PRICE = Price(1, 5, "test")
Ready = Callable[..., tuple[pa.Table, Connection]]


@pytest.fixture
def ready(tmp_path: Path) -> Iterator[Ready]:
    """Starts a teacher and plans four requests to it: with --set pairs, and settings and faults of the server."""
    with contextlib.ExitStack() as stack:

        def start(*pairs: str, plan: dict[str, Any] | None = None, **server: Any) -> tuple[pa.Table, Connection]:
            todo = planned(*pairs)
            faults = {
                content_hash(json.loads(todo["params"][row].as_py())): entry for row, entry in (plan or {}).items()
            }
            url = stack.enter_context(hosted(SimulatedSettings(**server), tmp_path / "teacher", faults))
            settings = load_settings("contracts", None, [*pairs, f"teacher.base_url={url}"])[0]
            (tmp_path / "ledger").mkdir()
            return todo, Connection(settings.teacher, settings.limits, url, SecretStr("simulated"), PRICE)

        yield start


def planned(*pairs: str) -> pa.Table:
    task = load_task(read_source(load_settings("contracts", None, pairs)[0]))
    return plan_requests(task, read_checked(task)[0]["seeds"].slice(0, 1)).slice(0, 4)


def posts(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "teacher/requests.jsonl").read_text().splitlines()]


def kinds(folder: Path) -> list[str]:
    return [record["kind"] for record in read_ledger(folder / "ledger")]


def test_the_first_request_writes_the_prefix_and_is_paid_once_with_its_intent(ready: Ready, tmp_path: Path) -> None:
    todo, connection = ready()
    warmed = warm_up(tmp_path, todo, connection, None, 0.0)
    assert (warmed.fates, warmed.terms) == ({todo["key"][0].as_py(): "answered"}, Terms())
    assert kinds(tmp_path) == ["intent", "reply"]
    reply = list(read_ledger(tmp_path / "ledger"))[1]
    assert (reply["key"], reply["dollars"]) == (todo["key"][0].as_py(), warmed.dollars)
    assert [line["cache_write"] for line in posts(tmp_path)] == [1315]


def test_it_finds_out_what_the_server_takes_and_no_later_run_asks_that_again(
    ready: Ready, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    todo, connection = ready(structured="refuses")
    warmed = warm_up(tmp_path, todo, connection, None, 0.0)
    assert warmed.terms == Terms(structured=False)
    assert "does not take teacher.structured; it is asked without" in capsys.readouterr().err
    again = warm_up(tmp_path, todo.slice(1), connection, None, 0.0)
    assert again.terms == Terms(structured=False)
    assert [line["status"] for line in posts(tmp_path)] == [400, 200, 200]


@pytest.mark.parametrize(
    ("pairs", "rows", "asked"),
    [
        (["teacher.caching=false", "teacher.structured=false"], 4, 0),
        (["teacher.structured=false"], 1, 0),
        (["teacher.structured=false"], 2, 1),
        (["teacher.caching=false"], 4, 1),
        ([], 1, 1),
    ],
)
def test_it_is_asked_alone_only_where_that_serves_the_others(
    ready: Ready, tmp_path: Path, pairs: list[str], rows: int, asked: int
) -> None:
    todo, connection = ready(*pairs)
    warmed = warm_up(tmp_path, todo.slice(0, rows), connection, None, 0.0)
    assert (len(warmed.fates), kinds(tmp_path).count("reply")) == (asked, asked)
    assert warmed.terms.caching == ("teacher.caching=false" not in pairs and rows > 0)


def test_a_prefix_below_the_models_minimum_is_not_marked_and_that_is_said(
    ready: Ready, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = ["teacher.model=claude-haiku-4-5", "teacher.structured=false"]
    todo, connection = ready(*pairs, models=("claude-haiku-4-5",))
    warmed = warm_up(tmp_path, todo, connection, None, 0.0)
    assert (warmed.terms.caching, warmed.fates, kinds(tmp_path)) == (False, {}, [])
    assert "claude-haiku-4-5 caches from 4,096: nothing will be cached" in capsys.readouterr().err


def test_a_request_that_the_server_will_not_take_is_a_failure_and_the_next_one_goes_first(
    ready: Ready, tmp_path: Path
) -> None:
    todo, connection = ready("teacher.caching=true")
    params = json.dumps({**json.loads(todo["params"][0].as_py()), "stop_sequences": ["."]})
    spoilt = todo.set_column(
        todo.schema.get_field_index("params"), "params", [[params, *todo["params"].to_pylist()[1:]]]
    )
    warmed = warm_up(tmp_path, spoilt, connection, None, 0.0)
    assert list(warmed.fates.values()) == ["failed", "answered"]
    assert Counter(kinds(tmp_path)) == {"intent": 2, "failure": 1, "reply": 1}


def test_a_request_that_a_gateway_forbids_is_a_failure_and_the_next_one_goes_first(
    ready: Ready, tmp_path: Path
) -> None:
    todo, connection = ready(plan={0: {"server": "forbidden", "times": 9}})
    warmed = warm_up(tmp_path, todo, connection, None, 0.0)
    assert list(warmed.fates.values()) == ["failed", "answered"]


def test_a_server_that_forbids_every_request_stops_the_run_unless_it_has_taken_others(
    ready: Ready, tmp_path: Path
) -> None:
    todo, connection = ready(plan={row: {"server": "forbidden", "times": 9} for row in range(4)})
    with pytest.raises(TeacherError, match=r"^teacher: 403 permission_error: Blocked by the gateway\.; mend that"):
        warm_up(tmp_path, todo, connection, None, 0.0)
    assert Counter(kinds(tmp_path)) == {"intent": 3, "failure": 3}
    warmed = warm_up(tmp_path, todo, connection, None, 0.0, proven=True)
    assert list(warmed.fates.values()) == ["failed"] * 3
    assert warmed.barred == set(warmed.fates)


def test_one_that_keeps_failing_is_left_for_later_and_nothing_is_written_off(ready: Ready, tmp_path: Path) -> None:
    todo, connection = ready(plan={0: {"server": "server_error", "times": 99}})
    warmed = warm_up(tmp_path, todo, connection, None, 0.0)
    assert warmed.fates == {}
    assert Counter(kinds(tmp_path)) & Counter(("intent", "reply", "failure") * 9) == {"intent": FAILURES}


def test_a_busy_server_is_waited_for(ready: Ready, tmp_path: Path) -> None:
    todo, connection = ready(plan={0: {"server": "rate_limited", "times": 4}}, retry_after_s=0.05)
    assert list(warm_up(tmp_path, todo, connection, None, 0.0).fates.values()) == ["answered"]
    assert kinds(tmp_path) == ["intent"] * 5 + ["reply"]


def test_no_budget_no_request(ready: Ready, tmp_path: Path) -> None:
    todo, connection = ready()
    warmed = warm_up(tmp_path, todo, connection, 1.0, 0.9999)
    assert (warmed.fates, kinds(tmp_path)) == ({}, [])


def test_a_wrong_key_stops_the_run_before_the_others_are_asked(ready: Ready, tmp_path: Path) -> None:
    todo, connection = ready(api_key="another")
    with pytest.raises(TeacherError, match=r"401 .*mend that, then run the same command again"):
        warm_up(tmp_path, todo, connection, None, 0.0)
    assert Counter(kinds(tmp_path)) == {"intent": 1, "waiting": 1}


def test_the_troubles_of_a_judge_are_told_as_the_judges(
    ready: Ready, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    todo, connection = ready(structured="refuses")
    asked = replace(connection, teacher=Judge(model="simulated-teacher", base_url=connection.base_url))
    warm_up(tmp_path, todo, asked, None, 0.0)
    assert "the server does not take judge.structured; it is asked without" in capsys.readouterr().err
    with pytest.raises(TeacherError, match=r"^judge: 401 .*mend that"):
        warm_up(tmp_path, todo, replace(asked, key=SecretStr("another")), None, 0.0)


def test_who_insists_on_structured_replies_is_stopped_where_the_server_refuses_them(
    ready: Ready, tmp_path: Path
) -> None:
    todo, connection = ready("teacher.structured=true", structured="refuses")
    with pytest.raises(TeacherError, match=r"teacher\.structured is true and the server does not take it"):
        warm_up(tmp_path, todo, connection, None, 0.0)


def test_an_interruption_lets_the_reply_that_is_on_its_way_come_in() -> None:
    turns, ended = Alone(), threading.Event()

    async def asking() -> str:
        await asyncio.sleep(0.3)
        ended.set()
        return "answered"

    async def main() -> None:
        task = asyncio.create_task(_to_its_end(asking(), turns))
        await asyncio.sleep(0.05)
        task.cancel()
        await task

    started = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    assert ended.is_set()
    assert time.monotonic() - started >= 0.3
    assert turns.stopped == ("interrupt", "by the user")
