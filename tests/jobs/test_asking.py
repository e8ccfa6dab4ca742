"""What the ledger says was asked and spent."""

import asyncio
import json
from pathlib import Path

import pytest

from jobs.asking import check_teacher, read_answered, teacher_url
from pipeline.config import Judge, Limits, Teacher
from pipeline.errors import InputError, TeacherError
from pipeline.teacher.client import api_key
from pipeline.teacher.connection import Connection
from pipeline.teacher.prices import Price

pytestmark = pytest.mark.slow

CACHED = json.dumps({"usage": {"input_tokens": 10, "cache_read_input_tokens": 60, "cache_creation_input_tokens": 10}})
BODY = json.dumps({"usage": {"input_tokens": 10, "output_tokens": 2}})


def test_a_reply_costs_what_it_cost_that_day_and_one_of_unknown_price_what_it_costs_now(tmp_path: Path) -> None:
    lines = [
        {"kind": "reply", "key": "a", "dollars": 0.5, "body": BODY},
        {"kind": "reply", "key": "b", "dollars": None, "body": BODY},
        {"kind": "intent", "key": "c"},
    ]
    (tmp_path / "one.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    have = read_answered(tmp_path, {"a"}, Price(1e5, 1e5, "test"))
    assert have.keys == {"a"}
    assert have.spent == pytest.approx(0.5 + 1.2)
    assert (have.input_tokens, have.output_tokens) == (10, 2)
    assert read_answered(tmp_path, {"a"}, None).spent == 0.5


def test_what_was_read_from_the_cache_is_a_share_of_all_tokens_in(tmp_path: Path) -> None:
    lines = [{"kind": "reply", "key": key, "dollars": 0, "body": body} for key, body in (("a", CACHED), ("b", BODY))]
    (tmp_path / "one.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    told = read_answered(tmp_path, {"a", "b"}, None).tokens
    assert told == {
        "input_tokens": 90,
        "output_tokens": 2,
        "cache_read": 60,
        "cache_write": 10,
        "cached_share": 0.6667,
    }
    assert read_answered(tmp_path, set(), None).tokens["cached_share"] == 0.0


def test_what_left_and_never_came_back_counts_as_spent_at_its_most_and_what_was_refused_for_now_does_not(
    tmp_path: Path,
) -> None:
    def write(name: str, *lines: tuple[str, str, float | None]) -> None:
        rows = [{"kind": kind, "key": key, "dollars": dollars, "body": BODY} for kind, key, dollars in lines]
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))

    refused_then_answered = [("intent", "a", 4.0), ("intent", "a", 4.0), ("reply", "a", 1.0)]
    write("killed.jsonl", *refused_then_answered, ("intent", "b", 8.0), ("intent", "c", 8.0), ("waiting", "c", None))
    write("later.jsonl", ("intent", "b", 8.0), ("lost", "b", 8.0), ("intent", "b", 8.0), ("reply", "b", 2.0))
    have = read_answered(tmp_path, {"a", "b", "c"}, None)
    assert (have.keys, have.lost, have.spent, have.dollars) == ({"a", "b"}, 16.0, 19.0, 19.0)
    in_a_batch = {"kind": "intent", "key": "d", "dollars": 4.0, "batch": "m"}
    forgotten = {"kind": "batch_end", "key": "m", "outcome": "forgotten", "dollars": 0.5}
    (tmp_path / "batch.jsonl").write_text(f"{json.dumps(in_a_batch)}\n{json.dumps(forgotten)}\n")
    assert read_answered(tmp_path, {"a", "b", "c"}, None).spent == 19.5
    of_one = read_answered(tmp_path, {"a"}, None)
    assert (of_one.lost, of_one.spent, of_one.dollars) == (0.0, 19.5, 1.0)


PASSWORD = "hunter2-is-no-secret"


@pytest.mark.parametrize("settings", [Teacher(base_url=None), Judge(base_url=None)])
def test_a_password_in_the_address_of_the_environment_shows_in_no_error(
    settings: Teacher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", f"http://user:{PASSWORD}@127.0.0.1:9/api")
    with (
        teacher_url(settings, tmp_path) as url,
        pytest.raises(
            TeacherError, match=rf"^{settings.section} http://127\.0\.0\.1:9/api/: cannot be reached"
        ) as told,
    ):
        asyncio.run(check_teacher(settings, url, {"model": "m", "messages": []}))
    assert url is not None
    assert PASSWORD in url
    assert PASSWORD not in str(told.value) + repr(Connection(settings, Limits(), url, api_key(settings), None))


def test_an_address_that_is_none_is_a_mistake_in_the_settings_and_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", f"http://user:{PASSWORD}/9@127.0.0.1")
    with (
        pytest.raises(InputError, match=r"^ANTHROPIC_BASE_URL: is no address; give one") as told,
        teacher_url(Teacher(base_url=None), tmp_path),
    ):
        pass
    assert PASSWORD not in str(told.value)
    assert told.value.__suppress_context__
