"""Duplicates among samples: the rank that decides who stays, what counts as a contradiction, and the verdicts."""

import json
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

import pyarrow as pa

from pipeline.config import Settings
from pipeline.curate.dedup import Conflict, Rank
from pipeline.curate.verdicts import Rejection
from pipeline.tasks.extraction import conflicting
from pipeline.tasks.task import Task, TaskSource, load_task

SCORE = "judge_score"
RANK: Rank = ((SCORE, "descending"), ("confidence", "descending"))
"""Among samples that passed every filter the better judged one stays, where there is a judge, then the more confident,
then the one with the smaller id.
"""
COLUMNS = ("sample_id", "text", "answer", "confidence")


def conflict_of(source: TaskSource) -> Conflict:
    """Whether two near-identical samples contradict each other, by the task's normalisation; picklable."""
    return partial(_conflict, source.settings.model_dump_json(by_alias=True), json.dumps(source.texts))


def _conflict(settings: str, texts: str, row: Mapping[str, Any], kept: Mapping[str, Any]) -> bool:
    if row["answer"] == kept["answer"]:
        return False
    answers = json.loads(row["answer"]), json.loads(kept["answer"])
    return bool(conflicting(_task(settings, texts), row["text"], answers[0], kept["text"], answers[1]))


@lru_cache(maxsize=4)
def _task(settings: str, texts: str) -> Task:
    """Once in each worker, not once a pair."""
    return load_task(TaskSource(Settings.model_validate_json(settings), json.loads(texts)))


def duplicate_verdicts(found: pa.Table) -> list[Rejection | None]:
    return [
        Rejection(row["reason"], row["similarity"], None, row["twin_id"]) if row["reason"] else None
        for row in found.to_pylist()
    ]
