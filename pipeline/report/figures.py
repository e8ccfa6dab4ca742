"""The report's figures: inline SVG from numbers, without a script, in the page's own colours.

All are 480 units wide. Text is sized by the style sheet, 10 units on a wide screen and 15 on a narrow one, where a unit
is smaller; a line of text is given room for the larger.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pipeline.report.scales import Scale, extent_of, tick_text, ticks
from pipeline.report.wording import visible

WIDTH = 480
EDGE = 2
LINE = 19
BAR = 11
LABEL_CHARACTERS = 44
FILLED = 1
"""The style of a series that stands alone; the first of several, the one compared with, is hollow."""
MARKED_POINTS = 40
"""Lines of up to so many points show each of them."""


@dataclass(frozen=True, slots=True)
class Caption:
    """What a figure is called and what it says, for those who do not see it; `key` is unique on the page."""

    key: str
    title: str
    says: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from zero, its interval if it has one, and what follows it outlined: the part that was lost."""

    value: float | None
    low: float | None = None
    high: float | None = None
    rest: float = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Bars under one label, in the order of the series."""

    label: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Mark:
    """A value on the horizontal axis that the reader shall see."""

    at: float
    label: str


def bar_figure(caption: Caption, series: Sequence[str], groups: Sequence[Group], top: float | None = None) -> Markup:
    """Horizontal bars with whiskers; the longest of them reaches the edge unless `top` says what does."""
    bars = [bar for group in groups for bar in group.bars]
    reached = [end for bar in bars for end in ((bar.value or 0) + bar.rest, bar.high or 0)]
    across = Scale(0, top or extent_of(reached, zero=True)[1], EDGE + 6, WIDTH - 36)
    first = 0 if len(series) > 1 else FILLED
    parts, y = _legend(series)
    start = y
    for group in groups:
        parts.append(_text(across.start, y + 14, shortened(group.label)))
        y += LINE
        for number, bar in enumerate(group.bars):
            parts.append(_bar(bar, across, y, first + number))
            y += BAR + 4
        y += 6
    return _svg(caption, y + LINE, [_down(across, start, y, ticks(0, across.high, whole=_whole(reached))), *parts])


def _bar(bar: Bar, across: Scale, y: float, number: int) -> Markup:
    zero = across.start
    if bar.value is None:
        return _text(zero + 4, y + BAR, "not measured", "muted")
    end = across.at(bar.value)
    parts = [_rect(zero, y, end - zero, f"series-{number % 4}")]
    if bar.rest > 0:
        parts.append(_rect(end, y, across.at(bar.value + bar.rest) - end, "rest"))
    if bar.low is not None and bar.high is not None:
        low, high, middle = across.at(bar.low), across.at(bar.high), y + BAR / 2
        parts.append(_stroke("whisker", low, middle, high, middle))
        parts += [_stroke("whisker", x, y + 1, x, y + BAR - 1) for x in (low, high)]
    return Markup("").join(parts)


def _whole(values: Sequence[float]) -> bool:
    return all(float(value).is_integer() for value in values)


def _down(across: Scale, start: float, end: float, marks: Sequence[float]) -> Markup:
    """Grid lines with their values below."""
    lines = [_stroke("grid", across.at(mark), start, across.at(mark), end) for mark in marks]
    return Markup("").join([*lines, *(_text(across.at(mark), end + 15, tick_text(mark), "middle") for mark in marks)])


def line_figure(
    caption: Caption, lines: Sequence[Line], axes: tuple[str, str], *, zero: bool = False, mark: Mark | None = None
) -> Markup:
    """Lines over a common axis, named (horizontal, vertical); the vertical one starts at zero if asked."""
    points = [point for line in lines for point in line.points]
    parts, y = _legend([line.name for line in lines], of_lines=True)
    across = Scale(*extent_of([x for x, _ in points] + ([mark.at] if mark else []), zero=False), 72, WIDTH - 36)
    top = y + LINE * (2 if mark else 1) + 6
    up = Scale(*extent_of([y for _, y in points], zero=zero), top + 150, top)
    heights = ticks(up.low, up.high, whole=_whole([y for _, y in points]))
    steps = ticks(across.low, across.high, 6, whole=_whole([x for x, _ in points]))
    grid = [_stroke("grid", across.start, up.at(value), across.end, up.at(value)) for value in heights]
    names = [_text(66, up.at(value) + 4, tick_text(value), "end") for value in heights]
    names += [_text(across.at(x), up.start + 18, tick_text(x), "middle") for x in steps]
    names += [_text(EDGE, y + 14, shortened(axes[1]), "muted")]
    names += [_text(across.end, up.start + 2 * LINE - 2, shortened(axes[0]), "muted end")]
    parts += [*grid, *names, *(_mark(mark, across, up) if mark else [])]
    parts += [_line(line, across, up, number) for number, line in enumerate(lines)]
    return _svg(caption, up.start + 2 * LINE + 4, parts)


def _line(line: Line, across: Scale, up: Scale, number: int) -> Markup:
    places = [(across.at(x), up.at(y)) for x, y in line.points]
    dots = [Markup('<circle class="line-{}" cx="{}" cy="{}" r="2.5"/>').format(number % 4, x, y) for x, y in places]
    path = Markup('<polyline class="line-{}" points="{}"/>').format(number % 4, " ".join(f"{x},{y}" for x, y in places))
    return Markup("").join([path, *(dots if len(dots) <= MARKED_POINTS else [])])


def _mark(mark: Mark, across: Scale, up: Scale) -> list[Markup]:
    x = across.at(mark.at)
    side = "start" if x < WIDTH / 2 else "end"
    label = _text(x + (4 if side == "start" else -4), up.end - 5, shortened(mark.label), side)
    return [_stroke("mark", x, up.end - LINE, x, up.start), label]


def _legend(names: Sequence[str], *, of_lines: bool = False) -> tuple[list[Markup], float]:
    """One line of text a series, where there is more than one; and where what follows begins."""
    if len(names) < 2:
        return [], EDGE
    parts = []
    for number, name in enumerate(names):
        y = EDGE + number * LINE
        middle = y + 4 + BAR / 2
        sign = _rect(EDGE + 6, y + 4, 16, f"series-{number % 4}")
        parts += [_stroke(f"line-{number % 4}", EDGE, middle, EDGE + 22, middle) if of_lines else sign]
        parts += [_text(EDGE + 30, y + 14, shortened(name))]
    return parts, EDGE + len(names) * LINE + 4


def shortened(label: str) -> str:
    """A label that fits on one line, by the places that its characters take."""
    room = LABEL_CHARACTERS
    text = " ".join(str(visible(label)).split())
    for place, character in enumerate(text):
        room -= 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if room < 0:
            return f"{text[: place - 1]}…"
    return text


def _rect(x: float, y: float, width: float, kind: str) -> Markup:
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(kind, x, y, round(width, 2), BAR)


def _stroke(kind: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    return Markup('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(kind, x1, y1, x2, y2)


def _text(x: float, y: float, text: str, kind: str = "") -> Markup:
    return Markup('<text x="{}" y="{}" class="{}">{}</text>').format(x, y, kind, text)


def _svg(caption: Caption, height: float, parts: Sequence[Markup]) -> Markup:
    head = Markup(
        '<svg role="img" viewBox="0 0 {width} {height}" aria-labelledby="{key}-title {key}-desc">'
        '<title id="{key}-title">{title}</title><desc id="{key}-desc">{says}</desc>'
    ).format(width=WIDTH, height=height, key=caption.key, title=visible(caption.title), says=visible(caption.says))
    return Markup("").join([head, *parts, Markup("</svg>")])
