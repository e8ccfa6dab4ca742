from collections.abc import Callable
from typing import Any

import pytest

from pipeline.errors import InputError
from pipeline.seeds.intake import real_table, refuse, seed_table
from pipeline.seeds.rows import BadRow
from pipeline.tasks.task import Task

ANSWER = {"order_number": "A1", "delivery_date": None}
REAL = {
    "id": "r",
    "text": "order A1",
    "answer": ANSWER,
    "document_id": "d",
    "label_source": "human",
    "labelled_by": "Ada",
    "labelled_at": "2026-01-01",
}


def complaints(task: Task, *rows: dict[str, Any], seeds: bool = False) -> list[str]:
    found: list[BadRow] = []
    (seed_table if seeds else real_table)(task, [(f"f:{n}", row) for n, row in enumerate(rows, 1)], found)
    return [f"{bad.place}: {bad.reason}" for bad in found]


def test_a_good_row_becomes_a_record_with_a_canonical_answer(load: Callable[..., Task]) -> None:
    table = real_table(load(), [("f:1", REAL)], [])
    assert table.to_pylist()[0]["answer"] == '{"delivery_date":null,"order_number":"A1"}'
    assert table.to_pylist()[0]["scored_fields"] == ["order_number", "delivery_date"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": None}, "text is None"),
        ({"text": "  "}, "text is '  '"),
        ({"answer": None}, "no answer"),
        ({"answer": "A1"}, 'answer is "A1", not an object'),
        ({"answer": {"order_number": "A1"}}, "answer lacks delivery_date"),
        ({"answer": {**ANSWER, "colour": "red"}}, "'colour' is no field of the schema"),
        ({"answer": {**ANSWER, "delivery_date": "soon"}}, "does not fit the schema: delivery_date"),
        ({"scored_fields": ["colour"]}, "'colour' is no field"),
        ({"label_source": None}, "no label_source"),
        ({"labelled_by": ""}, "no labelled_by"),
        ({"labelled_at": None}, "no labelled_at"),
        ({"document_id": None}, "no document_id"),
        ({"label_source": "model"}, "what a model said is no truth"),
        ({"label_source": "gpt"}, "label_source is 'gpt'"),
        ({"label_source": "constructed"}, "only a task with `demonstration: true`"),
    ],
)
def test_a_bad_real_row_is_named_with_its_place_and_reason(
    load: Callable[..., Task], change: dict[str, Any], message: str
) -> None:
    found = complaints(load("demonstration=false"), {**REAL, **change})
    assert len(found) == 1
    assert found[0].startswith("f:1: ")
    assert message in found[0]


def test_constructed_rows_are_good_enough_for_a_demonstration(load: Callable[..., Task]) -> None:
    assert complaints(load("demonstration=true"), {**REAL, "label_source": "constructed"}) == []


def test_only_the_scored_fields_must_fit(load: Callable[..., Task]) -> None:
    row = {**REAL, "answer": {"order_number": "A1"}, "scored_fields": ["order_number"]}
    assert complaints(load(), row) == []


def test_duplicate_ids_name_both_places(load: Callable[..., Task]) -> None:
    found = complaints(load(), REAL, {**REAL, "text": "other"})
    assert found == ["f:2: id 'r' is already that of f:1; give each row an id of its own"]


def test_a_seed_needs_text_and_its_strata(load: Callable[..., Task]) -> None:
    task = load("seeds.strata=[type]")
    found = complaints(task, {"words": "x"}, {"text": "x"}, {"text": "x", "type": "NDA"}, seeds=True)
    assert found == [
        "f:1: no text (keys: words); put the example under `text`",
        "f:2: no type, which seeds.strata names; add it",
    ]


def test_all_bad_rows_are_refused_together() -> None:
    with pytest.raises(InputError, match=r"a:1: x\na:2: y"):
        refuse([BadRow("a:1", "x"), BadRow("a:2", "y")])
    refuse([])
