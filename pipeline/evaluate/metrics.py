"""Metrics of students on the same real rows, and the paired difference of two of them.

Every figure is {"value", "low", "high", "n"}, n being the observations it rests on, or None where it is undefined.
Macro F1 is the mean over the fields (labels) in which anybody who is compared has an F1: a value is labelled, or one of
them predicts one. Who has none there said nothing where nothing was to be found, which counts as 1. So the difference
of two students is that of their macro F1 in one table, and who invents values pays for it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.evaluate.intervals import FEW, Bootstrap, Floats, Interval, interval, mean_of_defined, share_interval
from pipeline.evaluate.outcomes import Outcomes, Truths, aligned, outcomes
from pipeline.evaluate.scores import Scores, charged, counting, scores
from pipeline.tasks.task import Task

Figure = dict[str, float | int] | None


def metrics_of_all(task: Task, real: pa.Table, predictions: Mapping[str, pa.Table]) -> dict[str, dict[str, Any]]:
    """Metrics by student, of REAL rows and each one's PREDICTION rows, for one table: macro F1 of all is over the
    same fields.

    Raises InputError where predictions are not of the very items. `few` says that there are fewer than 10 documents,
    too few to trust the ends of the intervals.
    """
    pairs = {name: aligned(real, rows) for name, rows in predictions.items()}
    found = {name: outcomes(task, *pair) for name, pair in pairs.items()}
    bootstrap = Bootstrap(next(iter(found.values())).documents)
    drawn = {name: scores(bootstrap, one) for name, one in found.items()}
    counts = counting(list(drawn.values()))
    return {name: _metrics(task, pairs[name][1], bootstrap, found[name], drawn[name], counts) for name in found}


def student_metrics(task: Task, real: pa.Table, predictions: pa.Table) -> dict[str, Any]:
    """Of one student by itself: `metrics_of_all` with nobody beside it."""
    return metrics_of_all(task, real, {"student": predictions})["student"]


def _metrics(
    task: Task, predictions: pa.Table, bootstrap: Bootstrap, found: Outcomes, drawn: Scores, counts: Truths
) -> dict[str, Any]:
    items = len(found.documents)

    def whole(draws: Floats) -> Figure:
        return _figure(share_interval(draws, items, bootstrap.count))

    columns, labels = _columns(task), task.settings.kind == "classification"
    return {
        "items": items,
        "documents": bootstrap.count,
        "few": bootstrap.count < FEW,
        "shots": dict(sorted(Counter(map(str, predictions["shots"].to_pylist())).items())),
        "macro_f1": whole(mean_of_defined(charged(drawn.f1, counts))),
        **({"accuracy": whole(drawn.exact)} if labels else {}),
        columns: _by_column(bootstrap, found, drawn),
        "malformed": whole(drawn.malformed),
        "failures": _failures(predictions),
        "unknown_keys": found.unknown_keys,
        **({"unknown_label": found.unknown_labels} if labels else {}),
        "exact": whole(drawn.exact),
        "seconds": _seconds(predictions["seconds"]),
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


def _seconds(seconds: pa.ChunkedArray) -> dict[str, Figure]:
    """Quantiles of what the rows waited. All rows of a batch have the batch's seconds, so it is batches that are drawn
    anew, and that `n` counts.
    """
    values = seconds.drop_null().cast(pa.float64()).to_numpy()
    if not values.size:
        return {"p50": None, "p95": None}
    batches = Bootstrap(np.unique(values, return_inverse=True)[1])
    draws = batches.quantiles(values, (0.5, 0.95))
    return {name: _figure(interval(draws[:, at], batches.count)) for at, name in enumerate(("p50", "p95"))}


def _per_thousand(seconds: pa.ChunkedArray, items: int) -> float | None:
    """What one worker takes for a thousand rows. All rows of a batch have the batch's seconds, which count once."""
    together = pc.sum(pc.unique(seconds)).as_py()
    return 1000 * float(together) / items if together is not None and items else None


def difference(
    task: Task, real: pa.Table, student: pa.Table, baseline: pa.Table, beside: Sequence[pa.Table] = ()
) -> dict[str, Any]:
    """Student minus baseline, paired: the same documents are drawn for both.

    `beside` are the predictions of the others in their table, whose fields count there, too. `both_parse` is the same
    of the two alone, on the items that both answer in JSON: what is left once the mere form is taken away.
    """
    mine, theirs, *others = (outcomes(task, *aligned(real, rows)) for rows in (student, baseline, *beside))
    bootstrap, everything = Bootstrap(mine.documents), np.ones_like(mine.parsed)
    return {
        **_compared(task, bootstrap, [mine, theirs, *others], everything),
        "both_parse": _compared(task, bootstrap, [mine, theirs], mine.parsed & theirs.parsed),
    }


def _compared(task: Task, bootstrap: Bootstrap, table: list[Outcomes], of: Truths) -> dict[str, Any]:
    """The first two of the table, on the items in `of`; the documents are drawn from all of them."""
    drawn = [scores(bootstrap, found, of) for found in table]
    pair, items = drawn[:2], int(of.sum())
    macro, by_column = (_apart(pair, counting(compared)) for compared in (drawn, pair))
    resting = [found.gold | found.predicted for found in table[:2]]
    counts = ((resting[0] | resting[1]) & of[:, None]).sum(axis=0).tolist()
    documents = int((bootstrap.by_document(of[:, None]) > 0).sum())
    exact = _figure(interval(pair[0].exact - pair[1].exact, items))
    columns = {name: _figure(interval(by_column[:, at], counts[at])) for at, name in enumerate(table[0].columns)}
    return {
        "items": items,
        "documents": documents,
        "few": documents < FEW,
        "macro_f1": _figure(interval(mean_of_defined(macro), items)),
        **({"accuracy": exact} if _columns(task) == "labels" else {}),
        _columns(task): columns,
        "exact": exact,
        "malformed": _figure(interval(pair[0].malformed - pair[1].malformed, items)),
    }


def _apart(pair: list[Scores], counts: Truths) -> Floats:
    """[draws, columns]: by how much the F1 of the first is above that of the second."""
    return charged(pair[0].f1, counts) - charged(pair[1].f1, counts)
