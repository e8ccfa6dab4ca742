"""Drafts whose answer is at fault: unsure, refuted by the text, out of thin air, or not what the schema asks for.

Each function takes a prompt and random numbers, and gives the text, the answer and the confidence of the reply.
"""

import datetime
import random
import re
from typing import Any, NamedTuple

from pipeline.teacher.simulated.dates_money import CURRENCIES, amount, currency, day
from pipeline.teacher.simulated.ending import KINDS
from pipeline.teacher.simulated.grammar import Draft, draft
from pipeline.teacher.simulated.phrases import pick
from pipeline.teacher.simulated.places import JURISDICTIONS
from pipeline.teacher.simulated.prompt import DraftPrompt
from pipeline.teacher.simulated.reading import dates, sums
from pipeline.teacher.simulated.scene import FIELDS, omitted
from pipeline.teacher.simulated.voice import ROLE_WORDS
from pipeline.teacher.simulated.words import company


class Content(NamedTuple):
    text: str
    answer: Any
    confidence: float


def low_confidence(prompt: DraftPrompt, rng: random.Random) -> Content:
    made = draft(prompt)
    return Content(made.text, made.answer, round(0.3 + 0.54 * rng.random(), 3))


def wrong_field(prompt: DraftPrompt, rng: random.Random) -> Content:
    """One field takes a value that the text refutes: the other day, a cap, the venue, a role, another right."""
    field = pick(rng, [field for field in FIELDS if field != omitted(prompt.cell)])
    made = draft(prompt, "wrong_field", field)
    return Content(made.text, {**made.answer, field: pick(rng, _wrong_values(made, field))}, made.confidence)


def _wrong_values(made: Draft, field: str) -> list[Any]:
    if field == "termination_clause_type":
        return [kind for kind in KINDS if kind != made.answer[field]]
    roles = [word for word in dict.fromkeys(re.findall(r"\w+", made.text)) if word.title() in ROLE_WORDS]
    if field == "parties" and roles:
        return [roles[:2]]
    return [value for name, value in made.distractors if name == field and value != made.answer[field]]


def invented_fact(prompt: DraftPrompt, rng: random.Random) -> Content:
    """One field takes a value that is nowhere in the text."""
    made = draft(prompt, "invented_fact")
    field = pick(rng, ("parties", "effective_date", "payment_amount", "governing_law"))
    while True:
        value = _invented(rng, field, made)
        if value is not None:
            return Content(made.text, {**made.answer, field: value}, made.confidence)


def schema_violation(prompt: DraftPrompt, rng: random.Random) -> Content:
    made = draft(prompt, "schema_violation")
    return Content(made.text, _misshapen(rng, dict(made.answer)), made.confidence)


def _invented(rng: random.Random, field: str, made: Draft) -> Any:
    """A value out of thin air, or None where it happens to stand in the text."""
    if field == "parties":
        name = company(rng)
        return None if name in made.text else [*(made.answer["parties"] or ())[:1], name]
    if field == "effective_date":
        date = day(rng).isoformat()
        return None if date in [found.value for found in dates(made.text)] else date
    if field == "governing_law":
        law = pick(rng, JURISDICTIONS)
        return None if law.lower() in made.text.lower() else law
    money = currency(rng)
    value = amount(rng, 500, 90_000, money)
    said = value in [found.amount for found in sums(made.text)]
    return None if said else {"amount": value, "currency": money.code}


def _misshapen(rng: random.Random, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with one fault of form; a null that has no form to break is first filled."""
    date = datetime.date.fromisoformat(answer["effective_date"] or day(rng).isoformat())
    paid = answer["payment_amount"] or {"amount": 1200, "currency": pick(rng, CURRENCIES).code}
    law = answer["governing_law"] or "Ontario"
    left_out = pick(rng, FIELDS)
    faults: tuple[dict[str, Any], ...] = (
        {"effective_date": f"{date:%B} {date.day}, {date.year}"},
        {"effective_date": f"{date:%d/%m/%Y}"},
        {"effective_date": f"{date.year}-02-30"},
        {"payment_amount": {**paid, "amount": f"{paid['amount']:,}"}},
        {"payment_amount": {**paid, "currency": pick(rng, ("dollars", "euros", "$", "US$"))}},
        {"payment_amount": paid["amount"]},
        {"payment_amount": {**paid, "period": "month"}},
        {
            "termination_clause_type": pick(
                rng, ("at_will", "without_cause", "breach", "convenience", "none", "For cause")
            )
        },
        {"termination_clause_type": [answer["termination_clause_type"] or KINDS[0]]},
        {"parties": " and ".join(answer["parties"] or ("none",))},
        {"parties": []},
        {"governing_law": {"name": law}},
        {pick(rng, ("contract_type", "term", "notice_period", "notes")): pick(rng, ("unknown", "see text", "30 days"))},
        {left_out: ...},
        {left_out: ...},
    )
    return {name: value for name, value in (answer | pick(rng, faults)).items() if value is not ...}
