"""Scores of one student as draws: on the data as they are, and on every resample of their documents."""

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
