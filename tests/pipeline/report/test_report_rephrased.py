from typing import Any

from pipeline.report.curation import contamination
from pipeline.report.page import ReportData, report_page
from pipeline.report.rephrased import rephrased

PAIR = {
    "sample": "s1",
    "set": "dev",
    "item": "dev-3",
    "cosine": 0.81,
    "sample_text": "One <b>way</b>.",
    "item_text": "Another.",
    "shared": [],
}


def found(**changes: Any) -> dict[str, Any]:
    curve = [
        {"cut": cut, "removed": 1, "samples": 1 - cut, "control": 0.0, "probes": None} for cut in (0.5, 0.6, 0.7, 1.0)
    ]
    return {
        "model": "mini",
        "cut": 0.71,
        "reached": 1_234,
        "verdict": "separable",
        "says": ["Cut 0.71: none."],
        "curve": curve,
        "examples": {"highest": [PAIR], "just_above": [], "just_below": [PAIR]},
        "nearest_controls": [PAIR | {"sample": "seed-1"}],
        **changes,
    }


def test_without_an_embedding_model_there_is_nothing_to_show() -> None:
    assert rephrased(None) is None


def test_both_curves_are_drawn_with_the_cut_and_what_is_unknown_is_left_out() -> None:
    shown = rephrased(found())
    assert shown is not None
    assert (shown.reached, shown.separable, shown.says) == ("1,234", True, ("Cut 0.71: none.",))
    assert "control: clean texts" in shown.picture
    assert "probes" not in shown.picture
    assert "cut 0.710" in shown.picture
    assert "at 0.5: 0.500 of samples, 0.000 of the control" in shown.picture


def test_pairs_are_shown_where_there_are_any() -> None:
    shown = rephrased(found())
    assert shown is not None
    assert [title for title, _ in shown.pairs] == ["Nearest of all", "Just below the cut"]


def test_the_page_shows_the_tier_and_escapes_what_a_model_wrote(record: dict[str, Any], data: ReportData) -> None:
    record["stages"]["curate"]["contamination"]["embedding"] = found()
    assert contamination(record, []).rephrased is not None  # type: ignore[union-attr]
    html = report_page(data)
    assert "Rephrased real rows" in html
    assert "Cosine 0.810 · sample s1 · dev item dev-3" in html
    assert "Cosine 0.810 · control seed-1 · dev item dev-3" in html
    assert "One &lt;b&gt;way&lt;/b&gt;." in html
