"""The worst predictions of a student, to be read."""

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.evaluate.outcomes import Outcomes, Truths, aligned, outcomes
from pipeline.tasks.task import Task

Places = npt.NDArray[np.intp]


def worst(task: Task, real: pa.Table, predictions: pa.Table, n: int = 10) -> list[dict[str, Any]]:
    """Up to n items with something wrong, the most wrong fields first, then by id.

    Each is {item_id, text, gold, predicted, raw, failure, wrong}: `gold` and `predicted` are answers, `wrong` the
    fields; `predicted` is None where the reply is malformed, and `raw` and `failure` are None where it is not. Every
    scored field of a malformed reply is wrong, so malformed replies take at most a third of the places while there are
    others to read.
    """
    real, predictions = aligned(real, predictions)
    names, wrong = _wrong(task, outcomes(task, real, predictions))
    order = np.argsort(-wrong.sum(axis=1), kind="stable")
    order = _mixed(order[wrong[order].any(axis=1)], predictions["answer"].is_null().to_numpy(), n)
    return [
        {
            "item_id": item["item_id"],
            "text": item["text"],
            "gold": json.loads(item["answer"]),
            "predicted": None if prediction["answer"] is None else json.loads(prediction["answer"]),
            "raw": prediction["raw"] if prediction["answer"] is None else None,
            "failure": prediction["failure"] if prediction["answer"] is None else None,
            "wrong": [name for name, bad in zip(names, wrong[at], strict=True) if bad],
        }
        for at, item, prediction in zip(
            order, real.take(order).to_pylist(), predictions.take(order).to_pylist(), strict=True
        )
    ]


def how_many_wrong(task: Task, real: pa.Table, predictions: pa.Table) -> int:
    """The items with something wrong, of which `worst` are some."""
    _, wrong = _wrong(task, outcomes(task, *aligned(real, predictions)))
    return int(wrong.any(axis=1).sum())


def _wrong(task: Task, found: Outcomes) -> tuple[tuple[str, ...], Truths]:
    """The fields (or the label), and where each is wrong: [items, fields]."""
    if task.settings.kind == "classification":
        return ("label",), ~found.exact[:, None]
    return found.columns, found.wrong


def _mixed(order: Places, malformed: npt.NDArray[np.bool_], n: int) -> Places:
    """The first n, with no more malformed ones than a third unless the readable ones do not fill the rest."""
    broken = malformed[order]
    most = max(n // 3, n - int((~broken).sum()))
    chosen: Places = order[~broken | (np.cumsum(broken) <= most)][:n]
    return chosen
