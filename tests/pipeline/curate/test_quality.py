import json
from typing import Any

import pyarrow as pa
import pytest

from pipeline.curate.quality import Seeds, quality_stage
from pipeline.curate.settings import Filters
from pipeline.records import SAMPLE, SEED
from pipeline.tasks.task import Task, TaskSource

SEEDS = [
    "This agreement is made on 1 May 2020 between Ada Works Ltd and Bo Vance. It shall be governed by the law of Ohio, "
    "and each of the parties may end it at the end of a month. The fee is $500 and it is payable on the first day.",
    "The agreement of the parties shall start on 2 June 2021. The fee is $900 a month, and it is due on the last day. "
    "It may be ended by each of the parties at any time, and the law of Iowa shall govern it in all of its terms.",
]
GOOD = (
    "This agreement between Orla Tiles Ltd and Cy Dow shall start on 3 July 2022. The fee is $700 and it is paid on "
    "the first day of a month. Each of the parties may end it, and the law of Utah shall govern the agreement."
)
GERMAN = (
    "Dieser Vertrag wird zwischen der Firma Müller GmbH und der Firma Schmidt AG geschlossen und tritt am 1. Mai 2020 "
    "in Kraft. Er kann von beiden Seiten mit einer Frist von drei Monaten gekündigt werden. Es gilt deutsches Recht."
)


def looked_at(task: Task, text: str, *, seeds: list[str] = SEEDS, answer: Any = None, **filters: Any) -> dict[str, Any]:
    settings = task.settings.model_copy(update={"filters": Filters(**filters)})
    row = {"sample_id": "x", "text": text, "answer": json.dumps({"law": "Utah"} if answer is None else answer)}
    table = pa.Table.from_pylist([{"seed_id": "s", "text": one} for one in seeds], schema=SEED)
    step = quality_stage(TaskSource(settings, task.source.texts), table).load()
    found: dict[str, Any] = step(pa.Table.from_pylist([row], schema=SAMPLE)).to_pylist()[0]
    return found


def test_a_good_sample_is_neither_rejected_nor_tagged(contracts: Task) -> None:
    found = looked_at(contracts, GOOD)
    assert (found["stage"], found["reason"], found["tags"]) == (None, None, None)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("I'm sorry, but I cannot continue with this section.", "refusal_text"),
        ("As an AI language model, I have no clients.", "refusal_text"),
        ("I can’t help with that.", "refusal_text"),
    ],
)
def test_a_refusal_inside_a_reply_of_the_right_form_is_rejected(contracts: Task, more: str, reason: str) -> None:
    found = looked_at(contracts, f"{GOOD} {more}")
    assert (found["stage"], found["reason"]) == ("quality", reason)
    assert found["score"] >= 1
    assert all(part in more.replace("’", "'") for part in found["detail"].split("; "))


def test_a_refusal_in_the_answer_counts_as_one_in_the_text(contracts: Task) -> None:
    assert looked_at(contracts, GOOD, answer={"law": "I cannot help with this."})["reason"] == "refusal_text"


def test_a_contract_that_speaks_of_what_a_party_cannot_do_is_no_refusal(contracts: Task) -> None:
    assert looked_at(contracts, f"{GOOD} The client cannot assign it, and I cannot sell my shares.")["reason"] is None


@pytest.mark.parametrize(
    ("more", "tag"),
    [
        ("It is important to note that fees may or may not rise.", "hedging"),
        ("Great question!", "flattery"),
        ("Let me know if you need another.", "flattery"),
    ],
)
def test_hedging_and_flattery_are_tagged_and_rejected_on_demand(contracts: Task, more: str, tag: str) -> None:
    found = looked_at(contracts, f"{GOOD} {more}")
    assert found["reason"] is None
    assert list(json.loads(found["tags"])) == [tag]
    assert looked_at(contracts, f"{GOOD} {more}", **{tag: "reject"})["reason"] == tag
    assert looked_at(contracts, f"{GOOD} {more}", **{tag: "off"})["tags"] is None


def test_what_the_seeds_say_themselves_is_part_of_the_task(contracts: Task) -> None:
    seeds = [*SEEDS, "I'm sorry, but I cannot refund it, says the agent, and the fee of the agreement is due."]
    assert looked_at(contracts, f"{GOOD} I'm sorry, but I cannot refund it.", seeds=seeds)["reason"] is None


def test_another_script_and_another_language_of_the_same_script_are_rejected_with_their_share(contracts: Task) -> None:
    greek = looked_at(contracts, f"{GOOD[:60]} Η σύμβαση αυτή αρχίζει την πρώτη Μαΐου και διέπεται από το δίκαιο.")
    assert (greek["reason"], greek["detail"]) == ("language", "letters of another script: greek")
    assert 0.2 < greek["score"] < 1
    german = looked_at(contracts, GERMAN)
    assert (german["reason"], german["score"] < 0.05) == ("language", True)
    assert looked_at(contracts, GERMAN, language="tag")["reason"] is None


def test_seeds_of_two_languages_allow_both(contracts: Task) -> None:
    assert looked_at(contracts, GERMAN, seeds=[*SEEDS, GERMAN.replace("Mai", "Juni")])["reason"] is None


def test_seeds_with_hardly_a_word_in_common_say_nothing_about_language(contracts: Task) -> None:
    lists = [" ".join(["alpha", *(f"{word}{letter}" for word in "bcdfghjklmnpqrstvwxz")]) for letter in "aeiou"]
    assert looked_at(contracts, GERMAN, seeds=lists)["reason"] is None


def test_lengths_are_rejected_by_stated_bounds_and_only_tagged_beside_the_seeds(contracts: Task) -> None:
    short = " ".join(GOOD.split()[:15])
    assert json.loads(looked_at(contracts, short)["tags"]) == {"too_short": 15.0}
    found = looked_at(contracts, short, words=(16, 60))
    assert (found["reason"], found["score"], found["detail"]) == ("too_short", 15.0, "fewer than 16 words")
    assert looked_at(contracts, GOOD, words=(16, 30))["reason"] == "too_long"
    assert looked_at(contracts, GOOD, words=(16, 60))["reason"] is None


def test_right_form_with_nothing_in_it_is_tagged(contracts: Task) -> None:
    assert json.loads(looked_at(contracts, GOOD, answer={"law": None, "parties": []})["tags"]) == {"shallow": 0.0}
    again = "The fee of the agreement is due and it shall be paid. " * 5
    assert "shallow" in json.loads(looked_at(contracts, again)["tags"])


def test_what_an_earlier_filter_rejected_is_not_looked_at(contracts: Task) -> None:
    table = pa.Table.from_pylist([{"seed_id": "s", "text": one} for one in SEEDS], schema=SEED)
    row = {"text": None, "answer": None, "stage": "parse", "reason": "refusal"}
    found = quality_stage(contracts.source, table).load()(pa.Table.from_pylist([row], schema=SAMPLE)).to_pylist()[0]
    assert (found["stage"], found["reason"], found["tags"]) == ("parse", "refusal", None)


def test_without_seeds_nothing_is_strange() -> None:
    assert Seeds.of([]).words == (0, 0)
