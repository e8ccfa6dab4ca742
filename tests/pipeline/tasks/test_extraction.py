from collections.abc import Callable

import pytest

from pipeline.tasks.extraction import carried_over, conflicting, grounded, normalised, own_facts, ungrounded
from pipeline.tasks.task import Task

TEXT = (
    "Made on 2 May 2020 between Orla Tiles Ltd and Bo Vance, in force from 1 June 2020. The fee is $1,200; law of Ohio."
)
ANSWER = {
    "parties": ["Orla Tiles Ltd", "Bo Vance"],
    "effective_date": "2020-06-01",
    "termination_clause_type": None,
    "payment_amount": {"amount": 1200, "currency": "USD"},
    "governing_law": "Ohio",
}


def test_values_are_looked_for_in_any_form_and_enumerations_and_nulls_are_not(contracts: Task) -> None:
    assert ungrounded(contracts, ANSWER, TEXT) == []
    assert ungrounded(contracts, {**ANSWER, "effective_date": "2020-06-02", "governing_law": "Iowa"}, TEXT) == [
        "effective_date",
        "governing_law",
    ]
    assert grounded(contracts, "termination_clause_type", "for_cause", TEXT) is None


def test_the_same_value_in_another_spelling_is_the_same(contracts: Task) -> None:
    assert normalised(contracts, "governing_law", "the State of Ohio") == normalised(contracts, "governing_law", "ohio")
    assert normalised(contracts, "parties", None) == "null"


def test_a_contradiction_needs_both_texts_to_bear_both_answers(contracts: Task) -> None:
    other = {**ANSWER, "effective_date": "2020-05-02"}
    assert conflicting(contracts, TEXT, ANSWER, TEXT + " Copy.", other) == ["effective_date"]
    moved = TEXT.replace("1 June", "1 July")
    assert conflicting(contracts, TEXT, ANSWER, moved, {**ANSWER, "effective_date": "2020-07-01"}) == []
    assert conflicting(contracts, TEXT, ANSWER, TEXT, {**ANSWER, "termination_clause_type": "expiry"}) == [
        "termination_clause_type"
    ]


def test_a_seeds_names_dates_and_amounts_are_its_own_and_its_law_is_not(contracts: Task) -> None:
    facts = own_facts(contracts, TEXT, ANSWER)
    sample = "Bo Vance pays USD 1200.00 from June 1st, 2020 and on 2020-05-02 under the law of Ohio."
    assert len(carried_over(contracts, facts, sample)) == 6
    assert carried_over(contracts, facts, "Ann Roe pays $1,300 from 3 June 2020 under the law of Ohio.") == []


def test_a_seed_without_an_answer_still_has_the_dates_and_amounts_of_its_text(contracts: Task) -> None:
    assert len(own_facts(contracts, TEXT, None)) == 3


@pytest.mark.parametrize(("number", "found"), [("A-1047", True), ("A-1048", False)])
def test_without_a_normaliser_text_is_compared_in_lower_case(
    load: Callable[..., Task], number: str, found: bool
) -> None:
    assert grounded(load(), "order_number", number, "Order a-1047 is late, promised for May 3, 2024.") is found
    assert grounded(load(), "delivery_date", "2024-05-03", "promised for May 3, 2024") is True


def test_a_number_of_any_size_is_looked_for(load: Callable[..., Task]) -> None:
    assert grounded(load(), "order_number", 10**400, "Order 12") is False
    assert grounded(load(), "order_number", 12345678, "Order 12345678") is True
    assert grounded(load(), "order_number", 1234567.5, "Order 1234567.5") is True
    assert grounded(load(), "order_number", [1e308, 12], "Order 12") is False
