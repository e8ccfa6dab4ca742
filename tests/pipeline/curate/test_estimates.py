import pytest

from pipeline.curate.estimates import kappa, mean, share


def test_a_mean_has_its_count_and_the_usual_interval() -> None:
    found = mean([4, 4, 5, 3])
    assert (found["value"], found["n"]) == (4.0, 4)
    assert found["high"] - found["low"] == pytest.approx(2 * 1.96 * (2 / 3) ** 0.5 / 2, abs=1e-3)
    assert mean([2]) == {"value": 2.0, "low": None, "high": None, "n": 1}
    assert mean([])["value"] is None


def test_a_share_has_wilsons_interval_also_at_its_ends() -> None:
    found = share(8, 10)  # 0.4902 to 0.9433, as in Brown, Cai and DasGupta (2001)
    assert (round(found["low"], 3), round(found["high"], 3)) == (0.490, 0.943)
    assert share(0, 20)["high"] == pytest.approx(0.161, abs=1e-3)
    assert (share(20, 20)["low"], share(20, 20)["high"]) == (pytest.approx(0.839, abs=1e-3), 1.0)
    assert share(0, 0)["value"] is None


def test_kappa_is_agreement_beyond_chance() -> None:
    found = kappa([[45, 15], [25, 15]])  # Cohen's statistic of a textbook table
    assert found["value"] == pytest.approx(0.1304, abs=1e-4)
    assert found["low"] < found["value"] < found["high"]
    assert kappa([[10, 0], [0, 10]])["value"] == 1.0
    assert kappa([[0, 10], [10, 0]])["value"] == -1.0
    assert kappa([[10, 0], [0, 0]])["value"] is None
    assert kappa([])["n"] == 0
