"""Verdicts on tables: a stage looks only at rows that are still kept, and marks instead of dropping."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipeline.records import VERDICT


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a row goes: a stable reason, the figure that decided (None where there is none), and words for a reader."""

    reason: str
    score: float | None = None
    detail: str | None = None
    twin_id: str | None = None


Judge = Callable[[Mapping[str, Any]], Rejection | None]


def mark(table: pa.Table, stage: str, judge: Judge, reads: tuple[str, ...]) -> pa.Table:
    """Asks `judge` about every kept row (given the columns in `reads`) and sets the verdict columns of those it
    rejects.
    """
    kept = [reason is None for reason in table["reason"].to_pylist()]
    rows = table.select(reads).to_pylist()
    return apply(table, stage, [judge(row) if keep else None for row, keep in zip(rows, kept, strict=True)])


def unmarked(table: pa.Table) -> pa.Table:
    """The rows without verdicts, as if no stage had looked at them."""
    for field in VERDICT:
        table = table.set_column(table.column_names.index(field.name), field, pa.nulls(len(table), field.type))
    return table


def apply(table: pa.Table, stage: str, rejections: list[Rejection | None]) -> pa.Table:
    """Sets the verdict of each row that has a rejection; the others keep the verdict they have."""
    if not any(rejections):
        return table
    columns = {name: table[name].to_pylist() for name in VERDICT.names}
    for row, rejection in enumerate(rejections):
        if rejection is not None:
            columns["stage"][row] = stage
            for name in ("reason", "score", "detail", "twin_id"):
                columns[name][row] = getattr(rejection, name)
    for name, values in columns.items():
        table = table.set_column(
            table.column_names.index(name), VERDICT.field(name), pa.array(values, VERDICT.field(name).type)
        )
    return table
