"""The plan: every request of a run, before any is sent.

Seeds x values of the crossed dimensions x samples. A sample's id hashes seed, crossed values and number; a request's
key hashes all that shapes the reply, so that a reply that was once paid for is found again whatever else of the plan
has changed.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import pyarrow as pa

from pipeline.canonical import canonical_json
from pipeline.generate.cells import draw
from pipeline.generate.covering import covering_rows, deal
from pipeline.generate.human import resolved
from pipeline.generate.matrix import Matrix
from pipeline.generate.params import draft_params, estimate_tokens, request_key
from pipeline.generate.slots import Slot, slots
from pipeline.records import REQUEST
from pipeline.tasks.task import Task
from pipeline.teacher.ask import Request


def plan_requests(task: Task, seeds: pa.Table, *, round_number: int = 1, matrix: Matrix | None = None) -> pa.Table:
    """One REQUEST row a sample, in the order of the seeds. `matrix` is that of the settings unless it was resolved
    elsewhere, as it must be where a dimension is drawn at the human rate.
    """
    generation = task.settings.generation
    matrix = matrix or resolved(task, None)[0]
    places = list(slots(generation, seeds.to_pylist(), list(matrix.crossed(generation.cross)), round_number))
    dealt = deal(covering_rows(matrix), [(slot.sample_id, slot.fixed) for slot in places])
    rows = (
        request_row(task, slot, dealt.get(place) or draw(matrix, slot.fixed, slot.identity), round_number)
        for place, slot in enumerate(places)
    )
    return pa.Table.from_batches(_batches(rows), schema=REQUEST)


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[pa.RecordBatch]:
    """A thousand rows at a time, so that a large plan is never held as Python objects as well."""
    while some := list(islice(rows, 1000)):
        yield pa.RecordBatch.from_pylist(some, schema=REQUEST)


def request_row(task: Task, slot: Slot, cell: Mapping[str, str], round_number: int) -> dict[str, Any]:
    settings = task.settings
    params = draft_params(task, slot.seed, cell, slot.number, slot.of)
    return {
        "sample_id": slot.sample_id,
        "seed_id": slot.seed["seed_id"],
        "stratum": slot.seed["stratum"],
        "cell": canonical_json(dict(cell)),
        "number": slot.number,
        "round": round_number,
        "key": request_key(params, slot.number, settings.teacher),
        "params": json.dumps(params, ensure_ascii=False),  # in their order, which replies follow
        "input_tokens": estimate_tokens(params),
        "output_tokens": min(settings.generation.output_tokens, settings.teacher.max_tokens),
    }


def to_request(row: Mapping[str, Any]) -> Request:
    return Request(row["key"], json.loads(row["params"]), row["input_tokens"], row["output_tokens"])
