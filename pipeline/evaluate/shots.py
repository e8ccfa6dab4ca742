"""Shots: the examples that a base model is shown before it is asked, and how many of them fit."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from pipeline.canonical import canonical_json, content_hash
from pipeline.curate.examples import student_prompt
from pipeline.tasks.task import Task

Messages = list[dict[str, Any]]


def choose_shots(task: Task, seeds: pa.Table, calibration: pa.Table, wanted: int) -> list[Messages]:
    """Question and answer of up to `wanted` rows: of the seeds, else of the calibration set, on which no score is read.

    Rows with more labelled fields come first, strata take turns, and the smallest hash decides. A field that a row is
    not labelled for is shown as null, for want of better.
    """
    for table in (seeds, calibration):
        rows = [row for row in table.to_pylist() if row["answer"]]
        if rows:
            return [_turns(task, row) for row in _in_turn(rows)[:wanted]]
    return []


def _in_turn(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    ranked = sorted(rows, key=lambda row: (-len(json.loads(row["answer"])), content_hash(row["text"])))
    place: Counter[str] = Counter()
    turns: list[tuple[int, int, dict[str, Any]]] = []
    for row in ranked:
        stratum = str(row.get("stratum"))
        turns.append((place[stratum], len(turns), row))
        place[stratum] += 1
    return [row for *_, row in sorted(turns, key=lambda turn: turn[:2])]


def _turns(task: Task, row: dict[str, Any]) -> Messages:
    known = json.loads(row["answer"])
    answer = {field: known.get(field) for field in task.fields}
    return [*student_prompt(task, row["text"]), {"role": "assistant", "content": canonical_json(answer)}]


def fitted(
    question: Messages, shots: Sequence[Messages], length: Callable[[Messages], int], room: int
) -> tuple[Messages, int]:
    """The question after as many shots as leave it within `room` tokens, and their number. A system message stands
    once, at the front.
    """
    for count in range(len(shots), 0, -1):
        turns = [message for shot in shots[:count] for message in shot if message["role"] != "system"]
        system = [message for message in question if message["role"] == "system"]
        asked = [message for message in question if message["role"] != "system"]
        messages = [*system, *turns, *asked]
        if length(messages) <= room:
            return messages, count
    return question, 0
