"""Parting into batches, names, results and what the ledger tells of open batches."""

import json
import re
import tracemalloc
from collections import deque
from typing import Any

import pytest

from pipeline.canonical import content_hash
from pipeline.teacher.batches.settings import BatchSettings
from pipeline.teacher.batches.values import (
    Entry,
    batch_body,
    custom_id,
    new_mark,
    open_batches,
    read_result,
    take_part,
)

KEYS = [content_hash(number) for number in range(10)]


def entries(sizes: list[int], dollars: float = 1.0) -> deque[Entry]:
    return deque(Entry(KEYS[at], at, size, dollars) for at, size in enumerate(sizes))


def parts(waiting: deque[Entry], limits: BatchSettings, dollars: float | None = None) -> list[list[int]]:
    found = []
    while part := take_part(waiting, limits, dollars):
        found.append([entry.size for entry in part])
    return found


def test_no_part_has_more_requests_than_a_batch_may_hold() -> None:
    assert parts(entries([5] * 7), BatchSettings(requests=3)) == [[5] * 3, [5] * 3, [5]]


@pytest.mark.parametrize("limit", [300, 301, 305, 400, 1000])
def test_the_body_of_no_part_is_longer_than_a_batch_may_be(limit: int) -> None:
    params = {key: b'{"a":"%s"}' % (b"x" * 7 * at) for at, key in enumerate(KEYS)}
    waiting = deque(Entry(key, at, len(params[key]), 0.0) for at, key in enumerate(KEYS))
    sent: list[str] = []
    while part := take_part(waiting, BatchSettings(bytes=limit), None):
        body = batch_body(new_mark(), ((entry.key, params[entry.key]) for entry in part))
        assert len(json.loads(body)["requests"]) == len(part)
        assert len(body) <= limit
        assert not waiting or len(body) + waiting[0].length > limit - 1
        sent += [entry.key for entry in part]
    assert sent == KEYS


def test_a_body_is_held_once_while_it_is_put_together() -> None:
    size, count = 50_000, 100
    requests = ((key, b'{"a":"%s"}' % (b"x" * size)) for key in map(content_hash, range(count)))
    tracemalloc.start()
    body = batch_body(new_mark(), requests)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(json.loads(body)["requests"]) == count
    assert len(body) > count * size
    assert peak < 1.3 * len(body)


def test_a_request_that_is_too_long_by_itself_goes_alone() -> None:
    assert parts(entries([10, 900, 10]), BatchSettings(bytes=400)) == [[10], [900], [10]]


def test_a_part_costs_no_more_than_is_left_and_may_be_empty() -> None:
    waiting = entries([1] * 5, dollars=0.4)
    assert len(take_part(waiting, BatchSettings(), 1.0)) == 2
    assert take_part(waiting, BatchSettings(), 0.39) == []
    assert len(waiting) == 3


def test_custom_ids_are_as_the_api_wants_them_and_unique() -> None:
    mark = new_mark()
    names = {custom_id(mark, key) for key in KEYS}
    assert len(names) == len(KEYS)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) and name.startswith(f"{mark}-") for name in names)


def line(result: Any) -> bytes:
    return json.dumps({"custom_id": "it", "result": result}).encode()


def errored(kind: str, message: str = "why", **more: Any) -> dict[str, Any]:
    return {"type": "errored", "error": {"type": "error", "error": {"type": kind, "message": message, **more}}}


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        ({"type": "succeeded", "message": {"content": [], "usage": {}}}, "ok"),
        ({"type": "succeeded", "message": {"content": None}}, "failed"),
        ({"type": "expired"}, "failed"),
        ({"type": "canceled"}, "canceled"),
        ({"type": "of next year"}, "failed"),
        (errored("api_error"), "failed"),
        (errored("overloaded_error"), "failed"),
        (errored("rate_limit_error"), "failed"),
        (errored("invalid_request_error"), "refused"),
        (errored("invalid_request_error", "Your credit balance is too low to access the API"), "fatal"),
        (errored("authentication_error"), "fatal"),
        (errored("billing_error"), "fatal"),
        (errored("rate_limit_error", details={"error_code": "contract_spend_limit_reached"}), "fatal"),
        (errored("rate_limit_error", details={"error_code": "ramp_limit_exceeded"}), "failed"),
        (errored("rate_limit_error", details=None), "failed"),
        ({"type": "errored", "error": {"type": "api_error", "message": "why"}}, "failed"),
    ],
)
def test_every_result_is_sorted_by_what_to_do_next(result: dict[str, Any], kind: str) -> None:
    found = read_result(line(result))
    assert found is not None
    assert (found.custom_id, found.kind) == ("it", kind)
    if result["type"] == "errored":
        assert "why" in found.error or "credit balance" in found.error


@pytest.mark.parametrize(
    "torn", [b"", b"[]", b"null", b'{"custom_id":"it"}', line({"type": "expired"})[:-3], b"[" * 10**5]
)
def test_a_torn_line_is_no_result(torn: bytes) -> None:
    assert read_result(torn) is None


def test_a_reply_with_any_kind_of_line_end_in_it_stays_one() -> None:
    text = "a\u2028b\x85c\rd"
    found = read_result(line({"type": "succeeded", "message": {"content": [{"type": "text", "text": text}]}}))
    assert found is not None
    assert json.loads(found.body)["content"][0]["text"] == text


def test_what_is_open_is_what_was_about_to_leave_and_is_not_at_its_end() -> None:
    def intents(batch: str, *keys: str) -> list[dict[str, Any]]:
        return [{"kind": "intent", "key": key, "batch": batch} for key in keys]

    def batch_intent(key: str, at: float) -> dict[str, Any]:
        return {"kind": "batch_intent", "key": key, "at": at, "dollars": 2.0, "newest": "msgbatch_0"}

    records = [
        {"kind": "batch", "key": "sent", "id": "msgbatch_1"},  # in the file of whoever found it
        {"kind": "reply", "key": "b", "batch": "sent", "dollars": 0.1, "body": "{}"},
        {"kind": "reply", "key": "z", "dollars": 0.1, "body": '"batch"'},
        *intents("read", "x"),
        batch_intent("read", 1.0),
        {"kind": "batch", "key": "read", "id": "msgbatch_2"},
        {"kind": "batch_end", "key": "read", "outcome": "read"},
        *intents("lost", "c"),
        batch_intent("lost", 3.0),
        *intents("sent", "a", "b"),
        batch_intent("sent", 2.0),
        *intents("never about to leave", "d"),
        *intents("all replies are here", "e"),
        batch_intent("all replies are here", 1.0),
        {"kind": "reply", "key": "e", "batch": "all replies are here", "dollars": 0.1, "body": "{}"},
    ]
    found, known = open_batches(lambda held: (record for record in records if held in json.dumps(record).encode()))
    assert [(one.key, one.id, one.newest, set(one.keys), set(one.done)) for one in found] == [
        ("sent", "msgbatch_1", "msgbatch_0", {"a", "b"}, {"b"}),
        ("lost", None, "msgbatch_0", {"c"}, set()),
    ]
    assert known == {"msgbatch_1", "msgbatch_2"}
