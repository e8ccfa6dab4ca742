"""Means and shares with their counts and 95 % intervals, for figures on many samples.

Mean: normal approximation. Share: Wilson (1927), which stays within 0 and 1 and is right for few samples as well.
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
