"""Intervals against formulas, against brute force, and against the truth that simulations know."""

from itertools import pairwise

import numpy as np
import pytest

from pipeline.evaluate import intervals
from pipeline.evaluate.intervals import Bootstrap, Floats, Interval, interval, mean_of_defined, ratio, share_interval


def apart(items: int) -> Bootstrap:
    """Each item its own document."""
    return Bootstrap(np.arange(items))


def shares(bootstrap: Bootstrap, truths: np.ndarray) -> Floats:
    """Draws of the share of true items, one column each."""
    sums = bootstrap.sums(np.column_stack([truths, np.ones(len(truths))]))
    return ratio(sums[:, :-1], sums[:, -1:])


def covered(bootstrap: Bootstrap, truths: np.ndarray, truth: float) -> float:
    """The share of columns whose interval holds the truth."""
    draws = shares(bootstrap, truths)
    found = [interval(draws[:, column], len(truths)) for column in range(truths.shape[1])]
    return float(np.mean([one is not None and one.low <= truth <= one.high for one in found]))


def wilson(right: int, of: int) -> tuple[float, float]:
    z = 1.959964
    middle = (right + z * z / 2) / (of + z * z)
    half = z / (of + z * z) * (right * (of - right) / of + z * z / 4) ** 0.5
    return middle - half, middle + half


def test_the_first_draw_is_the_data_and_every_other_draws_as_many_documents() -> None:
    bootstrap = Bootstrap(np.array([2, 0, 1, 2, 0, 3]), resamples=50)
    rows = np.concatenate(list(bootstrap.weights()))
    assert rows.shape == (51, 4)
    assert rows[0].tolist() == [1, 1, 1, 1]
    assert set(rows.sum(axis=1)) == {4.0}
    assert len({tuple(row) for row in rows.tolist()}) > 20


def test_the_same_data_give_the_same_draws_in_chunks_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(1).random(30)
    bootstrap = Bootstrap(np.arange(30) // 2, resamples=100)
    counts = values[:, None] > 0.4
    before = bootstrap.sums(counts), bootstrap.quantiles(values, (0.5, 0.95))
    for cells in (1, 30, 31, 1_000):
        monkeypatch.setattr(intervals, "CELLS_AT_ONCE", cells)
        assert np.array_equal(bootstrap.sums(counts), before[0])
        assert np.array_equal(bootstrap.quantiles(values, (0.5, 0.95)), before[1])


def test_items_of_one_document_are_drawn_together() -> None:
    bootstrap = Bootstrap(np.array([0, 0, 0, 1]), resamples=200)
    sums = bootstrap.sums(np.eye(4))
    assert np.array_equal(sums[:, 0], sums[:, 1])
    assert np.array_equal(sums[:, 0], sums[:, 2])
    assert set((sums[:, 0] + sums[:, 3]).tolist()) == {2.0}


@pytest.mark.parametrize("right", [40, 120, 300])
def test_a_proportion_is_as_wide_as_wilson_says(right: int) -> None:
    found = interval(shares(apart(400), np.arange(400)[:, None] < right)[:, 0], 400)
    assert found is not None
    assert (found.value, found.n) == (right / 400, 400)
    assert (found.low, found.high) == pytest.approx(wilson(right, 400), abs=0.006)


def test_about_95_in_100_intervals_hold_the_truth() -> None:
    truths = np.random.default_rng(2).random((60, 800)) < 0.3
    assert 0.92 < covered(apart(60), truths, 0.3) < 0.975


def test_copies_within_a_document_are_no_evidence() -> None:
    documents = np.repeat(np.arange(40), 5)
    truths = np.repeat(np.random.default_rng(3).random((40, 400)) < 0.5, 5, axis=0)
    assert covered(Bootstrap(documents), truths, 0.5) > 0.9
    assert covered(apart(200), truths, 0.5) < 0.7
    once = shares(apart(40), truths[::5])
    assert np.array_equal(shares(Bootstrap(documents), truths), once)


def test_a_paired_difference_is_narrower_than_two_intervals() -> None:
    generator = np.random.default_rng(4)
    hard = generator.random(200)
    both = shares(apart(200), np.column_stack([hard < 0.7, hard < 0.75]))
    paired = interval(both[:, 1] - both[:, 0], 200)
    alone = interval(both[:, 0], 200)
    assert paired is not None
    assert alone is not None
    assert paired.low > 0
    assert paired.high - paired.low < (alone.high - alone.low) / 1.5


def test_quantiles_are_those_of_the_drawn_values_written_out() -> None:
    generator = np.random.default_rng(5)
    values, documents = generator.random(25).round(1), np.arange(25) // 3
    bootstrap = Bootstrap(documents, resamples=60)
    rows = np.concatenate(list(bootstrap.weights()))
    written_out = [np.quantile(np.repeat(values, row[documents].astype(int)), [0.5, 0.95]) for row in rows]
    assert np.allclose(bootstrap.quantiles(values, (0.5, 0.95)), written_out)


def test_values_that_were_not_measured_have_no_part_in_quantiles() -> None:
    bootstrap = apart(4)
    draws = bootstrap.quantiles(np.array([1.0, np.nan, 3.0, np.nan]), (0.5,))
    assert draws[0, 0] == 2.0
    found = interval(draws[:, 0], 2)
    # neither of two among four documents is drawn with the chance (1/2)^4
    assert found is not None
    assert found.left_out == pytest.approx(2_000 / 16, rel=0.3)
    assert np.isnan(bootstrap.quantiles(np.full(4, np.nan), (0.5, 0.95))).all()


def test_a_statistic_that_is_undefined_has_no_interval() -> None:
    assert interval(np.array([np.nan, 1.0, 1.0]), 3) is None
    assert interval(np.array([1.0, np.nan, np.nan]), 3) is None
    assert share_interval(np.full(10, np.nan), 3, 3) is None


def test_resamples_that_leave_a_statistic_undefined_are_left_out_and_counted() -> None:
    # one document in three bears on it; it is drawn not at all with the chance (2/3)^3
    sums = apart(3).sums(np.array([[1, 1], [0, 0], [0, 0]]))
    found = interval(ratio(sums[:, 0], sums[:, 1]), 1)
    assert found is not None
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)
    assert found.left_out == pytest.approx(2_000 * 8 / 27, rel=0.1)
    assert found.as_dict()["left_out"] == found.left_out
    assert Interval(1.0, 0.5, 1.0, 3).as_dict() == {"value": 1.0, "low": 0.5, "high": 1.0, "n": 3}


def test_what_never_happened_in_80_documents_may_still_happen() -> None:
    never, always = (share_interval(np.full(2_001, value), 80, 80) for value in (0.0, 1.0))
    # 1 - 0.025^(1/80) = 0.0451: so rare a thing is missed by 80 documents once in forty times
    assert never is not None
    assert always is not None
    assert (never.low, never.high) == (0.0, pytest.approx(0.0451, abs=1e-4))
    assert (always.low, always.high) == (pytest.approx(0.9549, abs=1e-4), 1.0)
    widths = [share_interval(np.zeros(9), 500, n).high for n in (1, 3, 10, 100)]  # type: ignore[union-attr]
    assert all(wider > narrower for wider, narrower in pairwise(widths))


def test_a_share_between_0_and_1_is_left_to_the_resamples() -> None:
    draws = shares(apart(50), np.arange(50)[:, None] < 20)[:, 0]
    assert share_interval(draws, 50, 50) == interval(draws, 50)


def test_the_macro_mean_is_over_the_columns_defined_on_the_data() -> None:
    nan = np.nan
    draws = np.array([[0.2, nan, 0.6], [0.4, 1.0, nan], [nan, 1.0, nan]])
    assert mean_of_defined(draws).tolist() == pytest.approx([0.4, 0.4, nan], nan_ok=True)
    assert np.isnan(mean_of_defined(np.full((3, 2), nan))).all()
