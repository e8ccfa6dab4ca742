"""Register: how the real seeds are typed, measured trait by trait, so that synthetic inputs can be like them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

import pyarrow as pa

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
    return [
        Proportion(name, counts[name], n, counts[name] / n if n else 0.0, *wilson(counts[name], n)) for name in TRAITS
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


def wilson(count: int, n: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson, JASA 22, 1927): it never leaves 0 to 1, and is not empty at 0 of n.

    >>> [round(end, 3) for end in wilson(0, 60)]
    [0.0, 0.06]
    """
    if not n:
        return 0.0, 1.0
    z = 1.959964
    share, spread = count / n, 1 + z * z / n
    middle = (share + z * z / (2 * n)) / spread
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / spread
    return max(0.0, middle - half), min(1.0, middle + half)
