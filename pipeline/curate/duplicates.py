"""Duplicates among samples: the rank that decides who stays, what counts as a contradiction, and the verdicts."""

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from pipeline.curate.dedup import Conflict, Rank
from pipeline.curate.verdicts import Rejection
from pipeline.tasks.extraction import conflicting
from pipeline.tasks.task import TaskSource, load_task

RANK: Rank = (("confidence", "descending"),)
"""Among samples that passed every filter the more confident one stays, then the one with the smaller id."""
COLUMNS = ("sample_id", "text", "answer", "confidence")


def conflict_of(source: TaskSource) -> Conflict:
    """Whether two near-identical samples contradict each other, by the task's own normalisation."""
    task = load_task(source)

    def conflict(row: Mapping[str, Any], kept: Mapping[str, Any]) -> bool:
        if row["answer"] == kept["answer"]:
            return False
        return bool(conflicting(task, row["text"], json.loads(row["answer"]), kept["text"], json.loads(kept["answer"])))

    return conflict


def duplicate_verdicts(found: pa.Table) -> list[Rejection | None]:
    return [
        Rejection(row["reason"], row["similarity"], None, row["twin_id"]) if row["reason"] else None
        for row in found.to_pylist()
    ]
