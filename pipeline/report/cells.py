"""Cells of the comparison: a figure with its interval, and a difference with what its interval says."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.report.wording import ABSENT, change, count, figure, known

Figures = Mapping[str, Any]
"""A part of metrics.json; an interval there is {value, low, high, n}, or null where the figure is undefined."""
READINGS = {1: ("better", "✓", "good"), -1: ("worse", "✗", "bad"), 0: ("unclear", "≈", "open")}


@dataclass(frozen=True, slots=True)
class Cell:
    value: str = ABSENT
    interval: str = ""
    n: str = ""
    """Its observations, where they are not those of the row."""
    word: str = ""
    symbol: str = ""
    kind: str = ""


def measured(interval: Figures | None, n: str = "", spell: Callable[[Any], str] = figure) -> Cell:
    """A cell of a row that rests on `n` observations."""
    interval = interval or {}
    mine = count(interval.get("n"))
    return Cell(spell(interval.get("value")), _ends(interval, spell), "" if mine in (n, ABSENT) else mine)


def changed(of: Figures, interval: Figures | None, up: bool) -> Cell:
    """A difference, read by its interval alone: better or worse only where that leaves out zero, and never of few
    documents. `of` is the comparison that it belongs to; `up` says that more is better.
    """
    interval = interval or {}
    if known(interval.get("value")) is None:
        return Cell()
    low, high = known(interval.get("low")), known(interval.get("high"))
    side = 0 if low is None or high is None or of.get("few") else (low > 0) - (high < 0)
    word, symbol, kind = READINGS[side if up else -side]
    return Cell(change(interval["value"]), _ends(interval, change), "", word, symbol, kind)


def _ends(interval: Figures, spell: Callable[[Any], str]) -> str:
    if known(interval.get("value")) is None:
        return ""
    low, high = interval.get("low"), interval.get("high")
    if known(low) is None or known(high) is None:
        return "no interval"
    left_out = f", {count(interval['left_out'])} left out" if interval.get("left_out") else ""
    return f"{spell(low)} to\N{NO-BREAK SPACE}{spell(high)}{left_out}"


def observations(found: Iterable[Figures | None]) -> str:
    """How many the row rests on: what the first that has a count says."""
    counts = (count(interval.get("n")) for interval in found if interval)
    return next((n for n in counts if n != ABSENT), ABSENT)
