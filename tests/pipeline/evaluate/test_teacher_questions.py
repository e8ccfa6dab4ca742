"""The teacher asked as a student is: what it is told, what it is never told, and what becomes of its replies."""

import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from pipeline.evaluate.teacher_questions import answered, questions
from pipeline.records import PREDICTION, REAL, REQUEST
from pipeline.tasks.task import Task

SECRET = "GOLD-5519"


def real(*texts: str) -> pa.Table:
    """Rows whose answers, labels and provenance all hold SECRET."""
    rows = [
        {
            "item_id": f"item-{number}",
            "text": text,
            "answer": json.dumps({"order_number": SECRET, "delivery_date": None}),
            "document_id": f"{SECRET} {number}",
            "labelled_by": SECRET,
            "place": SECRET,
        }
        for number, text in enumerate(texts)
    ]
    return pa.Table.from_pylist(rows, schema=REAL)


def test_every_row_is_a_request_in_its_order_with_document_guidelines_and_schema(load: Callable[..., Task]) -> None:
    task = load()
    found = questions(task, real("Where is {order} 7?", "<b>%s</b>"))
    assert found.schema == REQUEST
    assert found["sample_id"].to_pylist() == ["item-0", "item-1"]
    params = [json.loads(text) for text in found["params"].to_pylist()]
    assert [one["messages"][0]["content"] for one in params] == [
        f"Answer for this document.\n<document>\n{text}\n</document>" for text in ("Where is {order} 7?", "<b>%s</b>")
    ]
    assert task.source.texts["guidelines"] in params[0]["system"]
    assert json.dumps(task.schema, indent=2) in params[0]["system"]
    assert {one["model"] for one in params} == {task.settings.teacher.model}
    assert all(0 < tokens <= params[0]["max_tokens"] for tokens in found["output_tokens"].to_pylist())
    assert min(found["input_tokens"].to_pylist()) > 50


def test_no_answer_is_anywhere_in_a_request(load: Callable[..., Task]) -> None:
    for request in questions(load(), real("a", "b", "c")).to_pylist():
        assert SECRET not in json.dumps(request)


def test_a_question_has_the_same_key_whoever_asks_it_and_when(load: Callable[..., Task]) -> None:
    def keys(task: Task, *texts: str) -> list[str]:
        return questions(task, real(*texts))["key"].to_pylist()

    a, b, c = keys(load(), "a", "b", "c")
    assert len({a, b, c}) == 3
    assert keys(load(), "c", "x", "a") == [c, keys(load(), "x")[0], a]
    assert keys(load("limits.in_flight=3", "generation.samples=9", "generation.output_tokens=7"), "a") == [a]
    assert keys(load("teacher.model=another"), "a") != [a]
    assert keys(load("teacher.effort=low"), "a") != [a]


def test_effort_is_asked_for_where_it_is_set(load: Callable[..., Task]) -> None:
    def params(*pairs: str) -> dict[str, Any]:
        return dict(json.loads(questions(load(*pairs), real("a"))["params"][0].as_py()))

    assert "output_config" not in params()
    assert params("teacher.effort=low")["output_config"] == {"effort": "low"}


def reply(*texts: str, stop: str | None = "end_turn", **more: Any) -> dict[str, Any]:
    content = [{"type": "thinking", "thinking": "Hm."}, *({"type": "text", "text": text} for text in texts)]
    body = {"content": content, "stop_reason": stop, "usage": {"input_tokens": 90, "output_tokens": 12}, **more}
    return {"kind": "reply", "key": "k", "body": json.dumps(body)}


def test_a_reply_becomes_an_answer_with_what_it_was_billed_for() -> None:
    assert answered(reply('{"b": 1,', ' "a": null}')) == {
        "raw": '{"b": 1, "a": null}',
        "answer": '{"a":null,"b":1}',
        "failure": None,
        "seconds": None,
        "prompt_tokens": 90,
        "output_tokens": 12,
        "shots": 0,
    }


@pytest.mark.parametrize(
    ("record", "failure", "raw"),
    [
        (None, "no_reply", None),
        ({"kind": "failure", "key": "k", "error": "busy"}, "no_reply", None),
        (reply('{"a": 1}', stop="refusal"), "refusal", '{"a": 1}'),
        (reply('{"a": 1}', stop="max_tokens"), "truncated", '{"a": 1}'),
        (reply('{"a": 1}', stop="model_context_window_exceeded"), "truncated", '{"a": 1}'),
        (reply(), "empty", ""),
        (reply("I would rather not."), "not_an_object", "I would rather not."),
        (reply('{"a": '), "malformed_json", '{"a": '),
        (reply('{"a": "\x00"}'), "malformed_json", '{"a": ""}'),
        (reply("\ud800"), "not_an_object", "?"),
        ({"kind": "reply", "key": "k", "body": "<html>busy</html>"}, "malformed_reply", None),
        ({"kind": "reply", "key": "k", "body": '{"content": "words"}'}, "malformed_reply", None),
        ({"kind": "reply", "key": "k", "body": '{"type": "error"}'}, "malformed_reply", None),
        ({"kind": "reply", "key": "k", "body": "[" * 100_000}, "malformed_reply", None),
        (reply(content=None), "malformed_reply", None),
    ],
)
def test_whatever_is_no_answer_is_a_failure_and_a_row(
    record: dict[str, Any] | None, failure: str, raw: str | None
) -> None:
    found = answered(record)
    assert (found["answer"], found["failure"], found["raw"]) == (None, failure, raw)
    columns = [field for field in PREDICTION if field.name not in ("student", "set", "item_id")]
    assert pa.Table.from_pylist([found], schema=pa.schema(columns)).to_pylist() == [found]
