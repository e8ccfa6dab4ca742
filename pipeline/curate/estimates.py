"""Means and shares with their counts and 95 % intervals, for figures on many samples.

Mean: normal approximation. Share: Wilson (1927), which stays within 0 and 1 and is right for few samples as well.
Kappa: Cohen (1960, https://doi.org/10.1177/001316446002000104), with his standard error.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Any

Z = 1.959964


def mean(values: Sequence[float]) -> dict[str, Any]:
    """{value, low, high, n}; without values there is no figure, and with one no interval.

    >>> mean([4, 4, 5, 3])
    {'value': 4.0, 'low': 3.1998, 'high': 4.8002, 'n': 4}
    """
    n = len(values)
    if not n:
        return {"value": None, "low": None, "high": None, "n": 0}
    centre = sum(values) / n
    if n == 1:
        return {"value": round(centre, 4), "low": None, "high": None, "n": 1}
    half = Z * sqrt(sum((value - centre) ** 2 for value in values) / (n - 1) / n)
    return {"value": round(centre, 4), "low": round(centre - half, 4), "high": round(centre + half, 4), "n": n}


def share(count: int, n: int) -> dict[str, Any]:
    """{value, low, high, n, count}

    >>> share(0, 20)
    {'value': 0.0, 'low': 0.0, 'high': 0.1611, 'n': 20, 'count': 0}
    """
    if not n:
        return {"value": None, "low": None, "high": None, "n": 0, "count": 0}
    p, spread = count / n, Z * Z / n
    centre, half = (p + spread / 2) / (1 + spread), sqrt(p * (1 - p) * spread + spread * spread / 4) / (1 + spread)
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return {"value": round(p, 4), "low": round(low, 4), "high": round(high, 4), "n": n, "count": count}


def kappa(table: Sequence[Sequence[int]]) -> dict[str, Any]:
    """{value, low, high, n} of two raters' counts, one's categories down and the other's across: agreement beyond
    chance. Null where chance alone agrees.

    >>> kappa([[20, 5], [10, 15]])
    {'value': 0.4, 'low': 0.146, 'high': 0.654, 'n': 50}
    """
    n = sum(map(sum, table))
    if not n:
        return {"value": None, "low": None, "high": None, "n": 0}
    observed = sum(row[at] for at, row in enumerate(table)) / n
    across = [sum(column) for column in zip(*table, strict=True)]
    chance = sum(sum(row) * column for row, column in zip(table, across, strict=True)) / n**2
    if chance == 1:
        return {"value": None, "low": None, "high": None, "n": n}
    value = (observed - chance) / (1 - chance)
    half = Z * sqrt(observed * (1 - observed) / n) / (1 - chance)
    low, high = max(-1.0, value - half), min(1.0, value + half)
    return {"value": round(value, 4), "low": round(low, 4), "high": round(high, 4), "n": n}
