from typing import Any

import pytest

from pipeline.report.head import demonstration, facts, unmeasured, verdict

Entry = dict[str, Any]


@pytest.mark.parametrize(
    ("word", "symbol"), [("better", "✓"), ("worse", "✗"), ("no evidence of a difference", "≈"), ("not measurable", "≈")]
)
def test_a_verdict_has_a_word_and_a_symbol(metrics: Entry, word: str, symbol: str) -> None:
    metrics["difference"]["verdict"]["word"] = word
    assert (verdict(metrics).word, verdict(metrics).symbol) == (word, symbol)


def test_the_sentence_is_the_claim_and_then_its_figures(metrics: Entry) -> None:
    found = verdict(metrics)
    assert (found.claim, found.figures) == (
        "On final, round-1 is better than baseline:",
        "macro F1 differs by +0.193.",
    )
    metrics["difference"]["verdict"]["sentence"] = "No colon here."
    assert (verdict(metrics).claim, verdict(metrics).figures) == ("No colon here.", "")


def test_a_missing_evaluation_is_a_verdict_of_its_own(metrics: Entry) -> None:
    assert verdict({}).word == "not measured"
    del metrics["difference"]
    assert verdict(metrics).word == "not compared"


def test_a_demonstration_says_which_rows_were_constructed(record: Entry) -> None:
    assert "constructed (final 7)" in demonstration(record)
    record["settings"]["demonstration"] = False
    assert demonstration(record) == ""


def test_what_is_missing_is_listed(record: Entry, metrics: Entry) -> None:
    assert unmeasured(record, metrics, True) == [
        "Contamination, rephrasings of real rows, by embedding: no embedding model is set."
    ]
    assert [line.partition(":")[0] for line in unmeasured({}, {}, False)] == [
        "Filters, duplicates and contamination",
        "Training",
        "Before and after",
    ]


def test_the_openings_of_final_are_counted(record: Entry, metrics: Entry) -> None:
    assert dict(facts(record, metrics))["Openings of final"] == "once"
    record["openings_of_final"] *= 3
    assert dict(facts(record, metrics))["Openings of final"].startswith("3 times (")
    assert dict(facts(record, metrics))["Compared"] == (
        "round-1 with baseline, on the same 80 items of 78 documents of final"
    )
