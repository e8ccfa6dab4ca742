"""What a second look at the samples will take before any exists: a judge's scores, and the teacher's readings again."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.canonical import canonical_json
from pipeline.config import Teacher
from pipeline.curate.consistency import reading_requests
from pipeline.curate.judging import judge_requests
from pipeline.tasks.task import Task
from pipeline.teacher.prices import price_of
from pipeline.teacher.usage import Usage


@dataclass(frozen=True, slots=True)
class LookAhead:
    """The most that one look takes, were every planned sample kept; `dollars` is None for a model without a price."""

    name: str
    model: str
    requests: int
    input_tokens: int
    output_tokens: int
    dollars: float | None


def looks_ahead(task: Task, seeds: pa.Table, planned: int) -> list[LookAhead]:
    """By the seeds, for whose texts samples are taken to be as long: nothing where neither look is asked for."""
    settings = task.settings
    answer = canonical_json(dict.fromkeys(task.fields))
    rows: list[Mapping[str, str]] = [
        {"sample_id": str(place), "text": text, "answer": answer, "cell": "{}"}
        for place, text in enumerate(seeds["text"].to_pylist())
    ]
    found = []
    if judge := settings.judge:
        asked = planned + 2 * judge.control
        found.append(_look("judge", judge, judge_requests(task, judge, rows), asked))
    if readings := settings.consistency:
        asked = ceil(planned * readings.share) * readings.k
        found.append(_look("readings", settings.teacher, reading_requests(task, rows, readings.k), asked))
    return found


def _look(name: str, model: Teacher, like: pa.Table, requests: int) -> LookAhead:
    read, written = (ceil(requests * pc.mean(like[side]).as_py()) for side in ("input_tokens", "output_tokens"))
    price = price_of(model)
    return LookAhead(name, model.model, requests, read, written, price.dollars(Usage(read, written)) if price else None)
