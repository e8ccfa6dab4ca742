"""Rows as read: a table, a place for each row, and the rows that could not be read, each with its reason."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipeline.canonical import canonical_json

Record = dict[str, Any]
EXACT_IN_DOUBLE = 2**53


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was left out: where it stands ("tasks/seeds.jsonl:12") and why, with what to do about it."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rows:
    """`places[i]` says where row i of `table` stands; a row of `bad` is not in the table."""

    table: pa.Table
    places: list[str]
    bad: list[BadRow]


@dataclass(frozen=True, slots=True)
class Records:
    """The same as Python dicts: what JSON and CSV give first, and what Parquet gives on demand."""

    rows: list[tuple[str, Record]]
    bad: list[BadRow]


def in_file(place: str) -> str:
    """A place without the folder, which is for messages and shapes no result.

    >>> in_file("tasks/seeds.jsonl:12")
    'seeds.jsonl:12'
    """
    return place.rpartition("/")[2]


def table_of(records: Iterable[Record]) -> pa.Table:
    """The union of all keys as columns, in the order in which they first appear; a missing key is null.

    A column holds strings, booleans, integers or floats if all its values do (an integer among floats becomes one,
    where that is exact). In any other column (objects, lists, mixed values, integers beyond 64 bits) a string stays as
    it is and every other value becomes its canonical JSON text, so that nothing is lost or guessed:

    >>> table_of([{"id": "007", "answer": {"b": 1, "a": None}}, {"id": 8}]).to_pydict()
    {'id': ['007', '8'], 'answer': ['{"a":null,"b":1}', None]}
    """
    records = list(records)
    names = dict.fromkeys(name for record in records for name in record)
    return pa.table({name: _column([record.get(name) for record in records]) for name in names})


def _column(values: list[Any]) -> pa.Array:
    kinds = {type(value) for value in values} - {type(None)}
    if kinds <= {str}:
        return pa.array(values, pa.string())
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {int} and all(-(2**63) <= value < 2**63 for value in values if value is not None):
        return pa.array(values, pa.int64())
    if kinds == {float} or (kinds == {int, float} and all(_is_exact(value) for value in values)):
        return pa.array(values, pa.float64())
    return pa.array([_text(value) for value in values], pa.string())


def _is_exact(value: Any) -> bool:
    return not isinstance(value, int) or abs(value) <= EXACT_IN_DOUBLE


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else canonical_json(value)
