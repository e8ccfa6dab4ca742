"""What a plan will take, in requests, tokens, dollars and minutes, and what it will cover."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from pipeline.generate.covering import allowed_pairs, pairs_of
from pipeline.generate.human import Rate
from pipeline.generate.matrix import Matrix
from pipeline.generate.passes import later_tokens
from pipeline.generate.refill import most_requests
from pipeline.generate.sharing import prefix_tokens
from pipeline.tasks.task import Task
from pipeline.teacher.prices import Price
from pipeline.teacher.usage import Usage


@dataclass(frozen=True, slots=True)
class Counted:
    """What the server said: its tokens for one token of ours, and the number of requests that it counted."""

    factor: float = 1.0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a plan will take; `minutes` at the known limits, None without any; dollars None for a model without a
    price, and `dollars_cached` also where nothing would be cached, for which `cached` says why.
    """

    requests: int
    refill_requests: int
    """So many more at the most, for values that are starved."""
    input_tokens: int
    counted: int
    """Requests by which the server counted the input tokens; 0 where they are estimated."""
    output_tokens: int
    dollars: float | None
    dollars_cached: float | None
    cached: str
    dollars_batch: float | None
    price: str
    minutes: float | None
    strata: dict[str, dict[str, int]]
    cells: dict[str, dict[str, int]]
    pairs: dict[str, int]
    """`covered` of `of` pairs of values."""
    human: dict[str, dict[str, dict[str, float]]]
    """By dimension and label: count, of, low and high of the rate at which people gave it."""
    passes: int = 1
    """With several, requests and tokens are those of all of them."""

    @property
    def samples(self) -> int:
        return self.requests // self.passes

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any]) -> "Estimate":
        """The estimate that a run's record holds."""
        return cls(**{name: entry[name] for name in cls.__dataclass_fields__ if name in entry})


def estimate(
    task: Task,
    seeds: pa.Table,
    requests: pa.Table,
    price: Price | None,
    matrix: Matrix,
    human: Mapping[str, Mapping[str, Rate]],
    counted: Counted,
) -> Estimate:
    """`requests` are REQUEST rows with the server's count of input tokens, where it gave one."""
    limits, passes = task.settings.limits, len(task.settings.passes)
    tokens = (requests[name].to_pylist() for name in ("input_tokens", "output_tokens"))
    first = [Usage(read, wrote) for read, wrote in zip(*tokens, strict=True)]
    used = [*first, *(_later(task, seeds, requests, counted.factor) if passes > 1 else [])]
    total = sum(used, Usage())
    amounts = {"requests": len(used), "input_tokens": total.input, "output_tokens": total.output}
    minutes = [amount / limit for name, amount in amounts.items() if (limit := getattr(limits, f"{name}_per_minute"))]
    prefix = round(counted.factor * prefix_tokens(requests))
    why_not = _uncached(price, prefix)
    distinct = {cell: json.loads(cell) for cell in set(requests["cell"].to_pylist())}
    wanted = allowed_pairs(matrix)
    return Estimate(
        **amounts,
        refill_requests=most_requests(task.settings.generation, requests.num_rows) * passes,
        counted=counted.requests,
        dollars=sum(map(price.dollars, used)) if price else None,
        dollars_cached=_cached(price, used, len(first), prefix) if price and not why_not else None,
        cached=why_not or f"the shared {prefix:,} tokens {'of pass 1 ' if passes > 1 else ''}read from the cache",
        dollars_batch=sum(price.dollars(one, batch=True) for one in used) if price else None,
        price=price.source if price else f"no price known for {task.settings.teacher.model}; give teacher.price",
        minutes=max(minutes) if minutes else None,
        strata=_strata(seeds, requests),
        cells=_values(task, matrix, requests, distinct),
        pairs={"covered": len(wanted & pairs_of(distinct.values())), "of": len(wanted)},
        human={name: {label: asdict(rate) for label, rate in rates.items()} for name, rates in human.items()},
        passes=passes,
    )


def _later(task: Task, seeds: pa.Table, requests: pa.Table, factor: float) -> list[Usage]:
    """What every request of a later pass may take: the same input each, since the replies that it shows are to come."""
    outputs = requests["output_tokens"].to_pylist() * (len(task.settings.passes) - 1)
    each, more = divmod(round(factor * later_tokens(task, seeds, requests)), max(1, len(outputs)))
    return [Usage(each + (place < more), output) for place, output in enumerate(outputs)]


def _uncached(price: Price | None, prefix: int) -> str:
    """Why nothing would be read from a cache; nothing where it would."""
    if not prefix:
        return "requests share no system prompt"
    if price is None or price.cache_read is None:
        return "no price of cached input is known"
    if price.cache_from and prefix < price.cache_from:
        return f"the shared {prefix:,} tokens are fewer than the {price.cache_from:,} that this model caches"
    return ""


def _cached(price: Price, used: list[Usage], sharing: int, prefix: int) -> float:
    """Dollars with a warm-up that writes the prefix, from which the others of the first `sharing` read it."""
    first, rest = used[0], used[1:sharing]
    reading = (Usage(max(0, one.input - prefix), one.output, prefix) for one in rest)
    writing = Usage(max(0, first.input - prefix), first.output, 0, prefix)
    return sum(map(price.dollars, [writing, *reading, *used[sharing:]]))


def _strata(seeds: pa.Table, requests: pa.Table) -> dict[str, dict[str, int]]:
    with_seeds, with_samples = Counter(seeds["stratum"].to_pylist()), Counter(requests["stratum"].to_pylist())
    return {name: {"seeds": with_seeds[name], "samples": with_samples[name]} for name in sorted(with_seeds)}


def _values(
    task: Task, matrix: Matrix, requests: pa.Table, cells: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, int]]:
    """Samples by dimension and value, in the order of the task's file; a dimension that it does not name comes last."""
    found: Counter[tuple[str, str]] = Counter()
    for cell, count in Counter(requests["cell"].to_pylist()).items():
        found.update(dict.fromkeys(cells[cell].items(), count))
    given = {name: values for name, values in task.settings.matrix.items() if name in matrix.weights}
    listed = {name: matrix.weights[name] if isinstance(values, str) else values for name, values in given.items()}
    listed |= {name: values for name, values in matrix.weights.items() if name not in given}
    return {name: {value: found[name, value] for value in values} for name, values in listed.items()}
