import numpy as np

from pipeline.evaluate.intervals import Bootstrap
from pipeline.evaluate.outcomes import Outcomes
from pipeline.evaluate.scores import charged, counting, scores

GOLD = [[1, 0], [1, 0], [0, 0], [1, 0]]
PREDICTED = [[1, 0], [1, 1], [0, 0], [0, 0]]
RIGHT = [[1, 0], [0, 0], [0, 0], [0, 0]]
PARSED = [1, 1, 1, 0]
BOOTSTRAP = Bootstrap(np.array([0, 0, 1, 2]), resamples=300)


def toy() -> Outcomes:
    gold, predicted, right, parsed = (np.array(cells, dtype=bool) for cells in (GOLD, PREDICTED, RIGHT, PARSED))
    return Outcomes(("a", "b"), BOOTSTRAP.documents, parsed, np.ones_like(gold), gold, predicted, right, 0, 0)


def test_row_0_is_the_data() -> None:
    found = scores(BOOTSTRAP, toy())
    # a: 3 labelled, 2 predicted, 1 right; b: none labelled, 1 predicted
    assert np.allclose(found.precision[0], [1 / 2, 0])
    assert np.allclose(found.recall[0], [1 / 3, np.nan], equal_nan=True)
    assert np.allclose(found.f1[0], [2 / 5, 0])
    assert (found.exact[0], found.malformed[0]) == (2 / 4, 1 / 4)  # the first two and the third; the last is malformed
    assert {len(part) for part in (found.precision, found.recall, found.f1, found.exact, found.malformed)} == {301}


def test_some_items_alone_are_scored_under_the_same_resamples() -> None:
    whole, part = scores(BOOTSTRAP, toy()), scores(BOOTSTRAP, toy(), np.array(PARSED, dtype=bool))
    assert np.allclose(part.f1[0], [2 / 4, 0])
    assert (part.exact[0], part.malformed[0]) == (2 / 3, 0)
    without_last = np.isclose(np.concatenate(list(BOOTSTRAP.weights()))[:, 2], 0)
    assert 0 < without_last.sum() < 300
    assert np.array_equal(whole.f1[without_last], part.f1[without_last], equal_nan=True)


def test_a_resample_without_any_of_the_items_has_no_score() -> None:
    found = scores(BOOTSTRAP, toy(), np.array([False, False, False, True]))
    drawn = np.concatenate(list(BOOTSTRAP.weights()))[:, 2] > 0
    assert np.array_equal(~np.isnan(found.malformed), drawn)
    assert set(found.malformed[drawn].tolist()) == {1.0}


def test_what_is_undefined_for_one_and_defined_for_another_counts_as_1() -> None:
    one, other = scores(BOOTSTRAP, toy()), scores(BOOTSTRAP, toy(), np.array([True, False, True, True]))
    counts = counting([one, other])
    assert np.allclose(other.f1[0], [2 / 3, np.nan], equal_nan=True)  # without the item in which b is predicted
    assert np.allclose(charged(other.f1, counts)[0], [2 / 3, 1])
    assert np.isnan(charged(other.f1, counting([other]))[0, 1])
    undefined = np.isnan(one.f1) & np.isnan(other.f1)
    assert undefined.any()
    assert np.array_equal(undefined, ~counts)
