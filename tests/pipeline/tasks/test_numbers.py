"""Numbers in words: what is one number, what is none, and where they stand in a text."""

from decimal import Decimal

import pytest

from pipeline.tasks.numbers import number_runs, words_to_number


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("twelve thousand five hundred", "12500"),
        ("one and a half million", "1500000"),
        ("a million and a half", "1500000"),
        ("half a million", "500000"),
        ("forty-two", "42"),
        ("a hundred", "100"),
        ("twelve hundred", "1200"),
        ("two hundred and fifty-three thousand, one hundred and one", "253101"),
        ("Eighteen Lakh Seventy-Five Thousand", "1875000"),
        ("two and a half", "2.5"),
        ("zero", "0"),
    ],
)
def test_a_phrase_that_is_one_number_has_its_value(words: str, value: str) -> None:
    assert words_to_number(words) == Decimal(value)


@pytest.mark.parametrize(
    "words", ["", "hundred", "several hundred", "one one", "one hundred and", "one thousand two thousand", "forty 2"]
)
def test_a_phrase_that_is_not_one_number_is_none(words: str) -> None:
    assert words_to_number(words) is None


def test_very_long_phrases_are_none_rather_than_deep_recursion() -> None:
    assert words_to_number("one thousand " * 5000) is None


def test_numbers_are_found_where_they_stand() -> None:
    text = "In phase one, two hundred dollars; later forty-two."
    assert [(text[run.start : run.end], run.value) for run in number_runs(text)] == [
        ("two hundred", Decimal(200)),
        ("forty-two", Decimal(42)),
    ]
