"""The simulated teacher's drafts: contract sections with their true fields, out of a grammar of its own.

A draft depends on the whole text of its prompt and on nothing else, so the same request always gets the same answer.
"""

import datetime
import hashlib
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pipeline.teacher.simulated.ending import draw_end
from pipeline.teacher.simulated.fillers import fillers
from pipeline.teacher.simulated.governing import draw_law
from pipeline.teacher.simulated.layout import arrange, draw_opening
from pipeline.teacher.simulated.parties import draw_earlier, draw_parties
from pipeline.teacher.simulated.paying import draw_pay
from pipeline.teacher.simulated.phrases import pick
from pipeline.teacher.simulated.prompt import DraftPrompt
from pipeline.teacher.simulated.scene import FIELDS, Clause, Order, Part, Scene, draw_scene
from pipeline.teacher.simulated.starting import draw_start

LEAST_WORDS, MOST_WORDS = 45, 118
_WORD = re.compile(r"\w+")
_RUN = 8
_SHORTER = 15
_TRIES = 90


@dataclass(frozen=True, slots=True)
class Draft:
    text: str
    answer: dict[str, Any]
    confidence: float
    distractors: tuple[tuple[str, Any], ...]
    """Pairs of a field and a value that stands in the text and is not that field's answer."""


def draft(prompt: DraftPrompt, salt: str = "", mislead: str | None = None) -> Draft:
    """An honest draft; `mislead` names a field (not one that the cell leaves out) whose fact must then be said and have
    a wrong value beside it. A right to end the contract needs none: any other right is wrong."""
    rng = random.Random(digest(prompt.raw, salt))
    for attempt in range(_TRIES):
        cell = dict(prompt.cell) if attempt < _SHORTER else {**prompt.cell, "complexity": "single_clause"}
        made = _attempt(rng, cell, mislead)
        if made is not None and not _borrows(made, prompt.seed):
            return made
    raise AssertionError(f"no draft within {MOST_WORDS} words in {_TRIES} tries for the cell {dict(prompt.cell)}")


def digest(raw: str, salt: str) -> bytes:
    return hashlib.sha256(f"{raw}\x00{salt}".encode("utf-8", "surrogatepass")).digest()


def words_of(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _attempt(rng: random.Random, cell: Mapping[str, str], mislead: str | None) -> Draft | None:
    """None when the text came out too long or too short, or a fact has no wrong value to mislead with."""
    scene = draw_scene(rng, cell)
    parts = _draw_parts(rng, scene, _orders(rng, scene, mislead))
    wrong = tuple(pair for part in parts.values() for pair in part.distractors)
    if mislead and not _misleads(mislead, parts[mislead].value, wrong):
        return None
    opening = draw_opening(rng, scene, parts["parties"], parts["effective_date"])
    clauses = [clause for part in parts.values() for clause in part.clauses]
    clauses += _filling(rng, scene, _count(opening) + sum(_count(clause.text) + 2 for clause in clauses))
    text = arrange(rng, scene, parts["parties"], opening, clauses)
    lengths = _count(text), len(text.split())
    if max(lengths) > MOST_WORDS or min(lengths) < LEAST_WORDS:
        return None
    answer = {field: parts[field].value for field in FIELDS}
    if answer["parties"]:
        answer["parties"] = sorted(answer["parties"], key=text.index)
    return Draft(text, answer, round(0.86 + 0.13 * rng.random(), 3), wrong)


def _misleads(field: str, value: Any, wrong: tuple[tuple[str, Any], ...]) -> bool:
    return value is not None and (field == "termination_clause_type" or field in dict(wrong))


def _orders(rng: random.Random, scene: Scene, mislead: str | None) -> dict[str, Order]:
    """What each field has to do. A single clause keeps to its facts; where no cell says what is left out, it has only
    one or two besides the parties. An override hits a fact that is said."""
    single, strict = scene.complexity == "single_clause", scene.omits == "nothing"
    free = [field for field in FIELDS[1:] if field != scene.omits]
    few = rng.sample(free, 1 + int(rng.random() * 2)) if single and scene.omits == "drawn" else free
    changed = pick(rng, free) if scene.complexity == "overriding" else ""
    chance_said, chance_misled = 1.0 if strict else 0.94, 0.1 if single or changed else 0.28
    orders = {}
    for field in FIELDS:
        said = field in (mislead, changed) or (field in (*few, "parties") and rng.random() < chance_said)
        said = said and field != scene.omits
        misled = rng.random() < chance_misled if field != mislead else field != "termination_clause_type"
        orders[field] = Order(said, field == changed, misled, strict or field == mislead)
    return orders


def _draw_parts(rng: random.Random, scene: Scene, orders: Mapping[str, Order]) -> dict[str, Part]:
    law = draw_law(rng, scene, orders["governing_law"])
    start = draw_start(rng, scene, orders["effective_date"])
    since = datetime.date.fromisoformat(start.value) if start.value else None
    parts = {
        "parties": draw_parties(rng, scene, orders["parties"], law.value, since),
        "effective_date": start,
        "termination_clause_type": draw_end(rng, scene, orders["termination_clause_type"], since),
        "payment_amount": draw_pay(rng, scene, orders["payment_amount"]),
        "governing_law": law,
    }
    return parts | ({"earlier": draw_earlier(rng, scene)} if rng.random() < 0.07 else {})


def _filling(rng: random.Random, scene: Scene, words: int) -> list[Clause]:
    """Clauses without a fact, up to a length drawn for this draft."""
    target, added = 52 + int(rng.random() * 56), list[Clause]()
    choices = rng.sample(fillers(scene.contract_type), 9)
    for heading, template in dict.fromkeys(choices):
        if words >= target:
            break
        text = scene.say(rng, template)
        if words + _count(text) + 2 <= MOST_WORDS - 6:
            added.append(Clause("filling", heading, heading, text))
            words += _count(text) + 2
    return added


def _count(text: str) -> int:
    return len(_WORD.findall(text))


def _borrows(made: Draft, seed: str) -> bool:
    """Whether the draft shares a run of words, a party or the date with the seed: an honest draft never does."""
    if not seed:
        return False
    if not _runs(seed).isdisjoint(_runs_of(made.text)):
        return True
    lower = seed.lower()
    return any(name.lower() in lower for name in made.answer["parties"] or ())


@lru_cache(maxsize=512)
def _runs(seed: str) -> frozenset[tuple[str, ...]]:
    return frozenset(_runs_of(seed))


def _runs_of(text: str) -> Iterator[tuple[str, ...]]:
    words = words_of(text)
    return zip(*(words[start:] for start in range(_RUN)), strict=False)
