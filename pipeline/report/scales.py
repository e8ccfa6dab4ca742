"""Scales of a figure: from a value to a place, and the round values in between."""

import math
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from `low` to `high` laid out between two places; what lies outside is held at the edge."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """
        >>> Scale(0, 10, 100, 200).at(5), Scale(0, 10, 200, 100).at(99), Scale(3, 3, 0, 10).at(3)
        (150.0, 100.0, 5.0)
        """
        extent = self.high / 2 - self.low / 2  # halves: the difference of two huge values would overflow
        share = (value / 2 - self.low / 2) / extent if extent > 0 else 0.5
        return round(self.start + (self.end - self.start) * min(max(share, 0.0), 1.0), 2)


def extent_of(values: Iterable[float], *, zero: bool) -> tuple[float, float]:
    """Lowest and highest value, from zero if asked, widened where they are one."""
    listed = [*values] or [0.0]
    low, high = min(listed), max(listed)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        pad = abs(low) / 10 or 1.0
        low, high = low - (0 if zero else pad), high + pad
    return max(low, -sys.float_info.max), min(high, sys.float_info.max)


def ticks(low: float, high: float, about: int = 5, *, whole: bool = False) -> list[float]:
    """Round values in steps of 1, 2 or 5, all within the extent; whole ones where only they make sense.

    >>> ticks(0, 1), ticks(0.31, 2.4)
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [0.5, 1.0, 1.5, 2.0])
    """
    rough = (high / 2 - low / 2) / about * 2
    if not math.isfinite(rough) or rough < max(abs(low), abs(high), 1e-290) * 1e-9:
        return sorted({low, high})
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((power * factor for factor in (1, 2, 5) if power * factor >= rough * 0.999), power * 10)
    step = max(step, 1.0) if whole else step
    first = math.ceil(low / step - 1e-9)
    marks = [float(f"{(first + number) * step:.12g}") for number in range(about + 2)]
    return [mark for mark in marks if low <= mark <= high] or sorted({low, high})


def tick_text(value: float) -> str:
    """At most seven characters.

    >>> [tick_text(value) for value in (0.2, 1500.0, 2500000.0, 0.00002)]
    ['0.2', '1,500', '2.5e6', '2e-5']
    """
    plain = f"{value:,.6g}" if not value or 1e-3 <= abs(value) < 1e6 else ""
    short = (re.sub(r"e\+?(-?)0*", r"e\1", f"{value:.{digits}g}") for digits in (2, 1))
    return next(spelt for spelt in (plain, *short) if 0 < len(spelt) <= 7)
