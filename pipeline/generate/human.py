"""Human rates: how often people gave each label, as the weights of a matrix dimension.

Labels are drawn at that rate where the matrix says `human`, and by default where a classification task's matrix says
nothing of labels, people labelled rows of the calibration set, and a prompt shows the teacher the label to write for.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from math import sqrt

import pyarrow as pa

from pipeline.errors import InputError
from pipeline.generate.matrix import Matrix
from pipeline.seeds.provenance import HUMAN
from pipeline.tasks.task import Task, TaskSource

Z = 1.959964
"""The normal quantile of a 95 % interval."""
LABEL = "label"
UNSEEN = 0.5
"""Rows that a label counts for by default that people gave to none: it stays within its interval and in the data."""
_TAG = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
_SHOWN = re.compile(r"\bcell\b(?!\s*\.\s*(?!(?:label|items|values|get)\b)\w)")
"""The cell as a whole, or its label: any use of it but of another dimension by name."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` of `of` rows, and the ends of the 95 % interval of their share."""

    count: int
    of: int
    low: float
    high: float

    @property
    def told(self) -> str:
        return f"{self.count / self.of:.2f} ({self.count} of {self.of}, {self.low:.2f} to {self.high:.2f})"


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
    if not (rates := _rates(task, calibration["answer"].to_pylist())):
        raise InputError(
            "matrix: a dimension says `human`, but no row of the calibration set has a label; label some, or give "
            "weights"
        )
    return rates


def _rates(task: Task, answers: list[str | None]) -> dict[str, Rate]:
    """By label of the task, over the answers that have one; empty where none has."""
    given = Counter(json.loads(answer or "{}").get(LABEL) for answer in answers)
    given.pop(None, None)
    labels = task.schema["properties"][LABEL]["enum"]
    return {label: wilson(given[label], given.total()) for label in labels} if given else {}


@dataclass(frozen=True, slots=True)
class Unnamed:
    """Labels of which the matrix gives no weights: the rates that they are drawn at, none where the teacher chooses,
    and what is to be said of it.
    """

    rates: dict[str, Rate]
    says: str


def unnamed_labels(task: Task, calibration: pa.Table | None) -> Unnamed | None:
    """What becomes of the labels where the matrix leaves them out, or to the teacher; None where it has weights for
    them, and for extraction.
    """
    matrix = task.settings.matrix
    chosen = matrix.get(LABEL) == "teacher"
    if task.settings.kind != "classification" or (LABEL in matrix and not chosen) or "human" in matrix.values():
        return None
    rates = _rates(task, _given_by_people(calibration)) if calibration is not None else {}
    if chosen:
        return Unnamed({}, f"left to the teacher (matrix.label){_people_gave(rates)}")
    if not rates:
        return Unnamed({}, "left to the teacher: no row of the calibration set was labelled by people")
    if not shows_label(task.source):
        return Unnamed({}, f"left to the teacher, since no prompt shows cell.label{_people_gave(rates)}")
    of = next(iter(rates.values())).of
    said = f"drawn at the human rate, that of {of:,} calibration rows which people labelled"
    return Unnamed(rates, f"{said}; matrix: {{label: teacher}} leaves them to the teacher")


def _given_by_people(calibration: pa.Table) -> list[str | None]:
    rows = zip(calibration["answer"].to_pylist(), calibration["label_source"].to_pylist(), strict=True)
    return [answer for answer, source in rows if source in HUMAN]


def _people_gave(rates: dict[str, Rate]) -> str:
    told = ", ".join(f"{label} {rate.told}" for label, rate in rates.items())
    return f"; people gave {told}" if told else ""


def shows_label(source: TaskSource) -> bool:
    """Whether a prompt shows the label that a sample is to have; a label that is drawn and not shown steers nothing."""
    prompts = (text for role, text in source.texts.items() if role.startswith("pass "))
    return any(_SHOWN.search(tag) for text in prompts for tag in _TAG.findall(text))


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
    if (unnamed := unnamed_labels(task, calibration)) and unnamed.rates:
        wanted, rates = [LABEL], unnamed.rates
        weights[LABEL] = {label: rate.count or UNSEEN for label, rate in rates.items()}
    for name, values in settings.matrix.items():
        if values == "teacher":
            continue
        if values == "measured":
            raise InputError(f"matrix.{name}: is `measured`, and no seeds were; measure the register first")
        weights[name] = shares if values == "human" else values
    try:
        matrix = Matrix.of(weights, settings.forbid, settings.generation.cross)
    except ValueError as error:
        raise InputError(f"task.yaml: {error}") from error
    return matrix, dict.fromkeys(wanted, rates)
