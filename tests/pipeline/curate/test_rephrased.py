import numpy as np
import pyarrow as pa
import pytest

from pipeline.curate.decontaminate import Cuts, check
from pipeline.curate.embedding_tier import Texts, clean_controls, embedding_tier
from pipeline.curate.exam import Exam
from pipeline.curate.rephrased import (
    calibrated,
    curves,
    excess,
    lower_bound,
    probe_texts,
    upper_bound,
    with_rephrased,
)
from pipeline.errors import InputError

NONE = np.empty(0)


def exam_of(*texts: str, **more: list[str]) -> Exam:
    tables = {"dev": list(texts), **more}
    return Exam.of({n: pa.table({"row": range(len(t)), "text": t}) for n, t in tables.items()}, id="row", text="text")


def test_no_more_controls_reach_the_cut_than_are_allowed_and_a_lower_cut_would_flag_more() -> None:
    control = np.linspace(0.55, 0.85, 200)
    found = calibrated(control, NONE, 0.01)
    assert found.flagged == 2
    assert ((control >= found.cut - 0.002).sum()) > 2


def test_equal_controls_are_flagged_together_or_not_at_all() -> None:
    found = calibrated(np.array([0.6, 0.7, 0.7, 0.7]), NONE, 0.5)
    assert (found.cut, found.flagged) == (0.7001, 0)


def test_a_control_that_is_far_from_everything_does_not_lower_the_cut_below_half() -> None:
    assert calibrated(np.array([0.1, 0.2]), NONE, 0.01).cut == 0.5


def test_a_control_that_is_an_item_leaves_nothing_to_be_found() -> None:
    found = calibrated(np.array([1.0, 0.2]), np.array([0.99]), 0.01)
    assert found.cut > 1
    assert (found.flagged, found.separable) == (0, "not separable")


@pytest.mark.parametrize(("flagged", "of", "bound"), [(0, 80, 0.0368), (0, 299, 0.00997), (80, 80, 1), (4, 80, 0.1108)])
def test_the_bound_is_that_of_clopper_and_pearson(flagged: int, of: int, bound: float) -> None:
    assert upper_bound(flagged, of) == pytest.approx(bound, abs=1e-4)


@pytest.mark.slow
def test_the_bound_holds_although_the_cut_was_chosen_on_the_same_controls() -> None:
    """Of many sets of controls, one in twenty gives a cut above which more clean texts lie than it certifies."""
    draw = np.random.default_rng(1)
    broken = 0
    for _ in range(2_000):
        found = calibrated(draw.uniform(0.5, 1, 80), NONE, 0.03)
        broken += (1 - found.cut) / 0.5 > found.bound
    assert 0.02 < broken / 2_000 < 0.06


def test_the_lower_bound_mirrors_the_upper() -> None:
    assert lower_bound(77, 80) == pytest.approx(1 - upper_bound(3, 80))
    assert lower_bound(0, 80) == 0


def test_half_of_the_probes_must_reach_the_cut() -> None:
    control = np.array([0.7])
    assert calibrated(control, np.array([0.9, 0.6]), 0.01).separable == "separable"
    assert calibrated(control, np.array([0.9, 0.6, 0.6]), 0.01).separable == "not separable"
    assert calibrated(control, NONE, 0.01).separable == "unknown"


@pytest.mark.parametrize("share", [-0.1, 1, 1.5])
def test_a_share_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(InputError, match="--false-alarm"):
        calibrated(np.array([0.5]), NONE, share)


def test_probes_are_items_without_every_fourth_word_which_no_lexical_tier_finds() -> None:
    items = [" ".join(f"w{number}x{place}" for place in range(12)) for number in range(450)]
    exam = exam_of("too short for one", *items)
    probes = probe_texts(exam)
    assert len(probes) == 150
    assert probes[0] == "w0x0 w0x1 w0x2 w0x4 w0x5 w0x6 w0x8 w0x9 w0x10"
    found = check(probes, exam, Cuts(0.01, 0.01))
    assert found["reason"].null_count == 150


def test_the_curves_hold_counts_and_shares_at_every_hundredth() -> None:
    found = curves(np.array([0.6, 0.9]), np.array([0.55]), NONE)
    assert (len(found), found[0]["cut"], found[-1]["cut"]) == (51, 0.5, 1.0)
    at = {step["cut"]: step for step in found}
    assert at[0.6] == {"cut": 0.6, "removed": 2, "samples": 1.0, "control": 0.0, "probes": None}
    assert at[0.9]["removed"] == 1


def test_samples_like_the_control_show_no_excess_and_others_do() -> None:
    draw = np.random.default_rng(0)
    clean = draw.uniform(0.3, 0.8, 1_000)
    assert excess(draw.uniform(0.3, 0.8, 1_000), clean) is None
    found = excess(np.concatenate([clean[:500], np.full(500, 0.9)]), clean)
    assert found is not None
    assert found["share"] == pytest.approx(0.5, abs=0.03)


def test_only_samples_that_were_clean_before_get_the_tier_s_reason() -> None:
    exam = exam_of("pay the bill within thirty days of today please", "another item that is not alike at all")
    texts = ["Pay the bill within thirty days of today, please", "settle the invoice in a month", "unrelated"]
    checked = check(texts, exam, Cuts())
    found = with_rephrased(checked, np.array([0.99, 0.9, 0.2]), np.array([0, 0, 1]), 0.8, exam).to_pylist()
    assert [row["reason"] for row in found] == [checked["reason"][0].as_py(), "contaminated_embedding", None]
    assert [row["similarity"] for row in found[1:]] == [0.9, None]
    assert [(row["twin_set"], row["twin_id"], row["twin_item"]) for row in found[1:]] == [("dev", 0, 0), (None,) * 3]
    assert [row["cosine"] for row in found] == [0.99, 0.9, 0.2]


def angled(texts: object, _: str) -> np.ndarray:
    """The toy model: the first number of a text is its angle in degrees; others stand alone."""
    angles = [float(str(text).split()[0]) for text in texts]  # type: ignore[attr-defined]
    return np.stack([np.cos(np.radians(angles)), np.sin(np.radians(angles))], axis=1).astype(np.float32)


def test_the_tier_finds_what_is_nearer_than_the_control_and_says_what_is_known() -> None:
    exam = exam_of("0 a b c d e f g h i")
    samples, control = (
        Texts(range(3), ["10 x", "30 x", "80 x"]),
        Texts(["s1", "s2", "s3"], ["40 y", "60 y", "0 A b c d e f g h i"]),
    )
    found = embedding_tier(samples, control, exam, angled, false_alarm=0.01, where="seeds")
    figures = found.figures
    assert figures["cut"] == pytest.approx(np.cos(np.radians(40)), abs=1e-4)
    assert (figures["reached"], figures["control"]) == (2, {"rows": 2, "flagged": 0, "bound": 0.776393, "left_out": 1})
    assert figures["verdict"] == "separable"
    assert [one["sample"] for one in figures["examples"]["just_above"]] == [1]
    assert [one["sample"] for one in figures["nearest_controls"]] == ["s1"]
    assert figures["says"] == [
        "Cut 0.7661: 0 of 2 control texts reach it (0 %, and 1 % may); at 95 % no more than 78 % of clean texts do.",
        "To certify 1 % takes 299 control texts with none flagged.",
        "1 control texts are items of the evaluation set and were left out.",
        "1 of 1 probes (items without every fourth word) reach it: leak and neighbour can be told apart here.",
    ]


def test_where_the_control_comes_as_near_as_a_probe_the_tier_says_that_it_cannot_tell() -> None:
    exam = exam_of("0 a b c d e f g h i")
    tier = embedding_tier(Texts([0], ["5 x"]), Texts([0], ["0 y"]), exam, angled, false_alarm=0.01, where="seeds")
    assert tier.figures["verdict"] == "not separable"
    assert tier.figures["reached"] == 0
    assert "cannot be told apart here. What is not flagged is not known to be clean." in tier.figures["says"][-1]


def test_a_control_nearer_than_the_sets_are_to_each_other_is_named() -> None:
    exam = exam_of("0 a", final=["50 b"])
    control = Texts(["s1", "s2"], ["3 x", "120 x"])
    found = embedding_tier(Texts([0], ["200 x"]), control, exam, angled, false_alarm=0.5, where="seeds").figures
    assert [one["sample"] for one in found["suspected"]["pairs"]] == ["s1"]
    assert any("(s1 and dev/0): read them" in sentence for sentence in found["says"])


@pytest.mark.parametrize(("texts", "said"), [([], "holds no rows"), (["The  item"], "holds nothing but texts of the")])
def test_a_control_without_a_clean_text_is_refused(texts: list[str], said: str) -> None:
    with pytest.raises(InputError, match=f"^clean.csv: {said}"):
        clean_controls(Texts(range(len(texts)), texts), exam_of("the item"), "clean.csv")
