"""Seeds and real rows, read and checked: provenance, answers by the schema, ids, and every bad row with its place.

All mistakes of all files are gathered before anything is refused, so that a person mends them in one go.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pyarrow as pa

from pipeline.canonical import canonical_json, content_hash
from pipeline.curate.shingles import normalise
from pipeline.errors import InputError
from pipeline.records import REAL, SEED
from pipeline.seeds.provenance import provenance_mistake
from pipeline.seeds.rows import BadRow, in_file
from pipeline.spelling import meant
from pipeline.tasks.task import DEEPEST, Task, depth

Placed = tuple[str, dict[str, Any]]
SHOWN = 20
AS_JSON = ("text", "answer", "scored_fields")
AS_TEXT = ("id", "document_id", "label_source", "labelled_by", "labelled_at")


def seed_table(task: Task, rows: Iterable[Placed], mistakes: list[BadRow]) -> pa.Table:
    """SEED rows from raw ones; adds what is wrong with a row to `mistakes` and leaves that row out."""
    good = _checked(rows, mistakes, lambda row: _seed_mistake(task, row))
    return pa.Table.from_pylist([_seed(task, place, row) for place, row in _unique(good, mistakes)], schema=SEED)


def real_table(task: Task, rows: Iterable[Placed], mistakes: list[BadRow]) -> pa.Table:
    """REAL rows from raw ones, by the same rules, and with provenance."""
    demonstration = task.settings.demonstration
    good = _checked(rows, mistakes, lambda row: _real_mistake(task, row) or provenance_mistake(row, demonstration))
    return pa.Table.from_pylist([_real(task, place, row) for place, row in _unique(good, mistakes)], schema=REAL)


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


def _unique(rows: list[Placed], mistakes: list[BadRow]) -> list[Placed]:
    seen: dict[str, str] = {}
    for place, row in rows:
        first, name = seen.setdefault(row_id(row), place), given(row, "id")
        if first != place and name is None:
            mistakes.append(BadRow(place, f"has no id and the text of {first}; take it out or give it an id"))
        elif first != place:
            mistakes.append(BadRow(place, f"id {name!r} is already that of {first}; give each row an id of its own"))
    return rows


def given(row: Mapping[str, Any], name: str) -> Any:
    """A row's value; an empty cell, which is all that CSV can say, is none."""
    return None if row.get(name) == "" else row.get(name)


def unstorable(task: Task, row: Mapping[str, Any]) -> str | None:
    """What no table or JSON file could hold of a row's values."""
    for name in (*AS_JSON, *AS_TEXT, *task.settings.seeds.strata):
        value = row.get(name)
        if depth(value) > DEEPEST:
            return f"{name} is nested more than {DEEPEST} levels deep; flatten it"
        try:
            canonical_json(value if name in AS_JSON else str(value)).encode()
        except UnicodeEncodeError:
            return f"{name} holds half a character (a lone surrogate); write the character itself"
        except (TypeError, ValueError) as error:
            return f"{name} is nothing that JSON can hold ({error}); write it as text or as a number"
    return None


def text_mistake(row: Mapping[str, Any]) -> str | None:
    text = row.get("text")
    if "text" not in row:
        keys = [key for key in row if key != "answer" or row[key] != {"label": row.get("label")}]  # not one we made
        near = meant("text", keys)
        hint = f"rename {near!r} to `text`" if near else "put the example under `text`"
        return f"no text (keys: {', '.join(keys)}); {hint}"
    if not isinstance(text, str) or not text.strip():
        return f"text is {repr(text)[:80]}; give the example's words or take the row out"
    return None


def _seed_mistake(task: Task, row: Mapping[str, Any]) -> str | None:
    if mistake := unstorable(task, row) or text_mistake(row):
        return mistake
    if missing := [name for name in task.settings.seeds.strata if row.get(name) in (None, "")]:
        return f"no {missing[0]}, which seeds.strata names; add it"
    return answer_mistake(task, row) if given(row, "answer") is not None else None


def _real_mistake(task: Task, row: Mapping[str, Any]) -> str | None:
    if mistake := unstorable(task, row) or text_mistake(row):
        return mistake
    if given(row, "answer") is None:
        return "no answer; a real row needs the verified one under `answer`"
    return answer_mistake(task, row)


def answer_mistake(task: Task, row: Mapping[str, Any]) -> str | None:
    """What is wrong with a row's answer by the schema, over the fields that the row is scored for.

    A rule of the schema over several fields is asked of an answer that is labelled in full, not of a part.
    """
    if mistake := _scored_mistake(row):
        return mistake
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
    whole = set(scored) == set(task.fields)
    errors = [error for name, error in task.field_errors(answer) if name in scored or (whole and name is None)]
    return f"answer does not fit the schema: {errors[0]}; correct it, or the schema" if errors else None


def _scored_mistake(row: Mapping[str, Any]) -> str | None:
    named = given(row, "scored_fields")
    if named is None:
        return None
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        return f"scored_fields is {canonical_json(named)[:80]}, not a list of field names; write a list or leave it out"
    return None if named else "scored_fields is empty, so the row scores nothing; name the labelled fields"


def scored_fields(task: Task, row: Mapping[str, Any]) -> list[str]:
    named = given(row, "scored_fields")
    return list(named) if named is not None else task.fields


def row_id(row: Mapping[str, Any]) -> str:
    name = given(row, "id")
    return str(name) if name is not None else content_hash(row["text"])[:16]


def _seed(task: Task, place: str, row: Mapping[str, Any]) -> dict[str, Any]:
    answer, document, source = (given(row, name) for name in ("answer", "document_id", "label_source"))
    strata = [str(row[name]) for name in task.settings.seeds.strata]
    return {
        "seed_id": row_id(row),
        "text": row["text"],
        "answer": None if answer is None else canonical_json({name: answer[name] for name in scored_fields(task, row)}),
        "stratum": " / ".join(strata) or "all",
        "document_id": None if document is None else str(document),
        "label_source": None if source is None else str(source),
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


def repeated(seeds: pa.Table) -> list[tuple[str, str]]:
    """(first id, own id) of each seed whose text is, but for case and white space, that of one before it."""
    first: dict[str, str] = {}
    rows = zip(seeds["seed_id"].to_pylist(), seeds["text"].to_pylist(), strict=True)
    pairs = [(first.setdefault(normalise(text), seed_id), seed_id) for seed_id, text in rows]
    return [pair for pair in pairs if pair[0] != pair[1]]


def without_folders(table: pa.Table) -> pa.Table:
    """The table as a run keeps it: the same wherever its files lie."""
    places = [in_file(place) for place in table["place"].to_pylist()]
    return table.set_column(table.column_names.index("place"), "place", pa.array(places, pa.string()))


def counted(table: pa.Table, column: str) -> dict[str, int]:
    return dict(sorted(Counter(table[column].to_pylist()).items()))


def check_not_empty(table: pa.Table, name: str, path: str) -> None:
    if not table.num_rows:
        raise InputError(f"{path}: gives no row for {name}; add some, or change the shares")
