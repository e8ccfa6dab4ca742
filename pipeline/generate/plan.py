"""The plan: every request of a run, before any is sent.

Seeds x values of the crossed dimensions x samples. A sample's id hashes seed, crossed values and number; a request's
key hashes all that shapes the reply, so that a reply that was once paid for is found again whatever else of the plan
has changed.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipeline.canonical import canonical_json, content_hash
from pipeline.config import Settings
from pipeline.errors import InputError
from pipeline.generate.cells import crossed, draw
from pipeline.generate.params import draft_params, estimate_tokens, request_key
from pipeline.generate.passes import later_tokens
from pipeline.records import REQUEST
from pipeline.tasks.task import Task
from pipeline.teacher.ask import Request
from pipeline.teacher.prices import Price
from pipeline.teacher.usage import Usage


def plan_requests(task: Task, seeds: pa.Table, *, round_number: int = 1) -> pa.Table:
    """One REQUEST row a sample, in the order of the seeds."""
    parts = [
        pa.Table.from_pylist(list(_of_seed(task, seed, round_number)), schema=REQUEST) for seed in seeds.to_pylist()
    ]
    return pa.concat_tables(parts)


def _of_seed(task: Task, seed: Mapping[str, Any], round_number: int) -> Iterator[dict[str, Any]]:
    settings = task.settings
    count, matrix = settings.generation.samples, weights_of(settings)
    for fixed in crossed(matrix, settings.generation.cross):
        for number in range(1, count + 1):
            identity = content_hash([seed["seed_id"], fixed, number, round_number])
            cell = draw(matrix, fixed, identity)
            params = draft_params(task, seed, cell, number, count)
            yield {
                "sample_id": identity[:16],
                "seed_id": seed["seed_id"],
                "stratum": seed["stratum"],
                "cell": canonical_json(cell),
                "number": number,
                "round": round_number,
                "key": request_key(params, number, settings.teacher),
                "params": canonical_json(params),
                "input_tokens": estimate_tokens(params),
                "output_tokens": min(settings.generation.output_tokens, settings.teacher.max_tokens),
            }


def weights_of(settings: Settings) -> dict[str, dict[str, float]]:
    """The matrix in numbers. Raises InputError where the register is yet to be measured, see `with_measured`."""
    if open_dimensions := [name for name, values in settings.matrix.items() if isinstance(values, str)]:
        raise InputError(f"matrix.{open_dimensions[0]}: is `measured`, and no seeds were; measure the register first")
    return {name: values for name, values in settings.matrix.items() if not isinstance(values, str)}


def to_request(row: Mapping[str, Any]) -> Request:
    return Request(row["key"], json.loads(row["params"]), row["input_tokens"], row["output_tokens"])


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a plan will take; `minutes` at the known limits, None without any; `dollars` None for a model without a
    price.
    """

    requests: int
    input_tokens: int
    output_tokens: int
    dollars: float | None
    price: str
    minutes: float | None
    strata: dict[str, dict[str, int]]
    cells: dict[str, dict[str, int]]
    passes: int = 1
    """With several, requests and tokens are those of all of them."""

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any]) -> "Estimate":
        """The estimate that a run's record holds."""
        return cls(**{name: entry[name] for name in cls.__dataclass_fields__ if name in entry})


def estimate(task: Task, seeds: pa.Table, requests: pa.Table, price: Price | None) -> Estimate:
    limits = task.settings.limits
    passes = len(task.settings.passes)
    sums = {name: sum(requests[name].to_pylist()) for name in ("input_tokens", "output_tokens")}
    sums["input_tokens"] += later_tokens(task, seeds, requests) if passes > 1 else 0
    sums["output_tokens"] *= passes
    amounts = {"requests": requests.num_rows * passes, **sums}
    minutes = [amount / limit for name, amount in amounts.items() if (limit := getattr(limits, f"{name}_per_minute"))]
    cells = [json.loads(cell) for cell in requests["cell"].to_pylist()]
    return Estimate(
        amounts["requests"],
        **sums,
        dollars=price.dollars(Usage(*sums.values())) if price else None,
        price=price.source if price else f"no price known for {task.settings.teacher.model}; give teacher.price",
        minutes=max(minutes) if minutes else None,
        strata={
            name: {"seeds": _count(seeds["stratum"], name), "samples": _count(requests["stratum"], name)}
            for name in sorted(set(seeds["stratum"].to_pylist()))
        },
        cells={
            dimension: {value: sum(cell[dimension] == value for cell in cells) for value in values}
            for dimension, values in weights_of(task.settings).items()
        },
        passes=passes,
    )


def _count(column: pa.ChunkedArray, value: str) -> int:
    return sum(one == value for one in column.to_pylist())
