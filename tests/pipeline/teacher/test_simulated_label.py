"""Tests of the simulated teacher as a labeller of texts that it has never seen."""

import time
from typing import Any

import pytest

from pipeline.teacher.simulated.label import annotation, label
from pipeline.teacher.simulated.names import find_parties
from pipeline.teacher.simulated.reading import dates, places_of_law, sums

FIELDS = ("parties", "effective_date", "termination_clause_type", "payment_amount", "governing_law")


def case(text: str, *answer: Any) -> tuple[str, dict[str, Any]]:
    values = dict(zip(FIELDS, answer, strict=True))
    if isinstance(values["payment_amount"], tuple):
        values["payment_amount"] = dict(zip(("amount", "currency"), values["payment_amount"], strict=True))
    return text, values


CASES = (
    case(
        'THIS AGREEMENT is entered into as of June 1, 2019 (the "Effective Date") by and between Acme Widgets, Inc., '
        'a Delaware corporation ("Seller"), and Borealis Trading Ltd. ("Buyer"). Buyer shall pay Seller a purchase '
        "price of $250,000. Either party may terminate this Agreement upon a material breach by the other that is not "
        "cured within 30 days. This Agreement shall be governed by the laws of the State of New York.",
        ["Acme Widgets, Inc.", "Borealis Trading Ltd."],
        "2019-06-01",
        "for_cause",
        (250000, "USD"),
        "New York",
    ),
    case(
        "Dear Laura Petty,\n\nWe are pleased to offer you the position of analyst with Quarto Books LLC. Your "
        "employment starts on 14 May 2020. Your salary will be EUR 48,500 per year, paid monthly. Your employment is "
        "at will: you or the Company may end it at any time, with or without cause. Offices are in Dublin. The laws of "
        "Ireland apply.",
        ["Laura Petty", "Quarto Books LLC"],
        "2020-05-14",
        "for_convenience",
        (48500, "EUR"),
        "Ireland",
    ),
    case(
        "Landlord: Peter Sand\nTenant: Mirabel Cho\nStart: 2021-09-01\nRent: GBP 1,150 per month, deposit GBP 2,300\n"
        "End: the tenancy expires on 31 August 2022\nLaw: Scotland",
        ["Peter Sand", "Mirabel Cho"],
        "2021-09-01",
        "expiry",
        (1150, "GBP"),
        "Scotland",
    ),
    case(
        "The Client shall pay the Consultant twelve thousand Canadian dollars on completion. Liability is capped at "
        "C$50,000. The parties may end this Agreement early only by mutual written consent. Disputes go to the courts "
        "of Alberta.",
        None,
        None,
        "mutual_consent",
        (12000, "CAD"),
        None,
    ),
    case(
        "1. This contract dated 2 January 2018 is made between Vantage Rail plc and Osk Engineering GmbH. 2. The fee "
        "is €90,000. 3. Clause 2 is replaced: the fee is now €97,500. 4. The law of Germany governs.",
        ["Vantage Rail plc", "Osk Engineering GmbH"],
        "2018-01-02",
        None,
        (97500, "EUR"),
        "Germany",
    ),
)


def test_most_fields_of_ordinary_contracts_are_right() -> None:
    pairs = [(label(text)[field], answer[field]) for text, answer in CASES for field in FIELDS]
    assert sum(said == true for said, true in pairs) / len(pairs) >= 0.8


def test_a_label_depends_on_text_and_salt_alone() -> None:
    texts = [f"{CASES[0][0]} Page {n}." for n in range(200)]
    first = [label(text) for text in texts]
    assert first == [label(text) for text in texts]
    assert first != [label(text, "again") for text in texts]


def test_a_teacher_slips_now_and_then() -> None:
    labels = [label(f"{CASES[0][0]} Page {n}.") for n in range(300)]
    slips = sum(answer["governing_law"] != "New York" for answer in labels)
    assert 0 < slips < 30


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00\x00",
        "本合同由甲方与乙方于2021年3月3日签订。",
        "\ud800 lone",
        "On February 30, 2021 and 2021-13-45 and 99 May 2020.",
        "$0 and EUR 0.00 and zero dollars",
        "A" * 5_000_000,
        "Aa & " * 1_000_000,
        "one hundred " * 400_000,
        "1,111" * 1_000_000,
        "the law of " * 400_000,
        "Xy Zw " * 800_000,
        "\n" * 5_000_000,
    ],
    ids=range(13),
)
def test_no_text_is_too_odd_or_too_long(text: str) -> None:
    began = time.perf_counter()
    answer = label(text)
    assert time.perf_counter() - began < 5
    assert tuple(answer) == FIELDS
    assert answer["effective_date"] is None
    assert answer["payment_amount"] is None or answer["payment_amount"]["amount"] > 0


def test_readers_give_what_they_find_with_its_place() -> None:
    text = "On the 3rd day of March, 2021: US$1,250.50, or nine hundred and twenty euros; law of the State of Utah."
    assert [(day.value, text[day.start : day.end]) for day in dates(text)] == [("2021-03-03", "3rd day of March, 2021")]
    assert [(one.amount, one.currency) for one in sums(text)] == [(1250.5, "USD"), (920, "EUR")]
    assert [place.value for place in places_of_law(text)] == ["Utah"]


def test_those_who_are_only_mentioned_are_no_parties() -> None:
    text = "Between Lark & Sons Ltd and Mina Orban. Files go to Crane Data GmbH, an affiliate. Signed by Otto Beck."
    assert find_parties(text) == ["Lark & Sons Ltd", "Mina Orban"]


def test_an_annotation_is_an_answer_with_a_confidence_and_the_deal_is_part_of_the_question() -> None:
    text = "This agreement takes effect on 3 May 2021 between Orla Tiles Ltd and Bo Vance."
    one, other = annotation(text, "side: buyer"), annotation(text, "side: seller")
    assert set(one) == {"answer", "confidence"}
    assert set(one["answer"]) == set(label(text))
    assert 0.86 <= one["confidence"] <= 0.99
    assert annotation(text, "side: buyer") == one != other
