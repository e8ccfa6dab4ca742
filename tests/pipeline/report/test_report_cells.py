from typing import Any

import pytest

from pipeline.report.cells import changed, measured, observations


def test_a_figure_has_its_interval_and_its_n_where_the_row_rests_on_another() -> None:
    figure = {"value": 0.71, "low": 0.651, "high": 0.773, "n": 77}
    assert (measured(figure, "77").value, measured(figure, "77").interval) == ("0.710", "0.651 to\xa00.773")
    assert (measured(figure, "77").n, measured(figure, "80").n) == ("", "77")


@pytest.mark.parametrize("nothing", [None, {}, {"value": None, "low": None, "high": None, "n": 4}])
def test_an_undefined_figure_is_a_dash_without_an_interval(nothing: Any) -> None:
    assert (measured(nothing).value, measured(nothing).interval) == ("–", "")
    assert (changed({}, nothing, True).value, changed({}, nothing, True).word) == ("–", "")


@pytest.mark.parametrize(
    ("low", "high", "up", "word"),
    [
        (0.1, 0.3, True, "better"),
        (0.1, 0.3, False, "worse"),
        (-0.3, -0.1, True, "worse"),
        (-0.3, -0.1, False, "better"),
        (-0.1, 0.3, True, "unclear"),
        (0.0, 0.3, True, "unclear"),
        (None, None, True, "unclear"),
    ],
)
def test_a_difference_is_read_by_its_interval(low: float | None, high: float | None, up: bool, word: str) -> None:
    cell = changed({}, {"value": 0.1, "low": low, "high": high, "n": 9}, up)
    assert (cell.word, bool(cell.symbol), cell.value) == (word, True, "+0.100")


def test_of_few_documents_no_difference_is_called_better() -> None:
    assert changed({"few": True}, {"value": 0.2, "low": 0.1, "high": 0.3, "n": 9}, True).word == "unclear"


def test_an_interval_that_is_missing_or_leaves_resamples_out_says_so() -> None:
    assert measured({"value": 1, "low": None, "high": None, "n": 1}).interval == "no interval"
    assert measured({"value": 0.5, "low": 0.1, "high": 1, "n": 2, "left_out": 14}).interval.endswith(", 14 left out")


def test_a_row_rests_on_the_first_count_there_is() -> None:
    assert observations([None, {"n": 66}, {"n": 80}]) == "66"
    assert observations([None, {}]) == "–"
