from typing import Any

import pytest

from pipeline.report.curation import contamination, funnel

Entry = dict[str, Any]


def test_counts_that_add_up_raise_no_doubt(record: Entry) -> None:
    found = funnel(record["stages"]["curate"])
    assert found is not None
    assert [(row.stage, row.given, row.rejected, row.kept) for row in found.rows] == [
        ("parse", 30, 3, 27),
        ("dedup", 27, 2, 25),
        ("contamination", 25, 0, 25),
    ]
    assert found.rows[0].reasons == "malformed_json 2, refusal 1"
    assert (found.mistakes, found.splits) == ((), "22 train, 3 validation")


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        ({"kept": 26}, "parse: 30 in, but 3 rejected and 26 kept"),
        ({"rejected": {"malformed_json": 3, "refusal": 1}, "kept": 26}, "parse kept 26, but dedup was given 27"),
    ],
)
def test_counts_that_do_not_add_up_are_told(record: Entry, change: Entry, mistake: str) -> None:
    record["stages"]["curate"]["funnel"][0] |= change
    found = funnel(record["stages"]["curate"])
    assert found is not None
    assert mistake in found.mistakes


def test_splits_that_hold_other_than_what_was_kept_are_told(record: Entry) -> None:
    record["stages"]["curate"]["splits"]["train"] = 21
    found = funnel(record["stages"]["curate"])
    assert found is not None
    assert found.mistakes == ("the splits hold 24, but 25 were kept",)


def test_the_chosen_cut_is_marked_and_what_was_not_checked_is_listed(record: Entry) -> None:
    steps = [{"cut": 0.6, "removed": 3, "newly": 3, "examples": []}, {"cut": 0.65, "removed": 0, "newly": 0}]
    found = contamination(record, steps)
    assert found is not None
    assert [(step.cut, step.removed, step.newly, step.chosen) for step in found.cuts] == [
        ("0.60", "3", "3", False),
        ("0.65", "0", "0", True),
    ]
    assert "chosen cut 0.65" in found.picture
    assert dict(found.not_checked)["rephrasings of real rows, by embedding"] == "no embedding model is set"
    assert found.compared.startswith("25 samples were compared")
    assert found.removed == "No sample was removed as contaminated."


def test_long_runs_in_common_are_told_with_what_became_of_the_samples(record: Entry) -> None:
    record["stages"]["curate"]["contamination"]["ngram"] = {"words": 13, "shared": 1_200, "removed": False}
    found = contamination(record, [])
    assert found is not None
    assert found.overlap.startswith("1,200 samples share 13 words in a row with a real row; they stay")


def test_without_the_sweep_the_cuts_come_from_the_record(record: Entry) -> None:
    found = contamination(record, [])
    assert found is not None
    assert [(step.cut, step.removed, step.newly) for step in found.cuts] == [("0.60", "3", "–"), ("0.65", "0", "–")]


def test_a_cut_between_the_steps_is_marked_in_the_figure_alone(record: Entry) -> None:
    record["settings"]["contamination"]["cut"] = 0.62
    found = contamination(record, [])
    assert found is not None
    assert not any(step.chosen for step in found.cuts)
    assert "chosen cut 0.62" in found.picture


def test_nothing_curated_is_nothing_to_show() -> None:
    assert (funnel({}), contamination({}, [])) == (None, None)
