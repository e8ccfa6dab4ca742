"""Seeds and real rows, read and checked: provenance, answers by the schema, ids, and every bad row with its place.

All mistakes of all files are gathered before anything is refused, so that a person mends them in one go.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pyarrow as pa

from pipeline.canonical import canonical_json, content_hash
from pipeline.errors import InputError
from pipeline.records import REAL, SEED
from pipeline.seeds.provenance import provenance_mistake
from pipeline.seeds.rows import BadRow
from pipeline.tasks.task import Task

Placed = tuple[str, dict[str, Any]]
SHOWN = 20


def seed_table(task: Task, rows: Iterable[Placed], mistakes: list[BadRow]) -> pa.Table:
    """SEED rows from raw ones; adds what is wrong with a row to `mistakes` and leaves that row out."""
    good = _checked(rows, mistakes, lambda row: _seed_mistake(task, row))
    return pa.Table.from_pylist([_seed(task, place, row) for place, row in _unique(good, "id", mistakes)], schema=SEED)


def real_table(task: Task, rows: Iterable[Placed], mistakes: list[BadRow]) -> pa.Table:
    """REAL rows from raw ones, by the same rules, and with provenance."""
    demonstration = task.settings.demonstration
    good = _checked(rows, mistakes, lambda row: _real_mistake(task, row) or provenance_mistake(row, demonstration))
    return pa.Table.from_pylist([_real(task, place, row) for place, row in _unique(good, "id", mistakes)], schema=REAL)


def refuse(mistakes: list[BadRow]) -> None:
    """Raises InputError that lists the bad rows; nothing when there are none."""
    if mistakes:
        shown = [f"{bad.place}: {bad.reason}" for bad in mistakes[:SHOWN]]
        rest = [f"... and {len(mistakes) - SHOWN} more bad rows"] if len(mistakes) > SHOWN else []
        raise InputError("\n".join(shown + rest))


def _checked(
    rows: Iterable[Placed], mistakes: list[BadRow], mistake: Callable[[dict[str, Any]], str | None]
) -> list[Placed]:
    good = []
    for place, row in rows:
        if reason := mistake(row):
            mistakes.append(BadRow(place, reason))
        else:
            good.append((place, row))
    return good


def _unique(rows: list[Placed], key: str, mistakes: list[BadRow]) -> list[Placed]:
    seen: dict[str, str] = {}
    for place, row in rows:
        if row.get(key) is None:
            continue
        first = seen.setdefault(str(row[key]), place)
        if first != place:
            mistakes.append(
                BadRow(place, f"{key} {row[key]!r} is already that of {first}; give each row an id of its own")
            )
    return rows


def text_mistake(row: Mapping[str, Any]) -> str | None:
    text = row.get("text")
    if "text" not in row:
        return f"no text (keys: {', '.join(row)}); put the example under `text`"
    if not isinstance(text, str) or not text.strip():
        return f"text is {text!r}; give the example's words or take the row out"
    return None


def _seed_mistake(task: Task, row: Mapping[str, Any]) -> str | None:
    if mistake := text_mistake(row):
        return mistake
    if missing := [name for name in task.settings.seeds.strata if row.get(name) in (None, "")]:
        return f"no {missing[0]}, which seeds.strata names; add it"
    return answer_mistake(task, row) if row.get("answer") is not None else None


def _real_mistake(task: Task, row: Mapping[str, Any]) -> str | None:
    if mistake := text_mistake(row):
        return mistake
    if row.get("answer") is None:
        return "no answer; a real row needs the verified one under `answer`"
    return answer_mistake(task, row)


def answer_mistake(task: Task, row: Mapping[str, Any]) -> str | None:
    """What is wrong with a row's answer by the schema, over the fields that the row is scored for."""
    answer, scored = row["answer"], scored_fields(task, row)
    if not isinstance(answer, dict):
        return f"answer is {canonical_json(answer)[:80]}, not an object of fields"
    if unknown := [name for name in [*answer, *scored] if name not in task.fields]:
        return f"{unknown[0]!r} is no field of the schema ({', '.join(task.fields)})"
    if missing := [name for name in scored if name not in answer]:
        return (
            f"answer lacks {missing[0]}; add it (null where the text does not say), or list the labelled "
            f"fields in scored_fields"
        )
    errors = [error for error in task.schema_errors(answer) if error.split(":")[0].split(".")[0] in scored]
    return f"answer does not fit the schema: {errors[0]}" if errors else None


def scored_fields(task: Task, row: Mapping[str, Any]) -> list[str]:
    named = row.get("scored_fields")
    return list(named) if named is not None else task.fields


def row_id(row: Mapping[str, Any]) -> str:
    return str(row["id"]) if row.get("id") is not None else content_hash(row["text"])[:16]


def _seed(task: Task, place: str, row: Mapping[str, Any]) -> dict[str, Any]:
    answer = row.get("answer")
    strata = [str(row[name]) for name in task.settings.seeds.strata]
    return {
        "seed_id": row_id(row),
        "text": row["text"],
        "answer": None if answer is None else canonical_json({name: answer[name] for name in scored_fields(task, row)}),
        "stratum": " / ".join(strata) or "all",
        "document_id": str(row.get("document_id") or row_id(row)),
        "label_source": row.get("label_source"),
        "place": place,
    }


def _real(task: Task, place: str, row: Mapping[str, Any]) -> dict[str, Any]:
    scored = scored_fields(task, row)
    return {
        "item_id": row_id(row),
        "text": row["text"],
        "answer": canonical_json({name: row["answer"][name] for name in scored}),
        "scored_fields": scored,
        "document_id": str(row["document_id"]),
        **{name: str(row[name]) for name in ("label_source", "labelled_by", "labelled_at")},
        "place": place,
    }


def counted(table: pa.Table, column: str) -> dict[str, int]:
    return dict(sorted(Counter(table[column].to_pylist()).items()))


def check_not_empty(table: pa.Table, name: str, path: str) -> None:
    if not table.num_rows:
        raise InputError(f"{path}: gives no row for {name}; add some, or change the shares")
