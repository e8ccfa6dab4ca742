"""Scores of one student as draws: on the data as they are, and on every resample of their documents."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.evaluate.intervals import Bootstrap, Floats, ratio
from pipeline.evaluate.outcomes import Outcomes, Truths


@dataclass(frozen=True, slots=True)
class Scores:
    """Row 0 is the data; by column of the outcomes unless it says otherwise. NaN is undefined."""

    precision: Floats
    recall: Floats
    f1: Floats
    """2 x right / (gold + predicted): undefined only where nothing is labelled and nothing predicted."""
    exact: Floats
    """[draws]: share of items with nothing wrong; in classification, the accuracy."""
    malformed: Floats
    """[draws]"""


def scores(bootstrap: Bootstrap, found: Outcomes, of: Truths | None = None) -> Scores:
    """Of all items, or of those in `of` [items]; the documents are resampled in the same way for either."""
    items = np.ones_like(found.parsed) if of is None else of
    each = (found.right, found.gold, found.predicted, found.exact[:, None], ~found.parsed[:, None], items[:, None])
    sums = bootstrap.sums(np.concatenate(each, axis=1) & items[:, None])
    width = len(found.columns)
    right, gold, predicted = (sums[:, at * width : (at + 1) * width] for at in range(3))
    exact, malformed, whole = sums[:, -3:].T
    return Scores(
        ratio(right, predicted),
        ratio(right, gold),
        ratio(2 * right, gold + predicted),
        ratio(exact, whole),
        ratio(malformed, whole),
    )


def counting(compared: Sequence[Scores]) -> Truths:
    """[draws, columns]: where any of those compared has an F1. Elsewhere nothing is labelled and nobody said anything,
    which tells nobody from another.
    """
    counts: Truths = np.any([~np.isnan(one.f1) for one in compared], axis=0)
    return counts


def charged(f1: Floats, counts: Truths) -> Floats:
    """[draws, columns]: F1, and 1 where it is undefined and yet counts: right on every row. NaN where it does not.

    >>> charged(np.array([[0.5, np.nan, np.nan]]), np.array([[True, True, False]]))
    array([[0.5, 1. , nan]])
    """
    return np.where(counts, np.where(np.isnan(f1), 1.0, f1), np.nan)
