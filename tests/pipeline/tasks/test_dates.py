"""Dates in the many forms that contracts write them in."""

import time

import pytest

from pipeline.tasks.dates import find_dates, parse_date

THIRD_OF_MARCH = [
    "March 3, 2021",
    "MARCH 3, 2021",
    "Mar. 3rd 2021",
    "3 March 2021",
    "3rd of March 2021",
    "the 3rd day of March, 2021",
    "the third day of March, two thousand twenty-one",
    "the third (3rd) day of March, in the year two thousand and twenty-one",
    "March third, twenty twenty-one",
    "2021-03-03",
    "2021/03/03",
    "03.03.2021",
    "3/3/21",
    "3-Mar-21",
    "3.III.2021",
    "2021 March 3",
    "March\n   3,\n2021",
    "March 3 of 2021",
    "3 March, A.D. 2021",
    "3r d day of March 2021",
]


@pytest.mark.parametrize("written", THIRD_OF_MARCH)
def test_a_date_is_found_in_running_text(written: str) -> None:
    found = find_dates(f"This agreement is made on {written} between A and B; Section 5.8.14 applies.")
    assert {one.iso for one in found} == {"2021-03-03"}


@pytest.mark.parametrize("written", THIRD_OF_MARCH)
def test_a_string_that_is_a_date_is_parsed(written: str) -> None:
    assert parse_date(written) == "2021-03-03"


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("03/15/2022", "2022-03-15"),
        ("15/03/2022", "2022-03-15"),
        ("15.03.2022", "2022-03-15"),
        ("1st January 2024", "2024-01-01"),
        ("January 1 of 2024", "2024-01-01"),
        ("12/31/99", "1999-12-31"),
        ("the Fifteenth day of August, One Thousand Nine Hundred and Ninety-Eight", "1998-08-15"),
        ("May 5th, '24", "2024-05-05"),
    ],
)
def test_other_days_are_read_as_well(written: str, iso: str) -> None:
    assert parse_date(written) == iso


def test_an_ambiguous_date_is_found_in_both_readings_over_one_span() -> None:
    found = find_dates("on 5/8/14 at noon")
    assert [one.iso for one in found] == ["2014-05-08", "2014-08-05"]
    assert len({(one.start, one.end) for one in found}) == 1
    assert parse_date("5/8/14") == "2014-05-08"


def test_the_span_covers_the_date_and_nothing_else() -> None:
    text = "until 31 May 2021, at midnight"
    (found,) = find_dates(text)
    assert text[found.start : found.end] == "31 May 2021"


@pytest.mark.parametrize(
    "text",
    ["February 30, 2021", "31 June 2020", "13/32/2020", "May 2021", "clause 5.8.14", "10 - 20 - 30", "March 3, 5000 t"],
)
def test_what_is_no_day_is_not_found(text: str) -> None:
    assert find_dates(text) == []


@pytest.mark.parametrize(
    ("text", "isos"),
    [
        ("from January 1 to December 31, 2024", ["2024-01-01", "2024-12-31"]),
        ("from 1 November until 31 March 2025", ["2024-11-01", "2025-03-31"]),
        ("1 to 15 March 2021", ["2021-03-01", "2021-03-15"]),
    ],
)
def test_the_first_day_of_a_range_takes_its_year_from_the_last(text: str, isos: list[str]) -> None:
    assert [one.iso for one in find_dates(text)] == isos


@pytest.mark.parametrize("value", ["", "soon", "March 3, 2021 and later", "2021-02-30", "2021"])
def test_a_string_that_is_not_one_date_is_none(value: str) -> None:
    assert parse_date(value) is None


@pytest.mark.parametrize("unit", ["1", "a", "one "])
def test_a_megabyte_takes_less_than_two_seconds(unit: str) -> None:
    started = time.process_time()
    assert find_dates(unit * (1_000_000 // len(unit))) == []
    assert time.process_time() - started < 2


@pytest.mark.parametrize("unit", ["March ", "1/1/", " ", "first day of "])
def test_almost_matching_text_is_read_in_linear_time(unit: str) -> None:
    started = time.process_time()
    assert find_dates(unit * (200_000 // len(unit))) == []
    assert time.process_time() - started < 2  # a quadratic search would take minutes
