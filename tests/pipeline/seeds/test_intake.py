import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import InputError
from pipeline.seeds.intake import real_table, refuse, seed_table, without_folders
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


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


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
        ({"answer": {**ANSWER, "delivery_date": "soon"}}, "; correct it, or the schema"),
        ({"scored_fields": ["colour"]}, "'colour' is no field"),
        ({"scored_fields": []}, "scores nothing"),
        ({"scored_fields": "order_number"}, 'scored_fields is "order_number", not a list'),
        ({"scored_fields": [["order_number"]]}, "not a list of field names"),
        ({"scored_fields": 3}, "scored_fields is 3"),
        ({"answer": ""}, "no answer"),
        ({"answer": {**ANSWER, "order_number": "\ud800"}}, "answer holds half a character"),
        ({"answer": {**ANSWER, "order_number": b"A1"}}, "answer is nothing that JSON can hold"),
        ({"answer": {**ANSWER, "delivery_date": date(2026, 1, 1)}}, "answer is nothing that JSON can hold"),
        ({"answer": {**ANSWER, "order_number": nested(3000)}}, "answer is nested more than 100 levels"),
        ({"text": "half \udfff"}, "text holds half a character"),
        ({"text": nested(3000)}, "text is nested more than"),
        ({"text": ["a", "b"]}, "text is ['a', 'b']"),
        ({"labelled_by": "\ud800"}, "labelled_by holds half a character"),
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


def test_equal_texts_without_an_id_are_reported_among_seeds_and_real_rows(load: Callable[..., Task]) -> None:
    row = {**REAL, "id": None}
    message = "f:2: has no id and the text of f:1; take it out or give it an id"
    assert complaints(load(), row, row) == [message]
    assert complaints(load(), {"text": "a"}, {"text": "a"}, {"text": "b"}, seeds=True) == [message]


def test_document_0_is_a_document_and_an_empty_cell_is_none(load: Callable[..., Task]) -> None:
    rows = [("f:1", {"id": 1, "text": "a", "document_id": 0}), ("f:2", {"id": 2, "text": "b", "document_id": ""})]
    assert seed_table(load(), rows, [])["document_id"].to_pylist() == ["0", None]


def test_numbers_and_lists_where_text_is_meant_are_kept_as_text(load: Callable[..., Task]) -> None:
    rows = [("f:1", {"text": "a", "label_source": 3}), ("f:2", {"text": "b", "label_source": ["x"]})]
    assert seed_table(load(), rows, [])["label_source"].to_pylist() == ["3", "['x']"]


def test_empty_scored_fields_of_csv_mean_all_of_them(load: Callable[..., Task]) -> None:
    table = real_table(load(), [("f:1", {**REAL, "scored_fields": ""})], [])
    assert table["scored_fields"].to_pylist() == [["order_number", "delivery_date"]]


def test_rules_over_the_whole_answer_and_fields_with_a_dot_in_their_name_are_checked(
    load: Callable[..., Task], task_folder: Path
) -> None:
    schema = {
        "type": "object",
        "properties": {"net.total": {"type": "number"}, "tax": {"type": "number"}},
        "if": {"properties": {"tax": {"const": 0}}},
        "then": {"properties": {"net.total": {"const": 0}}},
        "minProperties": 1,
        "anyOf": [{"required": ["tax"]}, {"required": ["net.total"]}],
        "not": {"properties": {"net.total": {"const": 7}, "tax": {"const": 7}}},
    }
    (task_folder / "schema.json").write_text(json.dumps(schema))
    row = {**REAL, "answer": {"net.total": "1", "tax": 2}}
    assert "net.total: " in complaints(load(), row)[0]
    assert "answer: " in complaints(load(), {**row, "answer": {"net.total": 7, "tax": 7}})[0]
    part = {"answer": {"net.total": 7, "tax": 7}, "scored_fields": ["tax"]}
    assert complaints(load(), {**row, **part}) == []


def test_a_seed_needs_text_and_its_strata(load: Callable[..., Task]) -> None:
    task = load("seeds.strata=[type]")
    found = complaints(task, {"words": "x"}, {"text": "x"}, {"text": "x", "type": "NDA"}, seeds=True)
    assert found == [
        "f:1: no text (keys: words); put the example under `text`",
        "f:2: no type, which seeds.strata names; add it",
    ]


def test_a_text_under_almost_the_right_name_is_pointed_out_and_no_key_that_is_ours(load: Callable[..., Task]) -> None:
    rows = [{"Text": "x"}, {"label": "a", "body": "x", "answer": {"label": "a"}}]
    assert complaints(load(), *rows, seeds=True) == [
        "f:1: no text (keys: Text); rename 'Text' to `text`",
        "f:2: no text (keys: label, body); put the example under `text`",
    ]


def test_a_table_is_kept_without_the_folders_of_its_files(load: Callable[..., Task]) -> None:
    places = ["here/x.jsonl:1", "/elsewhere/x.jsonl:2", "x.json:item 0"]
    table = seed_table(load(), [(place, {"text": place}) for place in places], [])
    assert table["place"].to_pylist() == places
    assert without_folders(table)["place"].to_pylist() == ["x.jsonl:1", "x.jsonl:2", "x.json:item 0"]
    assert without_folders(table).schema == table.schema


def test_all_bad_rows_are_refused_together() -> None:
    with pytest.raises(InputError, match=r"a:1: x\na:2: y"):
        refuse([BadRow("a:1", "x"), BadRow("a:2", "y")])
    refuse([])
