"""The scene of one draft: contract type, register, layout and styles; and the parts that are composed into its text.

Side a is the "we" of a letter and the first of a contract: discloser, provider, contractor or employer; b is the other.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.teacher.simulated.dates_money import AMOUNT_STYLES, DATE_STYLES
from pipeline.teacher.simulated.lexicon import lexicon
from pipeline.teacher.simulated.phrases import Slots, articles, expand, pick
from pipeline.teacher.simulated.places import CITIES
from pipeline.teacher.simulated.voice import draw_roles, voice

FIELDS = ("parties", "effective_date", "termination_clause_type", "payment_amount", "governing_law")
_OMITS = {"termination": "termination_clause_type", "payment": "payment_amount"}
_DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "contract_type": ("NDA", "SaaS", "services", "employment"),
    "complexity": ("single_clause", "several", "several", "overriding"),
    "register": ("formal", "formal", "plain", "terse"),
    "layout": ("paragraph", "paragraph", "numbered", "letter", "key_terms"),
    "date_style": DATE_STYLES,
    "amount_style": AMOUNT_STYLES,
    "omits": ("drawn",) * 6 + ("parties", "effective_date", "termination", "payment", "governing_law"),
}
"""What each dimension of a cell may be; a missing or unknown one is drawn from here, repetitions being weights."""
_BACK = {
    "at_starting": ("the date above", "the start stated above", "the earlier start"),
    "at_ending": ("the rule on ending above", "the foregoing rule on termination", "the preceding exit rule"),
    "at_paying": ("the payment clause above", "the foregoing payment term", "the preceding rule on payment"),
    "at_governing": ("the choice of law above", "the foregoing choice of law", "the preceding law clause"),
}
"""How an overriding clause points back; in a numbered layout it names the number instead."""
_FROZEN = {
    "NDA": ("purpose", "site", "title", "fee"),
    "SaaS": ("area", "product", "title", "fee"),
    "services": ("site", "web", "title", "fee"),
    "employment": ("trade", "job", "place", "title", "fee"),
}
"""Slots that one draft fills with one value throughout, in this order."""


@dataclass(frozen=True, slots=True)
class Scene:
    contract_type: str
    complexity: str
    register: str
    layout: str
    date_style: str
    amount_style: str
    omits: str
    """The field left out, "nothing" where the cell asks for all five, "drawn" where chance decides."""
    pronouns: bool
    roles: tuple[str, str]
    slots: Slots

    def say(self, rng: random.Random, template: str, **more: str) -> str:
        """A template filled with the scene's words; `more` wins over them."""
        return articles(expand(rng, template, {**self.slots, **more} if more else self.slots))

    def tone(self, rng: random.Random) -> str:
        """The register of one clause: key terms are clipped for the most part, letters never."""
        if self.layout == "letter":
            return "plain" if self.register == "terse" else self.register
        return "terse" if self.layout == "key_terms" and rng.random() < 0.6 else self.register


@dataclass(frozen=True, slots=True)
class Clause:
    """A sentence without its full stop, or a fragment that needs its label; `key` is what cross-references name."""

    key: str
    label: str
    heading: str
    text: str
    fragment: bool = False


@dataclass(frozen=True, slots=True)
class Tags:
    """What a clause may be called: `key` in cross-references, a label before a fragment, a heading under a number."""

    key: str
    labels: tuple[str, ...]
    headings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One field's share of a draft: its clauses, the true answer, and pairs of a field and a wrong value that stands
    in the text all the same; `opening` and `slots` say which dates the opening sentence has to hold."""

    clauses: tuple[Clause, ...] = ()
    value: Any = None
    distractors: tuple[tuple[str, Any], ...] = ()
    opening: str = "none"
    slots: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """What a part has to do: say its fact or leave it out, replace an earlier clause, bring a distractor along."""

    present: bool
    overriding: bool
    distractor: bool
    strict: bool
    """The fact is left out because the cell says so, or said because it must be: no percentage, event or other null."""


def clause(
    rng: random.Random, scene: Scene, lists: Mapping[str, tuple[str, ...]], name: str, tags: Tags, **more: str
) -> Clause:
    """One clause from the list `name` in the register of the moment, or from the list that serves all registers."""
    tone = scene.tone(rng)
    templates = lists.get(f"{name} {tone}")
    fragment = tone == "terse" and templates is not None
    text = scene.say(rng, pick(rng, templates or lists[name]), **more)
    return Clause(tags.key, pick(rng, tags.labels), pick(rng, tags.headings), text, fragment)


def draw_scene(rng: random.Random, cell: Mapping[str, str]) -> Scene:
    said = {name: _value(rng, name, options, cell) for name, options in _DIMENSIONS.items()}
    register, letter = said["register"], said["layout"] == "letter"
    pronouns = letter or (register == "plain" and said["layout"] != "key_terms" and rng.random() < 0.35)
    roles = draw_roles(rng, said["contract_type"])
    a_pays = said["contract_type"] == "employment"
    words = voice(rng, register, letter, pronouns, roles, a_pays)
    slots: dict[str, str | tuple[str, ...]] = {**lexicon(said["contract_type"]), "city": CITIES, **words}
    slots |= {name: f"clause @{name[3:]}" if said["layout"] == "numbered" else texts for name, texts in _BACK.items()}
    for name in _FROZEN[said["contract_type"]]:
        slots[name] = expand(rng, f"{{{name}}}", slots)
    return Scene(**said, pronouns=pronouns, roles=roles, slots=slots)


def omitted(cell: Mapping[str, str]) -> str | None:
    """The field that a cell leaves out by name."""
    value = _OMITS.get(cell.get("omits", ""), cell.get("omits", ""))
    return value if value in FIELDS else None


def _value(rng: random.Random, name: str, options: tuple[str, ...], cell: Mapping[str, str]) -> str:
    value = cell.get(name, "")
    if value not in options and not (name == "omits" and value == "nothing"):
        value = pick(rng, options)
    return _OMITS.get(value, value)
