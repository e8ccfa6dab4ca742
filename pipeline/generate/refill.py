"""Refills: more requests for the values of which too little was kept, in numbered sub-batches and up to a bound."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from pipeline.canonical import content_hash
from pipeline.generate.attrition import Starved
from pipeline.generate.cells import draw
from pipeline.generate.matrix import Matrix
from pipeline.generate.plan import request_row
from pipeline.generate.settings import Generation
from pipeline.generate.slots import Slot, told
from pipeline.records import REQUEST
from pipeline.tasks.task import Task

MOST = 4
"""A sub-batch is at most a quarter of the plan, and for one value at most what was planned for it."""


def most_requests(generation: Generation, planned: int) -> int:
    """The requests that all refills of a plan can come to."""
    return generation.refills * -(-planned // MOST) if generation.starved else 0


def refill_requests(
    task: Task,
    seeds: Sequence[Mapping[str, Any]],
    matrix: Matrix,
    requests: pa.Table,
    hungry: Sequence[Starved],
    batch: int,
    most: int,
) -> pa.Table:
    """REQUEST rows of sub-batch `batch`, at most `most`. Their numbers follow the highest that each seed has in
    `requests`, which are all that were asked so far; a request for one value counts for another that it happens to
    have.
    """
    numbers: Counter[str] = Counter()
    for seed_id, number in zip(requests["seed_id"].to_pylist(), requests["number"].to_pylist(), strict=True):
        numbers[seed_id] = max(numbers[seed_id], number)
    round_number = requests["round"][0].as_py()
    total = sum(one.requests for one in hungry)
    rows: list[dict[str, Any]] = []
    for one in hungry:
        share = one.requests if total <= most else max(1, one.requests * most // total)
        have = sum(_is_for(row, one) for row in rows)
        rows += _for_value(task, seeds, matrix, one, batch, min(share - have, most - len(rows)), numbers, round_number)
    return pa.Table.from_pylist(rows, schema=REQUEST)


def _is_for(row: Mapping[str, Any], one: Starved) -> bool:
    found = json.loads(row["cell"]).get(one.dimension) if one.dimension else row["stratum"]
    return bool(found == one.value)


def _for_value(
    task: Task,
    seeds: Sequence[Mapping[str, Any]],
    matrix: Matrix,
    one: Starved,
    batch: int,
    count: int,
    numbers: Counter[str],
    round_number: int,
) -> Iterator[dict[str, Any]]:
    """Dealt evenly over the seeds, those first whose hash is smallest."""
    fixed = {one.dimension: one.value} if one.dimension else {}
    able = [seed for seed in seeds if one.dimension or seed["stratum"] == one.value]
    order = sorted(able, key=lambda seed: content_hash([batch, one.dimension, one.value, seed["seed_id"]]))
    generation = task.settings.generation
    for place in range(max(0, count)):
        seed = order[place % len(order)]
        numbers[seed["seed_id"]] += 1
        number = numbers[seed["seed_id"]]
        identity = content_hash(["refill", batch, seed["seed_id"], fixed, number, round_number])
        of = told(generation, number)
        yield request_row(task, Slot(seed, fixed, number, of, identity), draw(matrix, fixed, identity), round_number)
