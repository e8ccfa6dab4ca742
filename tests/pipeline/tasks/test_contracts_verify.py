"""The contract verifier: it catches what plainly contradicts the text and leaves every written row alone."""

import json
import time
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

import pipeline.tasks
from pipeline.seeds.provenance import provenance_mistake
from pipeline.tasks.contracts.normalise import grounded
from pipeline.tasks.contracts.verify import verify

FOLDER = Path(next(iter(pipeline.tasks.__path__))) / "contracts"
LEASE = """EQUIPMENT LEASE dated 3 March 2021 between Harbor Lane Foods, Inc. and Quillbrook Sensors LLC.
1. This lease takes effect on 1 April 2021 and expires on 31 March 2024.
2. The Lessee shall pay a monthly rent of $12,500. The Lessor's liability shall not exceed $90,000.
3. Either party may terminate this lease for convenience on thirty days' notice.
4. This lease is governed by the laws of the State of Delaware. The courts of Ohio have jurisdiction."""
ANSWER: dict[str, Any] = {
    "parties": ["Harbor Lane Foods, Inc.", "Quillbrook Sensors LLC"],
    "effective_date": "2021-04-01",
    "termination_clause_type": "for_convenience",
    "payment_amount": {"amount": 12500, "currency": "USD"},
    "governing_law": "Delaware",
}


def test_a_correct_answer_passes() -> None:
    assert verify(LEASE, ANSWER) is None


@pytest.mark.parametrize(
    ("field", "wrong", "reason"),
    [
        ("parties", ["Harbor Lane Foods, Inc.", "Invented GmbH"], "party_not_in_text"),
        ("parties", ["the Lessee", "Quillbrook Sensors LLC"], "party_is_role"),
        ("effective_date", "2021-03-03", "date_is_not_effective"),
        ("effective_date", "2024-03-31", "date_is_not_effective"),
        ("effective_date", "2020-01-01", "date_not_in_text"),
        ("effective_date", None, "date_missing"),
        ("payment_amount", {"amount": 90000, "currency": "USD"}, "amount_is_not_main"),
        ("payment_amount", {"amount": 777, "currency": "USD"}, "amount_not_in_text"),
        ("payment_amount", None, "amount_missing"),
        ("termination_clause_type", "for_cause", "termination_without_cue"),
        ("termination_clause_type", "expiry", "termination_contradicted"),
        ("termination_clause_type", None, "termination_missing"),
        ("governing_law", "Ohio", "law_is_venue"),
        ("governing_law", "France", "law_not_in_text"),
        ("governing_law", None, "law_missing"),
    ],
)
def test_a_planted_error_is_caught(field: str, wrong: Any, reason: str) -> None:
    assert verify(LEASE, ANSWER | {field: wrong}) == reason


@pytest.mark.parametrize(
    ("text", "answer", "reason"),
    [
        ("It ends by itself on 1 May 2022.", {"termination_clause_type": "for_convenience"}, "termination_without_cue"),
        ("The monthly fee is $900.", {"termination_clause_type": "mutual_consent"}, "termination_without_cue"),
        (
            "Either party may terminate this agreement by written notice if the other commits a material breach.",
            {"termination_clause_type": "for_convenience"},
            "termination_without_cue",
        ),
        (
            "This agreement may be terminated only by mutual written consent.",
            {"termination_clause_type": "expiry"},
            "termination_contradicted",
        ),
        (
            "The salary rises from €3,000 to €3,400 a month.",
            {"payment_amount": {"amount": 3000, "currency": "EUR"}},
            "amount_is_not_main",
        ),
        (
            "The fee is £700. A refundable deposit of £200 is due at once.",
            {"payment_amount": {"amount": 200, "currency": "GBP"}},
            "amount_is_not_main",
        ),
        ("Swiss law governs this contract; hearings are held in Milan, Italy.", {"governing_law": None}, "law_missing"),
        (
            "This letter takes effect once the permit is granted.\n/s/ Ada Quist   Date: 10/24/2016",
            {"effective_date": "2016-10-24"},
            "date_is_not_effective",
        ),
    ],
)
def test_wrong_readings_of_single_clauses_are_caught(text: str, answer: dict[str, Any], reason: str) -> None:
    assert verify(text, answer) == reason


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (
            "This deed takes effect on 1 March 2024. By a later letter the parties postponed that day to 1 May 2024.",
            {"effective_date": "2024-05-01"},
        ),
        (
            "This guarantee is made on 5 March 2020 under the Master Agreement effective as of January 1, 2020.",
            {"effective_date": "2020-03-05"},
        ),
        ("This agreement takes effect on 1 May 2024 or when the licence is granted.", {"effective_date": None}),
        ("Effective 1 May 2024 the monthly fee rises.", {"effective_date": None}),
        (
            "The total liability shall not exceed the fee of $12,500.",
            {"payment_amount": {"amount": 12500, "currency": "USD"}},
        ),
        ("The fee is two percent of sales, at least $500.", {"payment_amount": None}),
        (
            "Clause 4 (termination for convenience) is deleted. A party may terminate for breach.",
            {"termination_clause_type": "for_cause"},
        ),
        (
            "Either party may terminate this agreement on thirty days' notice, or at once for breach.",
            {"termination_clause_type": "for_convenience"},
        ),
        (
            "Go to Settings, press Close Account, done. You never have to tell us why.",
            {"termination_clause_type": "for_convenience"},
        ),
        (
            "The law of New York governs. Notwithstanding the foregoing, the law of Texas governs.",
            {"governing_law": "Texas"},
        ),
        ("The supplier shall comply with the laws of Ohio.", {"governing_law": None}),
        ("Section 9, which names New York law, gives way to Delaware.", {"governing_law": "Delaware"}),
    ],
)
def test_the_verifier_is_silent_where_the_text_leaves_room(text: str, answer: dict[str, Any]) -> None:
    assert verify(text, answer) is None


@pytest.mark.parametrize("name", ["seeds.jsonl", "calibration.jsonl", "dev.jsonl", "final.jsonl"])
def test_every_written_row_is_valid_grounded_and_unopposed(name: str) -> None:
    schema = jsonschema_rs.validator_for(json.loads((FOLDER / "schema.json").read_text("utf-8")), validate_formats=True)
    rows = [json.loads(line) for line in (FOLDER / name).read_text("utf-8").splitlines() if line.strip()]
    assert len(rows) >= 30
    for row in rows:
        answer, text = row["answer"], row["text"]
        assert [error.message for error in schema.iter_errors(answer)] == [], row
        assert [field for field, value in answer.items() if grounded(field, value, text) is False] == [], row
        assert verify(text, answer) is None, row


def test_what_the_verifier_sees_of_facts_that_are_left_out_is_what_the_provenance_states() -> None:
    rows = [json.loads(line) for line in (FOLDER / "final.jsonl").read_text().splitlines()]
    cells = []
    for field in ANSWER:
        told = [row for row in rows if row["answer"][field] is not None]
        found = sum(verify(row["text"], {**row["answer"], field: None}) is not None for row in told)
        cells.append(f"{found}/{len(told)}")
    stated = (FOLDER / "PROVENANCE.md").read_text()
    assert f"| {' | '.join(ANSWER)} |" in stated
    assert f"| {' | '.join(cells)} |" in stated


def test_values_of_a_wrong_type_never_raise() -> None:
    for value in (7, "x", [1], {"a": 1}, True, [["deep"]]):
        for field in ANSWER:
            assert isinstance(verify(LEASE, {field: value}), str | None)


def test_long_texts_take_linear_time() -> None:
    started = time.process_time()
    verify("the party may terminate this agreement at the fee of " * 1000, {"termination_clause_type": None})
    assert time.process_time() - started < 10


def test_a_paragraph_sign_begins_a_sentence() -> None:
    text = (
        "§ 1 Both parties may terminate this Agreement solely by mutual agreement in writing. § 2 Anika Volkov shall "
        "act as mediator should both parties fail to settle a dispute."
    )
    answer = dict.fromkeys(("parties", "effective_date", "payment_amount", "governing_law"))
    assert verify(text, {**answer, "termination_clause_type": "mutual_consent"}) is None


@pytest.mark.parametrize("name", ["calibration", "dev", "final"])
def test_the_real_rows_say_themselves_that_a_language_model_wrote_them_and_are_for_demonstrations_only(
    name: str,
) -> None:
    rows = [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines()]
    assert {row["labelled_by"].split(",")[0] for row in rows} == {"a language model"}
    assert {provenance_mistake(row, True) for row in rows} == {None}
    assert not any(provenance_mistake(row, False) is None for row in rows)
