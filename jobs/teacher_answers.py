"""The teacher asked about the real rows: through the same ledger, limits and budget as the samples."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from jobs.asking import ask_all, read_answered
from jobs.run import Run
from pipeline.evaluate.teacher_questions import answered, questions
from pipeline.records import PREDICTION
from pipeline.tasks.task import load_task
from pipeline.teacher.ledger import answers
from pipeline.teacher.prices import price_of


def asking_teacher(run: Run) -> Callable[[pa.Table], pa.Table]:
    """A function from rows with item_id and text to the columns of their predictions."""

    def predict(rows: pa.Table) -> pa.Table:
        requests = questions(load_task(run.source), rows)
        ask_all(run, requests)
        keys = requests["key"].to_pylist()
        records = {record["key"]: record for record in answers(run.dir.path / "ledger", set(keys))}
        found = [
            {"item_id": item, **answered(records.get(key))}
            for item, key in zip(rows["item_id"].to_pylist(), keys, strict=True)
        ]
        columns = [field for field in PREDICTION if field.name not in ("student", "set")]
        return pa.Table.from_pylist(found, schema=pa.schema(columns))

    return predict


def teacher_paid(run: Run, rows: pa.Table) -> dict[str, Any]:
    """Tokens and dollars of the teacher's answers about these rows, whenever they were paid."""
    keys = questions(load_task(run.source), rows)["key"].to_pylist()
    have = read_answered(run.dir.path / "ledger", set(keys), price_of(run.settings.teacher))
    return {**have.tokens, "dollars": round(have.dollars, 6)}
