"""Human rates: how often people gave each label, as the weights of a matrix dimension that says `human`."""

import json
from collections import Counter
from dataclasses import dataclass
from math import sqrt

import pyarrow as pa

from pipeline.errors import InputError
from pipeline.generate.matrix import Matrix
from pipeline.tasks.task import Task

Z = 1.959964
"""The normal quantile of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` of `of` rows, and the ends of the 95 % interval of their share."""

    count: int
    of: int
    low: float
    high: float


def wilson(count: int, of: int, z: float = Z) -> Rate:
    """Wilson's score interval (JASA 22, 1927), which holds near 0 and 1 and for few rows; of 95 % unless `z` is given.

    >>> rate = wilson(38, 100)
    >>> round(rate.low, 3), round(rate.high, 3)
    (0.291, 0.478)
    """
    if not of:
        return Rate(0, 0, 0.0, 1.0)
    share, square = count / of, z * z / of
    middle = (share + square / 2) / (1 + square)
    half = z * sqrt(share * (1 - share) / of + square / 4 / of) / (1 + square)
    return Rate(count, of, max(0.0, middle - half), min(1.0, middle + half))


def human_rates(task: Task, calibration: pa.Table) -> dict[str, Rate]:
    """By label, over the labelled rows of the calibration set. Raises InputError where there are none."""
    given = Counter(json.loads(answer or "{}").get("label") for answer in calibration["answer"].to_pylist())
    given.pop(None, None)
    if not given:
        raise InputError(
            "matrix: a dimension says `human`, but no row of the calibration set has a label; label some, or give "
            "weights"
        )
    labels = task.schema["properties"]["label"]["enum"]
    return {label: wilson(given[label], given.total()) for label in labels}


def resolved(task: Task, calibration: pa.Table | None) -> tuple[Matrix, dict[str, dict[str, Rate]]]:
    """The matrix with numbers for `human`, and the rates behind them by dimension. Raises InputError for forbidden
    combinations that do not fit the labels.
    """
    settings = task.settings
    wanted = [name for name, values in settings.matrix.items() if values == "human"]
    if wanted and calibration is None:
        raise InputError(f"matrix.{wanted[0]}: is drawn at the human rate, for which the calibration set is needed")
    rates = human_rates(task, calibration) if calibration is not None and wanted else {}
    shares = {label: float(rate.count) for label, rate in rates.items()}
    weights: dict[str, dict[str, float]] = {}
    for name, values in settings.matrix.items():
        if values == "measured":
            raise InputError(f"matrix.{name}: is `measured`, and no seeds were; measure the register first")
        weights[name] = shares if values == "human" else values
    try:
        matrix = Matrix.of(weights, settings.forbid, settings.generation.cross)
    except ValueError as error:
        raise InputError(f"task.yaml: {error}") from error
    return matrix, dict.fromkeys(wanted, rates)
