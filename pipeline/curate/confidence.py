"""How well the teacher's confidence predicts what the other filters say: until that is known it is a mere handle."""

from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np

from pipeline.curate.estimates import Z, share


def confidence_figures(cut: float, confidence: Sequence[float], refused: Sequence[bool]) -> dict[str, Any]:
    """Of samples below the cut and of those at it or above, how many other filters refuse; and how often a sample that
    they let pass is the more confident of two (AUROC; one half is chance). `refused` is what they say of each sample,
    also of those that the cut takes.
    """
    below = [no for value, no in zip(confidence, refused, strict=True) if value < cut]
    above = [no for value, no in zip(confidence, refused, strict=True) if value >= cut]
    return {
        "cut": cut,
        "below": share(sum(below), len(below)),
        "above": share(sum(above), len(above)),
        "auroc": auroc(
            [value for value, no in zip(confidence, refused, strict=True) if not no],
            [value for value, no in zip(confidence, refused, strict=True) if no],
        ),
    }


def auroc(higher: Sequence[float], lower: Sequence[float]) -> dict[str, Any]:
    """{value, low, high, n}: the chance that one of `higher` exceeds one of `lower`, ties counting half, with the 95 %
    interval of Hanley and McNeil (https://doi.org/10.1148/radiology.143.1.7063747). None where either is empty.

    >>> auroc([0.9, 0.8, 0.95], [0.9, 0.7])
    {'value': 0.75, 'low': 0.2815, 'high': 1.0, 'n': 5}
    """
    many, few = len(higher), len(lower)
    if not many or not few:
        return {"value": None, "low": None, "high": None, "n": many + few}
    order = np.sort(np.asarray(lower, np.float64))
    values = np.asarray(higher, np.float64)
    beaten = (np.searchsorted(order, values, "left") + np.searchsorted(order, values, "right")).sum() / 2
    area = float(beaten) / (many * few)
    of_higher, of_lower = area / (2 - area), 2 * area * area / (1 + area)
    spread = area * (1 - area) + (many - 1) * (of_higher - area * area) + (few - 1) * (of_lower - area * area)
    half = Z * sqrt(max(0.0, spread) / (many * few))
    ends = max(0.0, area - half), min(1.0, area + half)
    return {"value": round(area, 4), "low": round(ends[0], 4), "high": round(ends[1], 4), "n": many + few}


def told(found: dict[str, Any]) -> str:
    """The figures in a sentence that draws the conclusion."""
    below, above, area = found["below"], found["above"], found["auroc"]
    shares = [f"{one['count']:,} of {one['n']:,}" for one in (below, above)]
    said = f"the other filters refuse {shares[0]} samples below {found['cut']:g} and {shares[1]} above"
    if area["value"] is None:
        return f"{said}: whether confidence says anything cannot be told"
    figures = f"AUROC {area['value']:.2f} [{area['low']:.2f}, {area['high']:.2f}]"
    if area["low"] > 0.5:
        return f"{said}: confidence says something about their verdicts ({figures})"
    return f"{said}: confidence says nothing about their verdicts here ({figures})"
