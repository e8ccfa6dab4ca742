"""What the pocket model has read: canonical, grounded, the same each time, and nothing about contracts."""

import ast
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

import pipeline.finetune.pocket.corpus as corpus
import pipeline.teacher.simulated as teacher
from pipeline.canonical import canonical_json
from pipeline.finetune.pocket.corpus.document import LISTS, write_document
from pipeline.finetune.pocket.corpus.domains import HELD_OUT, all_domains, training_domains
from pipeline.finetune.pocket.corpus.examples import Messages, example, level
from pipeline.finetune.pocket.corpus.request import answer, make_request, pick_fields
from pipeline.finetune.pocket.corpus.values import MONTHS, words
from pipeline.tasks import contracts

pytestmark = pytest.mark.slow

CORPUS = Path(corpus.__file__).parent
CONTRACTS = Path(next(iter(contracts.__path__)))
CONTRACT_WORDS = re.compile(
    r"\b(agreements?|contract(s|ed|ing|ual|ually|ors?)?|part(y|ies)|nda|non-?disclosure|confidential\w*|terminat\w+|clauses?|breach\w*|"
    r"governing|governed|laws?|jurisdictions?|here(by|in|of|to|under)|there(of|under)|whereas|witnesseth|licen[sc](e|or|ee)s?|"
    r"lessors?|lessees?|employ(er|ee|ment)s?|indemni\w+|liabilit\w+|effective|in force|arbitrat\w+|undersigned|"
    r"for_convenience|for_cause|mutual_consent|notwithstanding|amendments?)\b",
    re.IGNORECASE,
)
PLAIN = {*(month.lower() for month in MONTHS), *(month[:3].lower() for month in MONTHS)} | {
    part for number in (*range(0, 100), 100, 1000) for part in words(number).split("-")
}
PLAIN |= set(
    "the of and day on in by a this hundred thousand million us dollars dollar pounds sterling euros euro swiss francs "
    "canadian australian new zealand hong kong singapore yen usd gbp eur cad aud chf jpy st nd rd th "
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth thirtieth number "
    "currency iso code amount dates are yyyy mm dd".split()
)
"""Words of dates and sums, which everybody writes alike; five words tell of a source if two of them are others."""


@lru_cache(maxsize=1)
def sample() -> list[Messages]:
    rng, domains = Random("corpus test"), training_domains()
    return [example(domains, rng, level(number / 4000)) for number in range(4000)]


def sample_text() -> str:
    return "\n\n".join(message["content"] for messages in sample() for message in messages)


def five_grams(text: str) -> set[tuple[str, ...]]:
    found = re.findall(r"\w+", text.lower())
    grams = zip(*(found[start:] for start in range(5)), strict=False)
    return {gram for gram in grams if sum(map(is_telling, gram)) > 1}


def is_telling(word: str) -> bool:
    return word not in PLAIN and re.fullmatch(r"\d+(st|nd|rd|th)?", word) is None


def strings_in(folder: Path) -> Iterator[str]:
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_the_same_seed_gives_the_same_conversations() -> None:
    first, second = ([example(training_domains(), Random(5), level(0.9)) for _ in range(20)] for _ in range(2))
    assert first == second
    assert first[0] != example(training_domains(), Random(6), level(0.9))


def test_there_are_many_domains_and_two_are_kept_for_the_measurement() -> None:
    assert len(training_domains()) >= 15
    assert len(HELD_OUT) == 2
    assert {one.name for one in all_domains()} - {one.name for one in training_domains()} == set(HELD_OUT)


def test_every_answer_in_json_is_canonical() -> None:
    answers = [m["content"] for messages in sample() for m in messages if m["role"] == "assistant"]
    objects = [text for text in answers if text.startswith("{")]
    assert len(objects) > 3500
    assert all(canonical_json(json.loads(text)) == text for text in objects)


def test_conversations_differ_in_shots_labels_and_system_messages() -> None:
    roles = [[message["role"] for message in messages] for messages in sample()]
    assert {row.count("assistant") for row in roles} == {1, 2, 3, 4}
    assert 0.02 < sum(row[0] == "system" for row in roles) / len(roles) < 0.4
    labels = sum(messages[-1]["content"].startswith('{"label":') for messages in sample())
    assert 0.04 < labels / len(roles) < 0.25


def test_every_copied_value_stands_in_its_document() -> None:
    rng = Random(11)
    for domain in all_domains():
        for ease in (0.0, 0.5, 1.0):
            document = write_document(domain, rng, 9, 3, ease)
            for number, found in document.answers.items():
                kind = domain.facts[number].kind
                if kind in ("person", "org", "name", "place", "code"):
                    assert found in document.text
                if kind in LISTS:
                    places = [document.text.find(one) for one in found]
                    assert -1 not in places
                    assert places == sorted(places)


def test_every_choice_is_decided_by_a_cue_of_its_own() -> None:
    rng = Random(12)
    for domain in all_domains():
        for number, fact in enumerate(domain.facts):
            if fact.kind != "choice":
                continue
            assert min(len(cues) for cues in fact.cues.values()) >= 4
            every = [cue for cues in fact.cues.values() for cue in cues]
            assert len(set(every)) == len(every)
            document = write_document(domain, rng, len(domain.facts), 0, 0.2)
            assert any(cue in document.text for cue in fact.cues[document.answers[number]])


def test_what_is_asked_and_not_stated_is_null() -> None:
    rng, seen = Random(13), 0
    for domain in all_domains():
        document = write_document(domain, rng, 2, 2, 0.3)
        asked = pick_fields(domain, list(document.answers), rng, 2, 1.0, 1.0)
        found: dict[str, Any] = json.loads(answer(tuple(asked), document))
        seen += len(found)
        assert set(found.values()) == {None}
        assert set(found) == {one.name for one in asked}
    assert seen >= 2 * len(all_domains()) - 3


def test_the_request_names_every_field_and_every_value_of_a_choice() -> None:
    rng = Random(14)
    for domain in all_domains():
        document = write_document(domain, rng, 6, 2, 0.3)
        asked = pick_fields(domain, list(document.answers), rng, 4, 0.2, 0.3)
        request = make_request(domain, asked, rng, 0.3)
        prompt = request.prompt(document)
        assert all(one.name in prompt for one in request.asked)
        assert all(shown in prompt for one in request.asked for _, shown in one.values)


def test_names_that_nobody_has_read_before_are_asked_for_too() -> None:
    known = {name for domain in all_domains() for fact in domain.facts for name in fact.names} | {"label"}
    answers = [json.loads(m["content"]) for messages in sample() for m in messages if m["content"].startswith("{")]
    asked = {name for found in answers for name in found}
    assert len(asked - known) > 1000
    assert len(known & asked) > 400


def test_neither_the_generator_nor_what_it_writes_uses_the_words_of_contracts() -> None:
    for file in sorted(CORPUS.rglob("*.py")):
        assert CONTRACT_WORDS.search(file.read_text(encoding="utf-8")) is None, file.name
    assert CONTRACT_WORDS.search(sample_text()) is None


@pytest.mark.parametrize("name", ["seeds", "calibration", "dev", "final"])
def test_no_five_words_in_a_row_are_shared_with_a_contract_of_the_repository(name: str) -> None:
    rows = (CONTRACTS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(row)["text"] for row in rows]
    shared = sum(len(five_grams(text) & sample_grams()) for text in texts)
    assert shared == 0, f"{shared} runs of five words are shared"  # the words themselves stay unseen


def test_no_five_words_in_a_row_are_shared_with_the_simulated_teacher() -> None:
    said = {gram for text in strings_in(Path(teacher.__file__).parent) for gram in five_grams(text)}
    ours = {gram for text in strings_in(CORPUS) for gram in five_grams(text)}
    assert len(said) > 1000
    assert said & (sample_grams() | ours) == set()


@lru_cache(maxsize=1)
def sample_grams() -> set[tuple[str, ...]]:
    return {gram for messages in sample() for message in messages for gram in five_grams(message["content"])}
