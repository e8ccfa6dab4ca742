"""Outcomes: real rows matched with one student's predictions, and what was right, cell by cell.

A cell is an item and a field, or in classification an item and a label (one against the rest). A field that a row is
not scored for plays no role; a malformed prediction answers nothing.
"""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.errors import InputError
from pipeline.evaluate.answers import read_answer
from pipeline.tasks.extraction import normalised
from pipeline.tasks.task import Task

Truths = npt.NDArray[np.bool_]
NULL = "null"
NO_FORM = ""
"""The comparable form of a value that the task's normaliser cannot take: equal to nothing, so a wrong value."""
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Items in the order of their ids; truths are [items, columns] unless it says otherwise.

    A right value is one true positive; a wrong one is a false positive (predicted, not right) and a false negative
    (gold, not right).
    """

    columns: tuple[str, ...]
    """The fields that any row is scored for, or all labels."""
    documents: npt.NDArray[np.int64]
    """[items]: the number of each item's document, from 0 on."""
    parsed: Truths
    """[items]"""
    scored: Truths
    gold: Truths
    """A value, not null, is labelled."""
    predicted: Truths
    """A value, not null, is predicted."""
    right: Truths
    """Both, and the same."""
    unknown_keys: int
    """Keys of answers that are no field; they are passed over."""
    unknown_labels: int
    """Items that were given a label that the task does not have."""

    @property
    def nulls(self) -> Truths:
        return self.scored & ~self.gold

    @property
    def null_right(self) -> Truths:
        return self.nulls & ~self.predicted & self.parsed[:, None]

    @property
    def wrong(self) -> Truths:
        return self.scored & ~self.right & ~self.null_right

    @property
    def exact(self) -> Truths:
        """[items]: nothing that is scored is wrong."""
        wrong: Truths = np.any(self.wrong, axis=1)
        return ~wrong


def aligned(real: pa.Table, predictions: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Both by item id, row by row of the same item.

    Raises InputError when the predictions are not one for each real row, and when there is no real row.
    """
    where = "predictions"
    if predictions.num_rows:
        where += f" of {predictions['student'][0]} on {predictions['set'][0]}"
    if not real.num_rows:
        raise InputError(f"{where}: there is no real row to compare them with; name a set that has rows")
    items, predicted = (Counter(table["item_id"].to_pylist()) for table in (real, predictions))
    wrong = (
        ("real row", "without a prediction", items.keys() - predicted.keys()),
        ("prediction", "of no real row", predicted.keys() - items.keys()),
        ("item", "predicted more than once", {item for item, times in predicted.items() if times > 1}),
        ("real row", "with the id of another", {item for item, times in items.items() if times > 1}),
    )
    if mistakes := [_mistake(thing, what, ids) for thing, what, ids in wrong if ids]:
        raise InputError(f"{where}: {', '.join(mistakes)}; predict once for every row of this very set")
    return real.sort_by("item_id"), predictions.sort_by("item_id")


def _mistake(thing: str, what: str, ids: Collection[str]) -> str:
    listed = sorted(map(str, ids))
    first = ", ".join(listed[:SHOWN]) + (", ..." if len(listed) > SHOWN else "")
    return f"{len(ids)} {thing if len(ids) == 1 else thing + 's'} {what} ({first})"


def outcomes(task: Task, real: pa.Table, predictions: pa.Table) -> Outcomes:
    """Of tables that are `aligned`.

    Raises InputError for a labelled value that cannot be one: of no label of the task, or refused by its normaliser.
    """
    rows, answers = real.drop_columns("text").to_pylist(), list(map(_answer, predictions.to_pylist()))
    names = [row["document_id"] if row["document_id"] is not None else row["item_id"] for row in rows]
    judged = _labels if task.settings.kind == "classification" else _fields
    columns, cells, unknown_labels = judged(task, rows, answers)
    return Outcomes(
        columns=columns,
        documents=np.unique(np.array(names, dtype=object), return_inverse=True)[1],
        parsed=np.array([answer is not None for answer in answers]),
        scored=cells[0],
        gold=cells[1],
        predicted=cells[2],
        right=cells[3],
        unknown_keys=sum(key not in task.schema["properties"] for answer in answers for key in answer or ()),
        unknown_labels=unknown_labels,
    )


def _answer(prediction: dict[str, Any]) -> dict[str, Any] | None:
    if prediction["answer"] is None:
        return None
    answer, failure = read_answer(prediction["answer"])
    if answer is None:
        where = f"predictions of {prediction['student']} on {prediction['set']}"
        raise InputError(
            f"{where}: the answer of item {prediction['item_id']} is {failure}, not JSON; predict this set again"
        )
    loaded: dict[str, Any] = json.loads(answer)
    return loaded


Judged = tuple[tuple[str, ...], Truths, int]
"""Columns; scored, gold, predicted and right as [4, items, columns]; unknown labels."""


def _fields(task: Task, rows: list[dict[str, Any]], answers: list[dict[str, Any] | None]) -> Judged:
    scored = [set(task.fields if row["scored_fields"] is None else row["scored_fields"]) for row in rows]
    columns = tuple(field for field in task.fields if any(field in names for names in scored))
    cells = np.zeros((4, len(rows), len(columns)), dtype=np.bool_)
    for at, (row, answer) in enumerate(zip(rows, answers, strict=True)):
        labelled = json.loads(row["answer"])
        for column, field in enumerate(columns):
            if field in scored[at]:
                gold = normalised(task, field, labelled.get(field))
                found = _form(task, field, (answer or {}).get(field))
                cells[:, at, column] = True, gold != NULL, found != NULL, gold == found != NULL
    return columns, cells, 0


def _labels(task: Task, rows: list[dict[str, Any]], answers: list[dict[str, Any] | None]) -> Judged:
    labels = task.schema["properties"]["label"]["enum"]
    cells, unknown = np.zeros((4, len(rows), len(labels)), dtype=np.bool_), 0
    cells[0] = True
    for at, (row, answer) in enumerate(zip(rows, answers, strict=True)):
        labelled, found = json.loads(row["answer"]).get("label"), (answer or {}).get("label")
        gold, predicted = _column(task, labels, labelled), _column(task, labels, found)
        if gold is None:
            raise InputError(
                f"{row['place'] or row['item_id']}: label {labelled!r} of item {row['item_id']} is none of the task's "
                f"({', '.join(labels)}); mend the row or the labels"
            )
        cells[1, at, gold] = True
        if predicted is not None:
            cells[2, at, predicted] = True
            cells[3, at, predicted] = predicted == gold
        unknown += predicted is None and found is not None
    return tuple(labels), cells, unknown


def _column(task: Task, labels: list[str], value: Any) -> int | None:
    """The label itself, or else the only one with the same comparable form."""
    if value is None or value in labels:
        return None if value is None else labels.index(value)
    form = _form(task, "label", value)
    alike = [column for column, label in enumerate(labels) if normalised(task, "label", label) == form]
    return alike[0] if len(alike) == 1 else None


def _form(task: Task, field: str, value: Any) -> str:
    """A predicted value, comparable; whatever a model invents, the task's normaliser may raise on it."""
    try:
        return normalised(task, field, value)
    except InputError:
        return NO_FORM
