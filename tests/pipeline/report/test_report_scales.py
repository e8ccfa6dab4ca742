import itertools
import random
import sys

import pytest

from pipeline.report.scales import Scale, extent_of, tick_text, ticks

HUGE = sys.float_info.max
EXTENTS = [(0, 1), (0.31, 2.4), (0, 0), (-5, 5), (1e9, 1e9 + 1e-9), (0, 5e-324), (0, HUGE), (-HUGE, HUGE), (3, 1e300)]


@pytest.mark.parametrize(("low", "high"), EXTENTS)
@pytest.mark.parametrize("whole", [False, True])
def test_ticks_are_few_ascending_and_within_the_extent(low: float, high: float, whole: bool) -> None:
    marks = ticks(low, high, whole=whole)
    assert 1 <= len(marks) <= 12
    assert marks == sorted(set(marks))
    assert all(low <= mark <= high for mark in marks)


def test_ticks_are_round_and_whole_where_asked() -> None:
    assert ticks(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert ticks(0, 1, whole=True) == [0, 1]
    assert ticks(0, 960) == [0, 200, 400, 600, 800]


@pytest.mark.parametrize(("low", "high"), EXTENTS)
def test_places_stay_between_the_edges_and_keep_the_order(low: float, high: float) -> None:
    scale, draw = Scale(low, high, 10, 90), random.Random(3)
    values = sorted(
        [low, high, -HUGE, HUGE, 0, *(draw.uniform(-1, 1) * 10.0 ** draw.randint(-9, 9) for _ in range(50))]
    )
    places = [scale.at(value) for value in values]
    assert all(10 <= place <= 90 for place in places)
    assert all(left <= right for left, right in itertools.pairwise(places))


@pytest.mark.parametrize("values", [[], [0], [7, 7], [-3], [HUGE], [-HUGE, HUGE], [5e-324]])
@pytest.mark.parametrize("zero", [False, True])
def test_an_extent_holds_its_values_and_is_never_a_point(values: list[float], zero: bool) -> None:
    low, high = extent_of(values, zero=zero)
    assert low < high
    assert all(low <= value <= high for value in [*values, *([0] if zero else [])])


def test_tick_texts_are_short() -> None:
    values = [0, 0.2, 1500, 123456, -123456, 2.5e6, 1e-5, HUGE, -HUGE, -1.5e-300, 0.30000000000000004]
    assert max(len(tick_text(value)) for value in values) <= 7
    assert [tick_text(value) for value in (0.2, 1500.0, 2.5e6)] == ["0.2", "1,500", "2.5e6"]
