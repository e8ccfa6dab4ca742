from collections import Counter
from typing import Any

import pyarrow as pa
import pytest

from pipeline.records import SAMPLE
from pipeline.report.page import ReportData
from pipeline.report.reading import (
    OPENING,
    WHOLE,
    as_fields,
    kept_samples,
    long_text,
    rejected_samples,
    worst_predictions,
)


def table(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist([dict.fromkeys(SAMPLE.names) | row for row in rows], schema=SAMPLE)


def test_twenty_samples_are_spread_evenly_and_always_the_same() -> None:
    strata = "a" * 500 + "b" * 30 + "c" * 3
    rows = [{"sample_id": str(number), "stratum": name} for number, name in enumerate(strata)]
    found = kept_samples(table(*rows))
    assert Counter(sample.stratum for sample in found) == {"a": 9, "b": 8, "c": 3}
    assert found == kept_samples(table(*reversed(rows)))


def test_fewer_samples_are_all_shown_and_none_is_none() -> None:
    assert [sample.sample_id for sample in kept_samples(table({"sample_id": "only"}))] == ["only"]
    assert kept_samples(SAMPLE.empty_table()) == []


def test_up_to_three_of_each_reason_come_in_the_order_of_the_stages() -> None:
    rows = [{"sample_id": f"d{n}", "stage": "dedup", "reason": "near"} for n in range(5)]
    rows += [
        {"sample_id": "p", "stage": "parse", "reason": "refusal"},
        {"sample_id": "o", "stage": "odd", "reason": "x"},
    ]
    found = rejected_samples(table(*rows), SAMPLE.empty_table(), ["parse", "dedup"])
    assert [(group.stage, group.reason, group.total, len(group.samples)) for group in found] == [
        ("parse", "refusal", 1, 1),
        ("dedup", "near", 5, 3),
        ("odd", "x", 1, 1),
    ]


def test_a_duplicate_is_shown_with_the_text_that_it_repeats() -> None:
    rejected = table({"sample_id": "d", "stage": "dedup", "reason": "near", "twin_id": "k"})
    (group,) = rejected_samples(rejected, table({"sample_id": "k", "text": "the first"}), ["dedup"])
    assert group.samples[0].twin == ("k", long_text("the first"))


def test_a_long_text_is_cut_and_what_is_left_out_is_counted() -> None:
    text = "x" * (WHOLE + 7)
    found = long_text(text)
    assert (found.opening + found.rest, found.missing, len(found.opening)) == (text[:WHOLE], 7, OPENING)
    assert long_text(None) == long_text("")


def test_a_long_value_is_cut_too() -> None:
    (sample,) = kept_samples(table({"sample_id": "s", "answer": '{"a": "%s"}' % ("x" * 1_234)}))
    assert sample.answer == (("a", "x" * 1_000 + "… (234 more characters)"),)


@pytest.mark.parametrize(
    ("answer", "fields"),
    [
        ('{"a": null}', {"a": None}),
        ({"label": "x"}, {"label": "x"}),
        ("broken {", {"answer": "broken {"}),
        ("[1]", {"answer": [1]}),
        (None, {}),
    ],
)
def test_any_answer_is_laid_out_by_field(answer: Any, fields: dict[str, Any]) -> None:
    assert as_fields(answer) == fields


def test_fields_that_differ_are_marked_and_a_malformed_reply_has_none(data: ReportData) -> None:
    ((student, shown, (wrong, malformed)),) = worst_predictions(data.worst, data.wrong)
    assert (student, shown, wrong.failure, malformed.failure) == ("round-1", "2 of 57 wrong", "", "malformed_json")
    assert wrong.fields == (("parties", '["A"]', '["A"]', False), ("governing_law", "Ohio", "Iowa", True))
    assert not any(differs for *_, differs in malformed.fields)


def test_a_field_that_was_only_predicted_and_an_empty_answer_are_shown() -> None:
    item = {"item_id": 1, "text": "t", "gold": {"a": 1}, "wrong": ["a"]}
    ((_, _, (extra, empty)),) = worst_predictions({"s": [item | {"predicted": {"b": 2}}, item | {"predicted": {}}]}, {})
    assert extra.fields == (("a", "1", "–", True), ("b", "–", "2", False))
    assert (empty.failure, empty.fields) == ("", (("a", "1", "–", True),))
