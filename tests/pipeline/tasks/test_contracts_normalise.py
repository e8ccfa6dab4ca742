"""Comparable forms of the five contract facts, and whether they stand in a text."""

from typing import Any

import pytest

from pipeline.canonical import canonical_json
from pipeline.tasks.contracts.normalise import grounded, normalise


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("parties", ["Harbor Lane Foods, Inc.", "Ames & Co."], ["Ames and Company", "HARBOR LANE FOODS INCORPORATED"]),
        ("parties", ["Tamsin Works L.L.C."], ["Tamsin  Works, LLC"]),
        ("effective_date", "2021-03-03", "March 3, 2021"),
        ("payment_amount", {"amount": 12500, "currency": "USD"}, {"amount": 12500.0, "currency": "usd"}),
        ("governing_law", "Delaware", "the laws of the State of Delaware, USA"),
        ("governing_law", "Ontario", "Province of Ontario and the federal laws of Canada applicable therein"),
        ("governing_law", "England and Wales", "English law"),
        ("governing_law", "Quebec", "Québec"),
        ("governing_law", "Germany", "Federal Republic of Germany"),
        ("governing_law", "Netherlands", "the Kingdom of the Netherlands"),
        ("governing_law", "Massachusetts", "Commonwealth of Massachusetts"),
        ("termination_clause_type", "for_convenience", "For Convenience"),
    ],
)
def test_equal_facts_have_one_form(field: str, one: Any, other: Any) -> None:
    assert normalise(field, one) == normalise(field, other)


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("parties", ["Acme Inc."], ["Acme LLC"]),
        ("payment_amount", {"amount": 12500, "currency": "USD"}, {"amount": 12500, "currency": "CAD"}),
        ("governing_law", "New York", "New Jersey"),
        ("governing_law", "Northern Ireland", "Ireland"),
        ("governing_law", "Georgia", "South Georgia"),
    ],
)
def test_different_facts_have_different_forms(field: str, one: Any, other: Any) -> None:
    assert normalise(field, one) != normalise(field, other)


def test_amounts_print_without_exponent_or_trailing_zeros() -> None:
    assert normalise("payment_amount", {"amount": 1e6, "currency": "EUR"}) == {"amount": "1000000", "currency": "EUR"}
    assert normalise("payment_amount", {"amount": 12500.50, "currency": "EUR"})["amount"] == "12500.5"


@pytest.mark.parametrize(
    "field", ["parties", "effective_date", "termination_clause_type", "payment_amount", "governing_law", "unknown"]
)
@pytest.mark.parametrize("value", ["A  b", 7, True, [1], {"x": None}, [["deep"]], {"amount": "?", "currency": "USD"}])
def test_a_value_of_any_type_has_a_form_and_never_raises(field: str, value: Any) -> None:
    canonical_json(normalise(field, value))
    assert grounded(field, value, "some text") in (True, False, None)


def test_null_stays_null_and_is_not_asked_for() -> None:
    assert normalise("parties", None) is None
    assert grounded("parties", None, "text") is None


TEXT = """This Agreement is made on the 3rd day of March, 2021 between Harbor Lane
Foods, Incorporated and A.S. Calcio S.r.l. for $12,500, all sums being in Canadian dollars. English law governs."""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("parties", ["Harbor Lane Foods, Inc.", "A.S. Calcio S.r.l."]),
        ("effective_date", "2021-03-03"),
        ("payment_amount", {"amount": 12500, "currency": "USD"}),
        ("payment_amount", {"amount": 12500, "currency": "CAD"}),
        ("governing_law", "England and Wales"),
    ],
)
def test_a_fact_that_the_text_states_is_grounded(field: str, value: Any) -> None:
    assert grounded(field, value, TEXT) is True


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("parties", ["Harbor Lane Foods, Inc.", "Invented GmbH"]),
        ("effective_date", "2021-03-04"),
        ("payment_amount", {"amount": 12500, "currency": "EUR"}),
        ("payment_amount", {"amount": 1250, "currency": "USD"}),
        ("governing_law", "France"),
        ("governing_law", "United States"),
    ],
)
def test_a_fact_that_the_text_does_not_state_is_not_grounded(field: str, value: Any) -> None:
    assert grounded(field, value, TEXT) is False


def test_an_enumeration_cannot_be_grounded() -> None:
    assert grounded("termination_clause_type", "expiry", TEXT) is None


def test_initials_are_not_pronouns() -> None:
    assert grounded("governing_law", "United States", "It is up to us.") is False
    assert grounded("governing_law", "United States", "U.S. law applies.") is True
