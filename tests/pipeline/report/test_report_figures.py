import random
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest
from markupsafe import Markup

from pipeline.report.figures import WIDTH, Bar, Caption, Group, Line, Mark, bar_figure, line_figure, shortened

CAPTION = Caption("toy", "A <title>", "what it \x00 says")
HUGE = sys.float_info.max
WIDEST = 15 * 0.62
"""Units that a character takes on a narrow screen, in a wide font."""
Read = Callable[[str], Any]


def outside(svg: Markup, read: Read) -> list[str]:
    """What is drawn beyond the view box, texts by the width of their characters."""
    found = list[str]()
    tags = [(tag, {name: value or "" for name, value in attributes.items()}) for tag, attributes in read(svg).tags]
    width, height = map(float, tags[0][1]["viewbox"].split()[2:])
    for tag, at in tags[1:]:
        if tag == "polyline":
            places = [tuple(map(float, point.split(","))) for point in at["points"].split()]
        elif tag == "rect":
            x, y, w, h = (float(at[name]) for name in ("x", "y", "width", "height"))
            places = [(x, y), (x + w, y + h)] if w >= 0 else [(w, h)]
        else:
            names = {"line": ("x1", "y1", "x2", "y2"), "circle": ("cx", "cy"), "text": ("x", "y")}.get(tag, ())
            numbers = [float(at[name]) for name in names]
            places = [(numbers[i], numbers[i + 1]) for i in range(0, len(numbers), 2)]
        if not all(0 <= x <= width and 0 <= y <= height for x, y in places):
            found.append(f"{tag} {at}")
    for x, kind, text in re.findall(r'<text x="([\d.]+)" y="[^"]+" class="([^"]*)">([^<]*)<', svg):
        room = len(text) * WIDEST
        start = float(x) - (room if "end" in kind else room / 2 if "middle" in kind else 0)
        if start < -1 or start + room > WIDTH + 1:
            found.append(text)
    return found


def numbers(draw: random.Random, some: int) -> list[float]:
    kinds = (lambda: 0.0, lambda: 7.0, lambda: draw.random(), lambda: 10.0 ** draw.randint(-300, 300), lambda: HUGE)
    return [draw.choice(kinds)() for _ in range(some)]


@pytest.mark.parametrize("seed", range(12))
def test_bars_stay_inside_whatever_their_values(seed: int, read: Read) -> None:
    draw = random.Random(seed)
    groups = [
        Group("field " * draw.randint(0, 20), tuple(Bar(*sorted(numbers(draw, 3)), numbers(draw, 1)[0]) for _ in "ab"))
        for _ in range(draw.randint(1, 30))
    ]
    assert outside(bar_figure(CAPTION, ["baseline", "round-1"], groups), read) == []
    assert outside(bar_figure(CAPTION, ["baseline", "round-1"], groups, 1.0), read) == []


@pytest.mark.parametrize("seed", range(12))
def test_lines_stay_inside_whatever_their_values(seed: int, read: Read) -> None:
    draw = random.Random(seed)
    lines = [Line("name", [*zip(numbers(draw, 9), numbers(draw, 9), strict=True)]) for _ in range(draw.randint(1, 2))]
    mark = draw.choice([None, Mark(numbers(draw, 1)[0], "chosen cut 0.65")])
    assert outside(line_figure(CAPTION, lines, ("step", "loss"), zero=draw.random() < 0.5, mark=mark), read) == []


def widths(svg: Markup, kind: str) -> list[float]:
    return [float(width) for width in re.findall(rf'<rect class="{kind}"[^>]* width="([\d.]+)"', svg)]


def test_a_larger_value_has_a_longer_bar() -> None:
    groups = [Group(str(value), (Bar(value),)) for value in (0, 1, 2, 500, 1000)]
    found = widths(bar_figure(CAPTION, ["one"], groups), "series-1")
    assert found == sorted(found)
    assert found[0] == 0
    assert found[3] == pytest.approx(found[4] / 2, abs=0.02)


def test_what_was_lost_follows_the_bar_up_to_where_it_began() -> None:
    svg = bar_figure(CAPTION, ["one"], [Group("a", (Bar(60, rest=40),)), Group("b", (Bar(100),))])
    assert widths(svg, "series-1")[0] + widths(svg, "rest")[0] == pytest.approx(widths(svg, "series-1")[1], abs=0.02)


def test_a_bar_without_a_value_says_so_and_one_without_an_interval_has_no_whisker() -> None:
    svg = bar_figure(CAPTION, ["a", "b"], [Group("x", (Bar(None), Bar(0.5)))])
    assert "not measured" in svg
    assert "whisker" not in svg
    assert bar_figure(CAPTION, ["a"], [Group("x", (Bar(0.5, 0.4, 0.6),))]).count('class="whisker"') == 3


def test_a_figure_is_named_for_those_who_do_not_see_it_and_what_it_holds_is_escaped(read: Read) -> None:
    svg = bar_figure(CAPTION, ["<s>", "b"], [Group("</svg><script>", (Bar(1), Bar(2)))])
    page = read(svg)
    assert page.tags[0] == ("svg", page.tags[0][1])
    assert page.tags[0][1]["role"] == "img"
    assert page.tags[0][1]["aria-labelledby"] == "toy-title toy-desc"
    assert {tag for tag, _ in page.tags} == {"svg", "title", "desc", "rect", "text", "line"}
    assert all(text in page.text for text in ("A <title>", "what it ⟨U+0000⟩ says", "<s>", "</svg><script>"))


def test_one_point_is_seen_and_many_points_are_a_line_alone() -> None:
    assert line_figure(CAPTION, [Line("a", [(1, 2)])], ("x", "y")).count("<circle") == 1
    assert "<circle" not in line_figure(CAPTION, [Line("a", [(x, x) for x in range(99)])], ("x", "y"))


def test_nothing_to_draw_is_an_empty_figure(read: Read) -> None:
    assert outside(bar_figure(CAPTION, [], []), read) == []
    assert outside(line_figure(CAPTION, [], ("x", "y")), read) == []


def test_a_long_label_is_cut_by_the_places_it_takes() -> None:
    assert shortened("short label") == "short label"
    assert (len(shortened("x" * 99)), shortened("x" * 99)[-1]) == (44, "…")
    assert len(shortened("漢" * 99)) == 22
