"""The command `score`: predictions from anywhere against a task's real rows."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.check import read_checked
from jobs.console import metrics_table, say
from pipeline.config import Settings
from pipeline.errors import InputError
from pipeline.evaluate.answers import read_answer
from pipeline.evaluate.metrics import student_metrics
from pipeline.records import PREDICTION
from pipeline.seeds.readers import read_rows
from pipeline.seeds.sources import SETS
from pipeline.tasks.task import load_task, read_source


def score(settings: Settings, file: Path, *, set_name: str | None) -> dict[str, Any]:
    """Metrics with intervals for one student's predictions, and what they are of."""
    task = load_task(read_source(settings))
    tables, _ = read_checked(task)
    predictions = read_predictions(file)
    name = set_name or set_of(predictions, {name: tables[name] for name in SETS}, file)
    students = sorted({str(student) for student in predictions["student"].to_pylist()})
    if len(students) > 1:
        raise InputError(
            f"{file}: holds predictions of {len(students)} students ({', '.join(students[:3])}); give one's"
        )
    metrics = {"students": {students[0]: {name: student_metrics(task, tables[name], predictions)}}, "set": name}
    say(metrics_table(metrics, name))
    if settings.demonstration:
        say("demonstration, not evidence: the real rows of this task were constructed")
    return metrics


def read_predictions(file: Path) -> pa.Table:
    """PREDICTION rows; a file of others needs only `item_id` and `raw`, what the model wrote (or `answer`, as JSON)."""
    rows = read_rows(file)
    names = rows.table.column_names
    if "item_id" not in names or not {"raw", "answer"} & set(names):
        raise InputError(
            f"{file}: has the columns {', '.join(names)}; predictions need item_id, and raw (what the model wrote)"
        )
    filled = []
    for row in rows.table.to_pylist():
        said = row.get("raw") if row.get("raw") is not None else row.get("answer")
        answer, failure = read_answer(str(said or ""))
        known = {"student": "predictions", **{key: value for key, value in row.items() if value is not None}}
        found = {**known, "item_id": str(row["item_id"]), "raw": str(said or ""), "answer": answer}
        filled.append({**found, "failure": row.get("failure") or failure})
    return pa.Table.from_pylist(
        [{name: row.get(name) for name in PREDICTION.names} for row in filled], schema=PREDICTION
    )


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
