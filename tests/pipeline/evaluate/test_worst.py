import json
from typing import Any

import pyarrow as pa
import pytest

from pipeline.evaluate.worst import how_many_wrong, worst
from pipeline.records import PREDICTION, REAL
from pipeline.tasks.task import Task, TaskSource, load_task

LAW, DATE = "governing_law", "effective_date"
GOLD = {LAW: "Ohio", DATE: "2024-05-01"}


def real(answers: dict[str, dict[str, Any]]) -> pa.Table:
    shown = [
        {"item_id": item, "text": f"text of {item}", "answer": json.dumps(answer), "scored_fields": list(answer)}
        for item, answer in answers.items()
    ]
    return pa.Table.from_pylist(shown, schema=REAL)


def said(answers: dict[str, dict[str, Any] | None]) -> pa.Table:
    shown = [
        {"item_id": item, "raw": "{oops", "failure": "malformed_json"}
        if answer is None
        else {"item_id": item, "raw": "{}", "answer": json.dumps(answer)}
        for item, answer in answers.items()
    ]
    return pa.Table.from_pylist(shown, schema=PREDICTION)


def test_the_most_wrong_come_first_then_go_by_id_and_the_right_are_left_out(contracts: Task) -> None:
    answers = {
        "a": {LAW: "State of Ohio", DATE: "2024-05-01"},
        "b": {LAW: "Ohio", DATE: "2024-05-02"},
        "c": {LAW: None, DATE: "1 May 2024"},
        "d": {LAW: "Iowa"},
        "e": None,
    }
    rows = real(dict.fromkeys(answers, GOLD))
    found = worst(contracts, rows, said(answers))
    assert [(row["item_id"], row["wrong"]) for row in found] == [
        ("d", [DATE, LAW]),
        ("e", [DATE, LAW]),
        ("b", [DATE]),
        ("c", [LAW]),
    ]
    assert [row["item_id"] for row in worst(contracts, rows, said(answers), n=2)] == ["d", "b"]
    assert how_many_wrong(contracts, rows, said(answers)) == 4


def test_malformed_replies_leave_most_places_to_what_can_be_read(contracts: Task) -> None:
    broken = {f"broken {number}": None for number in range(9)}
    answers = broken | {f"read {number}": {LAW: "Iowa", DATE: "2024-05-01"} for number in range(3)}
    rows = real(dict.fromkeys(answers, GOLD))
    shown = [row["item_id"].split()[0] for row in worst(contracts, rows, said(answers), n=9)]
    assert shown == ["broken"] * 6 + ["read"] * 3
    assert len(worst(contracts, real(dict.fromkeys(broken, GOLD)), said(broken), n=9)) == 9
    few = [row["item_id"].split()[0] for row in worst(contracts, rows, said(answers), n=3)]
    assert few == ["broken", "read", "read"]


def test_of_a_student_without_a_mistake_there_is_nothing_to_read(contracts: Task) -> None:
    assert worst(contracts, real({"a": GOLD}), said({"a": GOLD})) == []


def test_each_is_shown_with_what_was_labelled_and_what_came(contracts: Task) -> None:
    rows = real({"a": GOLD, "b": {LAW: None}})
    malformed, invented = worst(contracts, rows, said({"a": None, "b": {LAW: "Ohio", DATE: "2001-01-01"}}))
    assert malformed == {
        "item_id": "a",
        "text": "text of a",
        "gold": GOLD,
        "predicted": None,
        "raw": "{oops",
        "failure": "malformed_json",
        "wrong": [DATE, LAW],
    }
    assert (invented["predicted"], invented["wrong"]) == ({LAW: "Ohio", DATE: "2001-01-01"}, [LAW])
    assert (invented["raw"], invented["failure"]) == (None, None)


def test_a_malformed_reply_is_wrong_even_where_nothing_was_to_be_found(contracts: Task) -> None:
    (only,) = worst(contracts, real({"a": {LAW: None}}), said({"a": None}))
    assert only["wrong"] == [LAW]


@pytest.mark.parametrize(("answer", "wrong"), [({"label": "no"}, ["label"]), (None, ["label"]), ({}, ["label"])])
def test_of_a_classifier_the_label_is_wrong(contracts: Task, answer: Any, wrong: list[str]) -> None:
    settings = contracts.settings.model_copy(update={"kind": "classification", "normalise": None, "verify": None})
    task = load_task(TaskSource(settings, {"schema": '{"yes": "", "no": ""}'}))
    found = worst(
        task, real({"a": {"label": "yes"}, "b": {"label": "yes"}}), said({"a": answer, "b": {"label": "yes"}})
    )
    assert [(row["item_id"], row["wrong"]) for row in found] == [("a", wrong)]
