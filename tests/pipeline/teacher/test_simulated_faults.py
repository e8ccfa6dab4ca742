"""Tests of the simulated teacher's faulty replies."""

import datetime
import json
import random
from dataclasses import replace
from typing import Any

import pytest

from pipeline.errors import InputError
from pipeline.teacher.simulated.copying import STOCK, stock
from pipeline.teacher.simulated.dates_money import CURRENCIES
from pipeline.teacher.simulated.faults import FAULTS, Reply, choose, planned, render
from pipeline.teacher.simulated.grammar import draft, words_of
from pipeline.teacher.simulated.names import find_parties
from pipeline.teacher.simulated.prompt import DraftPrompt, read_prompt
from pipeline.teacher.simulated.reading import dates, sums
from pipeline.teacher.simulated.scene import FIELDS

SEED = (
    'This Hosting Agreement is made on 4 May 2017 between Plover Data Ltd ("Host") and Zora Lindt ("Customer"). The '
    "Host keeps the site online day and night and tells the Customer of planned breaks at least two working days "
    "before. The Customer pays EUR 731 a month. The law of Austria governs."
)
KINDS = ("for_convenience", "for_cause", "mutual_consent", "expiry")


def prompt(n: int, **cell: str) -> DraftPrompt:
    lines = "\n".join(f"{name}: {value}" for name, value in {"contract_type": "SaaS", **cell}.items())
    asked = f"<cell>\n{lines}\n</cell>\n<variation>{n} of 60</variation>"
    read = read_prompt(f"Write.\n{asked}\n<style_reference>\n{SEED}\n</style_reference>")
    assert isinstance(read, DraftPrompt)
    return read


def content(fault: str | None, n: int, **cell: str) -> dict[str, Any]:
    reply = render(prompt(n, **cell), fault)
    assert reply.stop_reason == "end_turn"
    said = json.loads(reply.text)
    assert list(said) == ["text", "answer", "confidence"]
    return said


def conforms(answer: dict[str, Any]) -> bool:
    """The contract schema in short, by hand."""
    parties, paid = answer.get("parties"), answer.get("payment_amount")
    return (
        set(answer) == set(FIELDS)
        and (parties is None or (isinstance(parties, list) and bool(parties) and len(set(parties)) == len(parties)))
        and answer["termination_clause_type"] in (None, *KINDS)
        and (answer["governing_law"] is None or isinstance(answer["governing_law"], str))
        and _is_date(answer["effective_date"])
        and (paid is None or _is_sum(paid))
    )


def _is_date(value: Any) -> bool:
    try:
        return value is None or datetime.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_sum(paid: Any) -> bool:
    codes = {money.code for money in CURRENCIES}
    return (
        isinstance(paid, dict)
        and set(paid) == {"amount", "currency"}
        and (isinstance(paid["amount"], int | float) and paid["amount"] > 0 and paid["currency"] in codes)
    )


def similarity(one: str, two: str) -> float:
    first, second = (set(zip(*(words_of(text)[at:] for at in range(5)), strict=False)) for text in (one, two))
    return len(first & second) / len(first | second)


def test_an_honest_reply_is_the_draft_as_json() -> None:
    made = draft(prompt(3))
    assert content(None, 3) == {"text": made.text, "answer": made.answer, "confidence": made.confidence}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_repeats_itself(fault: str) -> None:
    assert render(prompt(5), fault) == render(prompt(5), fault)


@pytest.mark.parametrize("fault", ["low_confidence", "wrong_field", "invented_fact", "verbatim_seed", "near_duplicate"])
def test_faults_of_content_keep_to_the_schema(fault: str) -> None:
    assert all(conforms(content(fault, n)["answer"]) for n in range(1, 61))


def test_an_unsure_draft_is_right() -> None:
    for n in range(60):
        said, made = content("low_confidence", n), draft(prompt(n))
        assert 0.3 <= said["confidence"] <= 0.84
        assert (said["text"], said["answer"]) == (made.text, made.answer)


@pytest.mark.parametrize("omits", ["nothing", "payment"])
def test_a_wrong_field_is_one_field_whose_value_stands_in_the_text(omits: str) -> None:
    changed = set()
    for n in range(80):
        asked = prompt(n, omits=omits)
        said = content("wrong_field", n, omits=omits)
        truths = [
            draft(asked, "wrong_field", field) for field in FIELDS if (omits, field) != ("payment", "payment_amount")
        ]
        made = next(one for one in truths if one.text == said["text"])
        (field,) = [field for field in FIELDS if said["answer"][field] != made.answer[field]]
        changed.add(field)
        value = said["answer"][field]
        if field == "effective_date":
            assert value in [day.value for day in dates(said["text"])]
        if field == "payment_amount":
            assert value["amount"] in [one.amount for one in sums(said["text"])]
        if field in ("governing_law", "parties"):
            assert all(name in said["text"] for name in ([value] if field == "governing_law" else value))
    assert changed == set(FIELDS) - ({"payment_amount"} if omits == "payment" else set())


def test_an_invented_fact_is_nowhere_in_the_text() -> None:
    for n in range(60):
        asked, said = prompt(n), content("invented_fact", n)
        made = draft(asked, "invented_fact")
        (field,) = [field for field in FIELDS if said["answer"][field] != made.answer[field]]
        value = said["answer"][field]
        stands = {
            "parties": lambda value=value, said=said: all(name in said["text"] for name in value),
            "effective_date": lambda value=value, said=said: value in [day.value for day in dates(said["text"])],
            "payment_amount": lambda value=value, said=said: (
                value["amount"] in [one.amount for one in sums(said["text"])]
            ),
            "governing_law": lambda value=value, said=said: value in said["text"],
        }
        assert not stands[field]()


def test_a_schema_violation_never_conforms_and_is_of_many_kinds() -> None:
    answers = [content("schema_violation", n)["answer"] for n in range(120)]
    assert not any(map(conforms, answers))
    assert any(len(answer) == 4 for answer in answers)
    assert any(len(answer) == 6 for answer in answers)
    assert any(isinstance(answer.get("parties"), str) for answer in answers)
    assert any(isinstance((answer.get("payment_amount") or {}), int) for answer in answers)


def test_a_verbatim_draft_holds_9_to_20_words_of_the_seed_in_a_row() -> None:
    seed = f" {' '.join(words_of(SEED))} "
    for n in range(60):
        words = words_of(content("verbatim_seed", n)["text"])
        assert len(words) <= 120
        runs = [
            k for k in range(6, 25) if any(f" {' '.join(words[i : i + k])} " in seed for i in range(len(words) - k + 1))
        ]
        assert 9 <= max(runs) <= 20


def test_a_seed_party_is_taken_over_in_text_and_answer() -> None:
    assert find_parties(SEED) == ["Plover Data Ltd", "Zora Lindt"]
    for n in range(30):
        said = content("seed_party", n, omits="nothing")
        assert "Plover Data Ltd" in said["answer"]["parties"]
        assert all(name in said["text"] for name in said["answer"]["parties"])


@pytest.mark.parametrize(
    ("seed", "value"), [("It starts on 4 May 2017.", "2017-05-04"), ("The price is EUR 731.", 731)]
)
def test_a_seed_without_parties_lends_its_day_or_its_sum(seed: str, value: Any) -> None:
    reply = render(replace(prompt(1, omits="nothing"), seed=seed), "seed_party")
    assert json.dumps(value) in reply.text


def test_a_near_duplicate_says_a_stock_text_again_less_surely() -> None:
    stocks = [draft(stock("SaaS", number)) for number in range(1, STOCK + 1)]
    said_again = set()
    for n in range(1, 61):
        said = content("near_duplicate", n)
        nearest = max(stocks, key=lambda one: similarity(said["text"], one.text))
        said_again.add(nearest.text)
        assert 0.9 <= similarity(said["text"], nearest.text) < 1
        assert len(words_of(said["text"])) <= 120
        assert 0.85 <= said["confidence"] < nearest.confidence
        assert said["answer"] == nearest.answer
    assert len(said_again) == STOCK


def test_malformed_and_truncated_replies_are_no_json() -> None:
    for n in range(120):
        for fault, stop in (("malformed_json", "end_turn"), ("truncated_json", "max_tokens")):
            reply = render(prompt(n), fault)
            assert reply.stop_reason == stop
            with pytest.raises(json.JSONDecodeError):
                json.loads(reply.text)


def test_prose_stands_around_the_honest_draft() -> None:
    for n in range(20):
        text = render(prompt(n), "prose_around").text
        body = text[text.index("{") : text.rindex("}") + 1]
        assert json.loads(body)["text"] == draft(prompt(n)).text
        assert len(text) > len(body) + 10


def test_a_refusal_says_so() -> None:
    replies = [render(prompt(n), "refusal") for n in range(20)]
    assert {reply.stop_reason for reply in replies} == {"refusal"}
    assert all(len(reply.text) < 60 for reply in replies)


def test_faults_come_at_their_rates() -> None:
    rates = {"refusal": 0.1, "wrong_field": 0.25}
    chosen = [choose(f"text {n}", rates) for n in range(4000)]
    assert chosen == [choose(f"text {n}", dict(reversed(rates.items()))) for n in range(4000)]
    assert abs(chosen.count("refusal") / 4000 - 0.1) < 0.02
    assert abs(chosen.count("wrong_field") / 4000 - 0.25) < 0.03
    assert chosen.count(None) == 4000 - chosen.count("refusal") - chosen.count("wrong_field")


def test_a_plan_decides_the_reply() -> None:
    asked, other = prompt(1), prompt(9, layout="letter")
    assert planned(asked, {"fault": "refusal"}) == render(asked, "refusal")
    assert planned(asked, {"fault": None}) == render(asked, None)
    assert planned(asked, {"fault": "raw", "text": "{", "stop_reason": "max_tokens"}) == Reply("{", "max_tokens")
    said = {"text": "It says so.", "answer": {"parties": None}, "confidence": 0.93}
    assert json.loads(planned(asked, {"fault": "draft", **said}).text) == said
    twin = json.loads(planned(asked, {"fault": "near_duplicate", "of": other.raw}).text)
    assert similarity(twin["text"], draft(other).text) >= 0.9
    assert 0.85 <= twin["confidence"] < draft(other).confidence


@pytest.mark.parametrize(
    "entry", [{"fault": "bad_hair"}, {"fault": "draft", "text": "x"}, {"fault": "near_duplicate", "of": "no prompt"}]
)
def test_a_plan_that_cannot_be_followed_is_an_input_error(entry: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="simulated teacher"):
        planned(prompt(1), entry)


def test_every_fault_can_be_built_for_every_cell() -> None:
    rng = random.Random(3)
    values = {
        "contract_type": ("NDA", "SaaS", "services", "employment"),
        "complexity": ("single_clause", "several", "overriding"),
        "register": ("formal", "plain", "terse"),
        "layout": ("paragraph", "numbered", "letter", "key_terms"),
        "amount_style": ("figures", "words", "both"),
        "omits": ("nothing", "parties", "effective_date", "termination", "payment", "governing_law", "unknown"),
    }
    for n in range(60):
        asked = prompt(n, **{name: rng.choice(options) for name, options in values.items()})
        assert all(isinstance(render(asked, fault).text, str) for fault in FAULTS)
