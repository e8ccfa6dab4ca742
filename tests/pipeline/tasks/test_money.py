"""Amounts of money in figures and in words, and answer objects."""

import time
from decimal import Decimal
from typing import Any

import pytest

from pipeline.tasks.currencies import code_of, names_currency
from pipeline.tasks.money import find_amounts, parse_amount


def amounts(text: str) -> list[tuple[str, str | None]]:
    return [(str(found.amount), found.currency) for found in find_amounts(text)]


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("$12,500", "12500", "USD"),
        ("US$ 12,500.00", "12500", "USD"),
        ("USD 12,500", "12500", "USD"),
        ("12,500 USD", "12500", "USD"),
        ("12 500 EUR", "12500", "EUR"),
        ("€4.200,50", "4200.5", "EUR"),
        ("€4.200", "4200", "EUR"),
        ("$0.125", "0.125", "USD"),
        ("£950", "950", "GBP"),
        ("C$40,000", "40000", "CAD"),
        ("CAD $40,000", "40000", "CAD"),
        ("$40,000 (Canadian)", "40000", "CAD"),
        ("$40,000 in Canadian funds", "40000", "CAD"),
        ("A$4,950", "4950", "AUD"),
        ("S$3", "3", "SGD"),
        ("HK$4", "4", "HKD"),
        ("NZ$1,000", "1000", "NZD"),
        ("¥50000", "50000", "JPY"),
        ("₹ 4,50,000", "450000", "INR"),
        ("Rs. 18,75,000/-", "1875000", "INR"),
        ("CHF 12'500", "12500", "CHF"),
        ("R$ 9.450,00", "9450", "BRL"),
        ("R15,000", "15000", "ZAR"),
        ("$2.5 million", "2500000", "USD"),
        ("USD 3m", "3000000", "USD"),
        ("$450k", "450000", "USD"),
        ("2 lakh rupees", "200000", "INR"),
        ("twelve thousand five hundred dollars", "12500", "USD"),
        ("twelve thousand five hundred United States Dollars", "12500", "USD"),
        ("Twelve Thousand Five Hundred and 50/100 Dollars", "12500.5", "USD"),
        ("forty-three euros and fifty cents", "43.5", "EUR"),
        ("forty thousand pounds sterling", "40000", "GBP"),
        ("nine hundred euros", "900", "EUR"),
        ("ten thousand six hundred dollars, lawful money of Canada", "10600", "CAD"),
        ("ninety-nine Australian dollars", "99", "AUD"),
        ("one hundred Singapore dollars", "100", "SGD"),
        ("fifty thousand yen", "50000", "JPY"),
        ("9,000 Swiss francs", "9000", "CHF"),
        ("700 kronor", "700", "SEK"),
        ("Rupees Four Lakh Fifty Thousand only", "450000", "INR"),
        ("one hundred and twelve thousand kwacha", "112000", "ZMW"),
        ("Fee (USD): 12,500", "12500", "USD"),
        ("12,500 (in euros)", "12500", "EUR"),
        ("500 kr", "500", None),
    ],
)
def test_an_amount_is_found_with_its_currency(text: str, amount: str, currency: str | None) -> None:
    assert amounts(f"It comes to {text}.") == [(amount, currency)]


def test_words_and_figures_of_one_sum_are_both_found() -> None:
    assert amounts("twelve thousand five hundred dollars ($12,500)") == [("12500", "USD"), ("12500", "USD")]


@pytest.mark.parametrize(
    "text", ["12,500", "thirty days", "500 pounds of coffee", "section 4.2", "paid in dollars 30 days"]
)
def test_a_number_without_a_currency_is_no_amount(text: str) -> None:
    assert amounts(text) == []


def test_a_sign_belongs_to_the_number_after_it() -> None:
    assert amounts("item 3 $500, and in 2024 USD 700") == [("500", "USD"), ("700", "USD")]


def test_the_span_covers_sign_number_and_name() -> None:
    text = "a fee of US$ 2.5 million a year"
    (found,) = find_amounts(text)
    assert text[found.start : found.end] == "US$ 2.5 million"


def test_what_several_countries_share_is_not_certain() -> None:
    assert [found.certain for found in find_amounts("$5, US$5, five rupees, 5 Sri Lankan rupees")] == [
        False,
        True,
        False,
        True,
    ]


def test_a_text_may_name_its_dollars_elsewhere() -> None:
    assert names_currency("All sums are in Canadian funds.", "CAD")
    assert not names_currency("The price is $5 and the lake is Canadian.", "CAD")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"amount": 12500.0, "currency": "usd"}, (Decimal(12500), "USD")),
        ({"amount": "12,500.50", "currency": "$"}, (Decimal("12500.5"), "USD")),
        ({"amount": 5, "currency": "Canadian dollars"}, (Decimal(5), "CAD")),
        ({"amount": True, "currency": "USD"}, None),
        ({"amount": float("nan"), "currency": "USD"}, None),
        ({"amount": 1e300, "currency": "USD"}, None),
        ({"amount": 5}, None),
        ({"amount": 5, "currency": 7}, None),
        ("$5", None),
        (None, None),
    ],
)
def test_an_answer_object_is_normalised_or_none(value: Any, expected: tuple[Decimal, str] | None) -> None:
    assert parse_amount(value) == expected


def test_codes_signs_and_names_have_one_code() -> None:
    assert [code_of(written) for written in ("eur", "€", "euros", "US$", "abc", "12")] == [
        "EUR",
        "EUR",
        "EUR",
        "USD",
        "ABC",
        None,
    ]


@pytest.mark.parametrize("unit", ["1", "a", "one "])
def test_a_megabyte_takes_less_than_two_seconds(unit: str) -> None:
    started = time.process_time()
    assert find_amounts(unit * (1_000_000 // len(unit))) == []
    assert time.process_time() - started < 2


@pytest.mark.parametrize("unit", ["1 ", "1,1", "dollars ", "5 million ", " "])
def test_almost_matching_text_is_read_in_linear_time(unit: str) -> None:
    started = time.process_time()
    assert find_amounts(unit * (200_000 // len(unit))) == []
    assert time.process_time() - started < 2  # a quadratic search would take minutes
