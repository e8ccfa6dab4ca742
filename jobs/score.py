"""The command `score`: predictions from anywhere against a task's real rows."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.check import read_checked
from jobs.console import metrics_table, say
from pipeline.canonical import canonical_json
from pipeline.config import Settings
from pipeline.errors import InputError
from pipeline.evaluate.answers import read_answer
from pipeline.evaluate.metrics import student_metrics
from pipeline.records import PREDICTION
from pipeline.seeds.readers import read_rows
from pipeline.seeds.sources import SETS
from pipeline.tasks.task import load_task, read_source

MEASURES: dict[str, Callable[[float], float | int]] = {
    "seconds": float,
    "prompt_tokens": int,
    "output_tokens": int,
    "shots": int,
}


def score(settings: Settings, file: Path, *, set_name: str | None) -> dict[str, Any]:
    """Metrics with intervals for one student's predictions, and what they are of."""
    if set_name is not None and set_name not in SETS:
        raise InputError(f"--set-name {set_name}: is no set of real rows; it is one of {', '.join(SETS)}")
    task = load_task(read_source(settings))
    tables, _ = read_checked(task)
    predictions = read_predictions(file)
    name = set_name or set_of(predictions, {name: tables[name] for name in SETS}, file)
    students = sorted({str(student) for student in predictions["student"].to_pylist()})
    if len(students) > 1:
        raise InputError(
            f"{file}: holds predictions of {len(students)} students ({', '.join(students[:3])}); give one's"
        )
    place = PREDICTION.get_field_index("set")
    predictions = predictions.set_column(place, PREDICTION.field(place), pa.array([name] * predictions.num_rows))
    try:
        figures = student_metrics(task, tables[name], predictions)
    except InputError as error:
        raise InputError(f"{file}, {error}") from error
    metrics = {"students": {students[0]: {name: figures}}, "set": name}
    say(metrics_table(metrics, name))
    if settings.demonstration:
        say("demonstration, not evidence: the real rows of this task were constructed")
    return metrics


def read_predictions(file: Path) -> pa.Table:
    """PREDICTION rows; a file of others needs only `item_id` and `raw`, what the model wrote (or `answer`, as JSON).

    A row with a `failure` and no answer stays failed, whatever its `raw` reads like: what was refused or cut off is no
    answer, and `raw` is kept without the characters that made it unreadable.
    """
    rows = read_rows(file)
    if rows.bad:
        raise InputError(
            f"{file}: {len(rows.bad)} rows cannot be read (the first is {rows.bad[0].place}: {rows.bad[0].reason}); "
            "mend them"
        )
    names = rows.table.column_names
    if "item_id" not in names or not {"raw", "answer"} & set(names):
        raise InputError(
            f"{file}: has the columns {', '.join(names)}; predictions need item_id, and raw (what the model wrote)"
        )
    filled = []
    for row in rows.table.to_pylist():
        said = row.get("raw") if row.get("raw") is not None else row.get("answer")
        raw = said if isinstance(said, str) else "" if said is None else canonical_json(said)
        failed = str(row.get("failure") or "") or None
        answer, failure = (None, failed) if failed and row.get("answer") in (None, "") else read_answer(raw)
        told = {
            "student": str(row.get("student") or "predictions"),
            "set": row.get("set") and str(row["set"]),
            "item_id": str(row["item_id"]),
            "failure": failed or failure,
        }
        filled.append({**told, "raw": raw, "answer": answer, **_measures(row, file)})
    return pa.Table.from_pylist(filled, schema=PREDICTION)


def _measures(row: Mapping[str, Any], file: Path) -> dict[str, float | int | None]:
    """What was measured on the way, if it was; CSV gives it as text."""
    found: dict[str, float | int | None] = {}
    for name, kind in MEASURES.items():
        value = row.get(name)
        try:
            found[name] = None if value in (None, "") else kind(float(value))
        except (TypeError, ValueError, OverflowError):
            raise InputError(
                f"{file}: {name} of item {row['item_id']} is {value!r}, not a number; mend it, or take the column out"
            ) from None
    return found


def set_of(predictions: pa.Table, tables: dict[str, pa.Table], file: Path) -> str:
    """The real set whose items the predictions are of. Raises InputError when it is none."""
    asked = set(predictions["item_id"].to_pylist())
    shared = {name: len(asked & set(table["item_id"].to_pylist())) for name, table in tables.items()}
    best = max(shared, key=lambda name: shared[name])
    if not shared[best]:
        shown = ", ".join(sorted(asked)[:3])
        raise InputError(
            f"{file}: is of other items: none of its {len(asked)} ids ({shown}) is in the task's real sets; predict "
            "those "
            "sets, and keep their ids"
        )
    return best
