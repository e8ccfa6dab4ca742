"""Training examples: kept samples as chat rows, the student's prompt before and the canonical answer after."""

from typing import Any

import pyarrow as pa

from pipeline.generate.prompts import render, to_messages
from pipeline.records import EXAMPLE
from pipeline.tasks.task import Task


def examples(task: Task, samples: pa.Table) -> pa.Table:
    """EXAMPLE rows in the order of the samples. The completion is what the student shall say: canonical JSON alone."""
    rows = [
        {
            "prompt": student_prompt(task, row["text"]),
            "completion": [{"role": "assistant", "content": row["answer"]}],
            **{name: row[name] for name in ("sample_id", "seed_id", "cell", "teacher", "round")},
            "source": "synthetic",
        }
        for row in samples.to_pylist()
    ]
    return pa.Table.from_pylist(rows, schema=EXAMPLE)


def student_prompt(task: Task, text: str) -> list[dict[str, Any]]:
    """What the student is asked about a text, in training and in evaluation alike."""
    where = task.settings.student_prompt
    values = {"text": text, "schema": task.schema, "fields": task.fields, "guidelines": task.source.texts["guidelines"]}
    system, messages = to_messages(render(task.source.texts["student_prompt"], where, values), where)
    return [{"role": "system", "content": system}, *messages] if system else messages
