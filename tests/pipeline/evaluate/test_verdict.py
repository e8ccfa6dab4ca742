from typing import Any

import pytest

from pipeline.evaluate.verdict import verdict


def figure(value: float, low: float, high: float) -> dict[str, Any]:
    return {"value": value, "low": low, "high": high, "n": 80}


UP, DOWN, LEVEL = figure(0.12, 0.05, 0.19), figure(-0.12, -0.19, -0.05), figure(0.02, -0.04, 0.08)


def compared(whole: Any = UP, inner: Any = UP, *, documents: int = 80, parsed: int = 74) -> dict[str, Any]:
    both = {"items": parsed, "documents": min(parsed, documents), "macro_f1": inner}
    malformed = figure(-0.07, -0.125, -0.02)
    return {"items": 80, "documents": documents, "macro_f1": whole, "malformed": malformed, "both_parse": both}


def said(difference: dict[str, Any], demonstration: bool = False) -> dict[str, str]:
    return verdict(difference, demonstration, "round-1", "baseline", "final")


@pytest.mark.parametrize(
    ("whole", "word"),
    [
        (UP, "better"),
        (DOWN, "worse"),
        (LEVEL, "no evidence of a difference"),
        (figure(0.1, 0.0, 0.2), "no evidence of a difference"),
        (figure(-0.1, -0.2, 0.0), "no evidence of a difference"),
        (figure(0.1, 1e-9, 0.2), "better"),
        (None, "no evidence of a difference"),
    ],
)
def test_the_whole_interval_decides_the_word(whole: Any, word: str) -> None:
    assert said(compared(whole))["word"] == word
    assert said(compared(UP, whole if whole else LEVEL))["beyond_format"] == word


def test_the_sentence_gives_the_figures_with_their_intervals() -> None:
    assert said(compared())["sentence"] == (
        "On final, round-1 is better than baseline: macro F1 differs by +0.120 (95 % interval +0.050 to +0.190) on "
        "80 items of 80 documents, the share of malformed replies by -0.070 (95 % interval -0.125 to -0.020); on the "
        "74 items of 74 documents that both answer in JSON, macro F1 differs by +0.120 "
        "(95 % interval +0.050 to +0.190)."
    )


@pytest.mark.parametrize(("inner", "alone"), [(UP, False), (LEVEL, True), (DOWN, True)])
def test_better_by_the_format_alone_is_said_so(inner: Any, alone: bool) -> None:
    sentence = said(compared(UP, inner))["sentence"]
    assert ("so what was learnt may be the format alone" in sentence) == alone
    assert "format alone" not in said(compared(LEVEL, inner))["sentence"]


@pytest.mark.parametrize(("parsed", "inner"), [(9, UP), (0, None), (20, None)])
def test_beyond_the_format_little_is_measurable(parsed: int, inner: Any) -> None:
    found = said(compared(UP, inner, parsed=parsed))
    assert (found["word"], found["beyond_format"]) == ("better", "not measurable")
    assert found["sentence"].endswith(
        f"; on the {parsed} items of {parsed} documents that both answer in JSON, "
        "nothing beyond the format is measurable."
    )
    assert said(compared(UP, UP, parsed=10))["beyond_format"] == "better"


@pytest.mark.parametrize("documents", [1, 9])
def test_a_handful_of_documents_say_nothing_however_clear(documents: int) -> None:
    found = said(compared(figure(1.0, 1.0, 1.0), documents=documents))
    assert (found["word"], found["beyond_format"]) == ("no evidence of a difference", "not measurable")
    assert "fewer than 10 documents, which are too few to say" in found["sentence"]
    assert said(compared(documents=10))["word"] == "better"


def test_an_undefined_f1_is_said_to_be_undefined() -> None:
    found = said(compared(None, None))
    assert found["sentence"].startswith(
        "On final, there is no evidence of a difference between round-1 and baseline: macro F1 is undefined on 80 items"
    )


@pytest.mark.parametrize("whole", [UP, DOWN, LEVEL, None])
def test_a_demonstration_is_never_evidence(whole: Any) -> None:
    ending = "This is a demonstration, not evidence: the real rows were constructed."
    assert said(compared(whole), True)["sentence"].endswith(f". {ending}")
    assert ending not in said(compared(whole))["sentence"]


def test_a_difference_that_rounds_to_nothing_has_no_minus() -> None:
    assert "+0.000 (95 % interval -0.010 to +0.000)" in said(compared(figure(-0.0, -0.01, -0.0001)))["sentence"]
