"""Metrics of a student on real rows, and the paired difference of two students.

Every figure is {"value", "low", "high", "n"}, n being the observations it rests on, or None where it is undefined.
Macro F1 is the mean over the fields (labels) that have an F1 on the data: a value is labelled or predicted.
"""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.evaluate.intervals import FEW, Bootstrap, Floats, Interval, interval, mean_of_defined, share_interval
from pipeline.evaluate.outcomes import Outcomes, Truths, aligned, outcomes
from pipeline.evaluate.scores import Scores, scores
from pipeline.tasks.task import Task

Figure = dict[str, float | int] | None


def student_metrics(task: Task, real: pa.Table, predictions: pa.Table) -> dict[str, Any]:
    """REAL and PREDICTION rows of one student. Raises InputError where they are not of the same items.

    `few` says that there are fewer than 10 documents, too few to trust the ends of the intervals.
    """
    real, predictions = aligned(real, predictions)
    found = outcomes(task, real, predictions)
    bootstrap = Bootstrap(found.documents)
    drawn, items = scores(bootstrap, found), len(found.documents)

    def whole(draws: Floats) -> Figure:
        return _figure(share_interval(draws, items, bootstrap.count))

    columns, labels = _columns(task), task.settings.kind == "classification"
    return {
        "items": items,
        "documents": bootstrap.count,
        "few": bootstrap.count < FEW,
        "shots": dict(sorted(Counter(map(str, predictions["shots"].to_pylist())).items())),
        "macro_f1": whole(mean_of_defined(drawn.f1)),
        **({"accuracy": whole(drawn.exact)} if labels else {}),
        columns: _by_column(bootstrap, found, drawn),
        "malformed": whole(drawn.malformed),
        "failures": _failures(predictions),
        "unknown_keys": found.unknown_keys,
        **({"unknown_label": found.unknown_labels} if labels else {}),
        "exact": whole(drawn.exact),
        "seconds": _seconds(bootstrap, predictions["seconds"]),
        "per_thousand": {"seconds": _per_thousand(predictions["seconds"], items), "dollars": None},
        "tokens": {side: pc.sum(predictions[f"{side}_tokens"]).as_py() for side in ("prompt", "output")},
    }


def _figure(found: Interval | None) -> Figure:
    return found.as_dict() if found else None


def _columns(task: Task) -> str:
    return "labels" if task.settings.kind == "classification" else "fields"


def _by_column(bootstrap: Bootstrap, found: Outcomes, drawn: Scores) -> dict[str, dict[str, Any]]:
    figures = {
        "precision": _shares(bootstrap, drawn.precision, found.predicted),
        "recall": _shares(bootstrap, drawn.recall, found.gold),
        "f1": _shares(bootstrap, drawn.f1, found.gold | found.predicted),
    }
    counts = {name: getattr(found, name).sum(axis=0).tolist() for name in ("gold", "predicted", "right", "scored")}
    nulls, right = found.nulls.sum(axis=0).tolist(), found.null_right.sum(axis=0).tolist()
    return {
        name: {key: values[at] for key, values in (figures | counts).items()}
        | {"null_right": {"value": right[at] / nulls[at] if nulls[at] else None, "n": nulls[at]}}
        for at, name in enumerate(found.columns)
    }


def _shares(bootstrap: Bootstrap, draws: Floats, cells: Truths) -> list[Figure]:
    """One figure a column, which rests on these cells."""
    items, documents = cells.sum(axis=0).tolist(), (bootstrap.by_document(cells) > 0).sum(axis=0).tolist()
    return [_figure(share_interval(draws[:, at], items[at], documents[at])) for at in range(len(items))]


def _failures(predictions: pa.Table) -> dict[str, int]:
    failed = predictions.filter(predictions["answer"].is_null())["failure"].to_pylist()
    return dict(sorted(Counter(reason or "no_answer" for reason in failed).items()))


def _seconds(bootstrap: Bootstrap, seconds: pa.ChunkedArray) -> dict[str, Figure]:
    values = seconds.cast(pa.float64()).fill_null(np.nan).to_numpy()
    draws, n = bootstrap.quantiles(values, (0.5, 0.95)), int(np.count_nonzero(~np.isnan(values)))
    return {name: _figure(interval(draws[:, at], n)) for at, name in enumerate(("p50", "p95"))}


def _per_thousand(seconds: pa.ChunkedArray, items: int) -> float | None:
    """What one worker takes for a thousand rows. All rows of a batch have the batch's seconds, which count once."""
    together = pc.sum(pc.unique(seconds)).as_py()
    return 1000 * float(together) / items if together is not None and items else None


def difference(task: Task, real: pa.Table, student: pa.Table, baseline: pa.Table) -> dict[str, Any]:
    """Student minus baseline, paired: the same documents are drawn for both.

    Macro F1 differs by the mean over the fields that have an F1 for both. `both_parse` is the same on the items that
    both answer in JSON: what is left once the mere form is taken away.
    """
    pair = [outcomes(task, *aligned(real, predictions)) for predictions in (student, baseline)]
    bootstrap, everything = Bootstrap(pair[0].documents), np.ones_like(pair[0].parsed)
    both_parse = pair[0].parsed & pair[1].parsed
    return {
        **_compared(task, bootstrap, pair, everything),
        "both_parse": _compared(task, bootstrap, pair, both_parse),
    }


def _compared(task: Task, bootstrap: Bootstrap, pair: list[Outcomes], of: Truths) -> dict[str, Any]:
    """On the items in `of`; the documents are drawn from all of them."""
    mine, theirs = (scores(bootstrap, found, of) for found in pair)
    f1, items = mine.f1 - theirs.f1, int(of.sum())
    resting = [found.gold | found.predicted for found in pair]
    counts = ((resting[0] | resting[1]) & of[:, None]).sum(axis=0).tolist()
    documents = int((bootstrap.by_document(of[:, None]) > 0).sum())
    exact = _figure(interval(mine.exact - theirs.exact, items))
    return {
        "items": items,
        "documents": documents,
        "few": documents < FEW,
        "macro_f1": _figure(interval(mean_of_defined(f1), items)),
        **({"accuracy": exact} if _columns(task) == "labels" else {}),
        _columns(task): {name: _figure(interval(f1[:, at], counts[at])) for at, name in enumerate(pair[0].columns)},
        "exact": exact,
        "malformed": _figure(interval(mine.malformed - theirs.malformed, items)),
    }
