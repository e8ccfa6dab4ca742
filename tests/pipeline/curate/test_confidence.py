from itertools import product
from random import Random

import pytest

from pipeline.curate.confidence import auroc, confidence_figures, told


def test_the_area_is_the_share_of_pairs_in_which_the_one_that_passes_is_more_confident() -> None:
    rng = Random(3)
    higher, lower = ([round(rng.random(), 1) for _ in range(count)] for count in (40, 15))
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a, b in product(higher, lower)]
    found = auroc(higher, lower)
    assert found["value"] == pytest.approx(sum(pairs) / len(pairs), abs=1e-4)
    assert found["low"] < found["value"] < found["high"]
    assert found["n"] == 55


def test_a_confidence_that_knows_and_one_that_does_not_are_told_apart() -> None:
    knows = confidence_figures(0.85, [0.7] * 30 + [0.9] * 100, [True] * 25 + [False] * 5 + [False] * 98 + [True] * 2)
    assert (knows["below"]["count"], knows["above"]["count"], knows["below"]["n"], knows["above"]["n"]) == (
        25,
        2,
        30,
        100,
    )
    assert "25 of 30 samples below 0.85 and 2 of 100 above: confidence says something" in told(knows)
    blind = confidence_figures(0.85, [0.7, 0.9] * 60, [True, True, False, False] * 30)
    assert blind["auroc"]["value"] == 0.5
    assert "says nothing about their verdicts here" in told(blind)


def test_where_nothing_is_refused_nothing_can_be_told() -> None:
    found = confidence_figures(0.85, [0.9, 0.8], [False, False])
    assert found["auroc"] == {"value": None, "low": None, "high": None, "n": 2}
    assert "cannot be told" in told(found)
    assert confidence_figures(0.85, [], [])["below"]["value"] is None
