"""Outcomes on toys whose counts are worked out by hand."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipeline.errors import InputError
from pipeline.evaluate.outcomes import Outcomes, aligned, outcomes
from pipeline.records import PREDICTION, REAL
from pipeline.tasks.task import Task, TaskSource, load_task

TWO = ["order_number", "delivery_date"]


def real(*rows: tuple[str, dict[str, Any], list[str] | None], document: str | None = None) -> pa.Table:
    """(item, answer, scored fields)"""
    shown = [
        {
            "item_id": item,
            "text": f"text of {item}",
            "answer": json.dumps(answer),
            "scored_fields": scored,
            "document_id": document or f"doc-{item}",
            "place": f"final.jsonl:{at}",
        }
        for at, (item, answer, scored) in enumerate(rows, 1)
    ]
    return pa.Table.from_pylist(shown, schema=REAL)


def predicted(answers: dict[str, Any]) -> pa.Table:
    """None is a malformed reply."""
    shown = [
        {
            "student": "round-1",
            "set": "final",
            "item_id": item,
            "answer": None if answer is None else json.dumps(answer),
            "failure": "malformed_json" if answer is None else None,
        }
        for item, answer in answers.items()
    ]
    return pa.Table.from_pylist(shown, schema=PREDICTION)


def judged(task: Task, rows: pa.Table, answers: dict[str, Any]) -> Outcomes:
    return outcomes(task, *aligned(rows, predicted(answers)))


def with_texts(task: Task, kind: str, **texts: str) -> Task:
    """The task with these texts, and no code but theirs."""
    named = {role: f"{role}.py" if role in texts else None for role in ("normalise", "verify")}
    kept = {role: text for role, text in task.source.texts.items() if role not in named}
    return load_task(TaskSource(task.settings.model_copy(update={"kind": kind, **named}), kept | texts))


@pytest.fixture(scope="module")
def orders(contracts: Task) -> Task:
    return with_texts(contracts, "extraction", schema=json.dumps({"properties": {name: {} for name in TWO}}))


@pytest.fixture(scope="module")
def letters(contracts: Task) -> Task:
    """A classification task."""
    return with_texts(contracts, "classification", schema='{"refund": "money", "Delivery": "when", "other": "rest"}')


def counted(cells: np.ndarray) -> list[int]:
    counts: list[int] = cells.sum(axis=0).tolist()
    return counts


@pytest.mark.parametrize(
    ("gold", "found", "cells"),
    [  # gold, predicted, right, null_right
        ("A1", "A1", (1, 1, 1, 0)),
        ("A  1", "a 1", (1, 1, 1, 0)),
        ("A1", "A2", (1, 1, 0, 0)),
        ("A1", None, (1, 0, 0, 0)),
        (None, "A1", (0, 1, 0, 0)),
        (None, None, (0, 0, 0, 1)),
        ("null", None, (1, 0, 0, 0)),
        ("A1", ["A1"], (1, 1, 0, 0)),
        ("1", 1, (1, 1, 0, 0)),
        ("true", True, (1, 1, 0, 0)),
    ],
)
def test_a_cell_is_right_wrong_or_empty(orders: Task, gold: Any, found: Any, cells: tuple[int, ...]) -> None:
    one = judged(orders, real(("i", {"order_number": gold}, ["order_number"])), {"i": {"order_number": found}})
    assert (one.columns, one.scored.tolist()) == (("order_number",), [[True]])
    assert tuple(int(part[0, 0]) for part in (one.gold, one.predicted, one.right, one.null_right)) == cells
    assert one.exact[0] == (one.right | one.null_right)[0, 0] == (not one.wrong[0, 0])


def test_a_malformed_reply_answers_nothing_and_gets_no_null_right(orders: Task) -> None:
    found = judged(orders, real(("i", {"order_number": "A1", "delivery_date": None}, None)), {"i": None})
    assert found.gold.tolist() == [[True, False]]
    assert not (found.predicted | found.right | found.null_right).any()
    assert found.wrong.all()
    assert not found.parsed.any()
    assert not found.exact.any()


def test_a_missing_key_is_null_and_an_unknown_key_is_counted_and_passed_over(orders: Task) -> None:
    found = judged(orders, real(("i", {"order_number": "A1", "delivery_date": None}, None)), {"i": {"x": 1, "y": 2}})
    assert found.wrong.tolist() == [[True, False]]
    assert found.null_right.tolist() == [[False, True]]
    assert found.unknown_keys == 2


def test_a_field_that_is_not_scored_plays_no_role(orders: Task) -> None:
    rows = real(("i", {"order_number": "A1"}, ["order_number"]), ("j", {"delivery_date": None}, ["delivery_date"]))
    found = judged(orders, rows, {item: {"order_number": "A1", "delivery_date": "2024-01-01"} for item in "ij"})
    assert found.columns == ("order_number", "delivery_date")
    assert found.scored.tolist() == [[True, False], [False, True]]
    assert found.predicted.tolist() == [[True, False], [False, True]]
    assert found.exact.tolist() == [True, False]


def test_a_field_that_no_row_is_scored_for_is_no_column(orders: Task) -> None:
    found = judged(orders, real(("i", {"order_number": "A1"}, ["order_number"])), {"i": {"delivery_date": "x"}})
    assert found.columns == ("order_number",)
    assert found.unknown_keys == 0


def test_values_are_compared_as_the_task_compares_them(contracts: Task) -> None:
    gold = {"governing_law": "New York", "payment_amount": {"amount": 1200, "currency": "USD"}}
    found = {"governing_law": "the State of New York", "payment_amount": {"currency": "USD", "amount": 1200.0}}
    one = judged(contracts, real(("i", gold, list(gold))), {"i": found})
    assert one.right.all()


@pytest.mark.parametrize("invented", [["A1"], {"a": {"b": 1}}, 7, float(2**70), True, "", "A1"])
def test_a_value_that_the_normaliser_cannot_take_is_a_wrong_value(orders: Task, invented: Any) -> None:
    strict = with_texts(
        orders,
        "extraction",
        normalise="def normalise(field, value):\n    return {'A1': 1}[value]",
    )
    one = judged(strict, real(("i", {"order_number": "A1"}, ["order_number"])), {"i": {"order_number": invented}})
    assert one.predicted[0, 0]
    assert one.right[0, 0] == (invented == "A1")


def test_a_labelled_value_that_the_normaliser_cannot_take_is_an_error(orders: Task) -> None:
    broken = with_texts(orders, "extraction", normalise="def normalise(field, value):\n    return 1 / 0")
    with pytest.raises(InputError, match=r"normalise.py: normalise raised ZeroDivisionError"):
        judged(broken, real(("i", {"order_number": "A1"}, None)), {"i": {}})


def test_what_the_normaliser_calls_null_is_null(orders: Task) -> None:
    blank = with_texts(orders, "extraction", normalise="def normalise(field, value):\n    return value or None")
    one = judged(blank, real(("i", {"order_number": None}, ["order_number"])), {"i": {"order_number": ""}})
    assert one.null_right.all()


def test_items_go_by_id_and_documents_by_name_whatever_the_order_of_the_rows(orders: Task) -> None:
    rows = real(*((item, {"order_number": item}, ["order_number"]) for item in "cabd"))
    rows = rows.set_column(4, "document_id", pa.array(["z", "y", "z", None]))
    one = judged(orders, rows, {item: {"order_number": "a"} for item in "bdac"})
    assert one.right[:, 0].tolist() == [True, False, False, False]  # a, b, c, d
    assert one.documents.tolist() == [1, 2, 2, 0]  # y, z, z and "d" for itself


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (["a"], "4 real rows without a prediction (b, c, d, ...)"),
        ([*"abcde", "x", "y"], "2 predictions of no real row (x, y)"),
        ([*"abcde", "a"], "1 item predicted more than once (a)"),
        ([*"abcd", "x"], "1 real row without a prediction (e), 1 prediction of no real row (x)"),
    ],
)
def test_predictions_of_other_items_are_refused_with_their_ids(answers: list[str], said: str) -> None:
    rows = real(*((item, {}, None) for item in "abcde"))
    predictions = pa.concat_tables(predicted({item: {}}) for item in answers)
    with pytest.raises(InputError) as refused:
        aligned(rows, predictions)
    assert str(refused.value) == (
        f"predictions of round-1 on final: {said}; predict once for every row of this very set"
    )


def test_no_predictions_and_no_rows_are_refused() -> None:
    with pytest.raises(InputError, match=r"^predictions: 1 real row without a prediction \(a\)"):
        aligned(real(("a", {}, None)), predicted({}))
    with pytest.raises(InputError, match="there is no real row"):
        aligned(real(), predicted({"a": {}}))
    with pytest.raises(InputError, match=r"1 real row with the id of another \(a\)"):
        aligned(real(("a", {}, None), ("a", {}, None)), predicted({"a": {}}))


def test_an_answer_that_is_no_json_is_refused(orders: Task) -> None:
    with pytest.raises(InputError, match="answer of item i is not_an_object"):
        judged(orders, real(("i", {}, None)), {"i": [1]})


def test_each_label_is_counted_against_the_rest(letters: Task) -> None:
    gold = {"1": "refund", "2": "refund", "3": "Delivery", "4": "Delivery", "5": "other", "6": "other"}
    rows = real(*((item, {"label": label}, None) for item, label in gold.items()))
    found = {"1": "refund", "2": "delivery", "3": "Delivery", "4": "banana", "5": None}
    one = judged(letters, rows, {item: {"label": label} for item, label in found.items()} | {"6": None})
    # refund: 1 right, 1 missed; Delivery: 3 right, 4 missed, 2 given wrongly; other: both missed
    assert one.columns == ("refund", "Delivery", "other")
    assert counted(one.gold) == [2, 2, 2]
    assert counted(one.predicted) == [1, 2, 0]
    assert counted(one.right) == [1, 1, 0]
    assert one.exact.tolist() == [True, False, True, False, False, False]
    assert one.unknown_labels == 1


@pytest.mark.parametrize("label", [["refund"], {"refund": 1}, 3, True, "refund!", "refund delivery"])
def test_an_invented_label_is_a_miss_of_the_labelled_one(letters: Task, label: Any) -> None:
    one = judged(letters, real(("i", {"label": "refund"}, ["label"])), {"i": {"label": label, "why": "so"}})
    assert (counted(one.gold), counted(one.predicted)) == ([1, 0, 0], [0, 0, 0])
    assert (one.unknown_labels, one.unknown_keys) == (1, 1)


def test_labels_that_differ_in_case_alone_are_told_apart(letters: Task) -> None:
    shouting = with_texts(letters, "classification", schema='{"no": "", "No": ""}')
    rows = real(("1", {"label": "no"}, None), ("2", {"label": "No"}, None), ("3", {"label": "No"}, None))
    one = judged(shouting, rows, {"1": {"label": "no"}, "2": {"label": "No"}, "3": {"label": "NO"}})
    assert one.exact.tolist() == [True, True, False]
    assert one.unknown_labels == 1


@pytest.mark.parametrize("label", ["banana", None])
def test_a_labelled_row_of_no_label_is_refused_with_its_place(letters: Task, label: str | None) -> None:
    rows = real(("1", {"label": "refund"}, None), ("2", {"label": label}, None))
    with pytest.raises(InputError, match=r"^final.jsonl:2: label .* of item 2 is none of the task's \(refund, "):
        judged(letters, rows, {"1": {}, "2": {}})
