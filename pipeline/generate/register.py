"""Register: how the real seeds are typed, measured trait by trait, so that synthetic inputs can be like them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from pipeline.generate.human import wilson
from pipeline.generate.traits import TRAITS, traits_of
from pipeline.tasks.task import Task

VALUES = (
    *("texting", "misspelt", "several_requests", "shouting", "unpunctuated", "lower_case", "clipped", "short"),
    *("indirect", "polite"),
)
"""The values of a measured register, the most telling first: a seed counts for the first that it has, or is `plain`."""


@dataclass(frozen=True, slots=True)
class Proportion:
    """In how many of `n` texts a trait holds, with the 95 % interval of its share."""

    trait: str
    count: int
    n: int
    share: float
    low: float
    high: float


def measure(texts: Sequence[str]) -> list[Proportion]:
    """Every trait's proportion among the texts, in the order of TRAITS."""
    counts = Counter(name for text in texts for name in traits_of(text))
    n = len(texts)
    rates = {name: wilson(counts[name], n) for name in TRAITS}
    return [
        Proportion(name, rate.count, n, rate.count / n if n else 0.0, rate.low, rate.high)
        for name, rate in rates.items()
    ]


def measured_register(seeds: pa.Table) -> dict[str, float]:
    """The weights of a `register` dimension: how many of the seeds (SEED rows) are of each kind, each counted once."""
    kinds = Counter(_kind(traits_of(text)) for text in seeds["text"].to_pylist())
    return {name: float(kinds[name]) for name in (*VALUES, "plain") if kinds[name]}


def with_measured(task: Task, seeds: pa.Table) -> Task:
    """The task with numbers for a dimension that says `measured`."""
    matrix = task.settings.matrix
    if "measured" not in matrix.values():
        return task
    weights = {name: measured_register(seeds) if values == "measured" else values for name, values in matrix.items()}
    settings = task.settings.model_copy(update={"matrix": weights})
    return replace(task, source=replace(task.source, settings=settings))


def _kind(traits: frozenset[str]) -> str:
    return next((name for name in VALUES if name in traits), "plain")
