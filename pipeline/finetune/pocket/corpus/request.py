"""What is asked about a document: fields with names, notes on their form, and the instruction around them."""

from dataclasses import dataclass, replace
from random import Random
from typing import Any

from pipeline.canonical import canonical_json
from pipeline.finetune.pocket.corpus.document import LISTS, Document
from pipeline.finetune.pocket.corpus.facts import Domain, Fact
from pipeline.finetune.pocket.corpus.names import invented

_SINGLE_NAMES = ("person", "org", "name")
_SYSTEMS = (
    "You read documents and answer in JSON.",
    "You extract facts from documents. Answer with one JSON object and nothing else.",
    "Answer in JSON alone.",
    "You are a careful clerk. Copy names as they are written.",
    "You turn short texts into records.",
)
_HEADS = (
    "Extract these fields from the {noun} as one JSON object: {fields}.",
    "Extract these fields from the {noun} as one JSON object: {fields}.",
    "Extract: {fields}",
    "Give {fields} as JSON.",
    "Read the {noun} and answer in JSON with the fields {fields}.",
    "Which {fields} does the text give? Answer in JSON.",
    "Fields: {fields}. One JSON object, nothing else.",
    "Return a JSON object with these keys: {fields}",
    "Fill in {fields} from the {noun} below.",
)
_DESCRIBED = (
    "Fill in these fields of the {noun}:\n{fields}",
    "Extract as JSON:\n{fields}",
    "One JSON object with these keys, please:\n{fields}",
    "From the {noun} we need\n{fields}",
)
_NULLS = (
    "Use null for a field that the {noun} does not state.",
    "Use null where the text says nothing.",
    "What is not stated is null.",
    "Missing fields are null.",
)
_DATES = ("Dates are YYYY-MM-DD.", "Write dates as YYYY-MM-DD.", "Dates in ISO form (YYYY-MM-DD).")
_AMOUNTS = ('{name} is {"amount": number, "currency": "ISO code"}', 'write {name} as {"amount": 0, "currency": "XXX"}')
_CHOICES = ("{name} is one of {values}", "{name}: one of {values}", "choose {name} from {values}")
_ADDED = (
    "main new old given stated full exact first last other real final current actual early late local total plain real "
    "shown noted listed known written formal usual clear whole single own next prior basic public chief"
).split()
_RENAMED, _VALUE_RENAMED, _ALL_INVENTED = 0.35, 0.15, 0.3
_LISTS = ("{name} is a list of names", "give {name} as a list in order of mention")


@dataclass(frozen=True, slots=True)
class Asked:
    """A field of a request: one fact of the domain, or two roles whose names are wanted together."""

    name: str
    facts: tuple[int, ...]
    kind: str
    about: str
    values: tuple[tuple[str, str], ...] = ()
    """Of a choice: each value with the name that the request gives it."""


@dataclass(frozen=True, slots=True)
class Request:
    """The same instruction for one document or several."""

    asked: tuple[Asked, ...]
    before: str
    after: str
    system: str

    def prompt(self, document: Document) -> str:
        return "\n\n".join(part for part in (self.before, document.text, self.after) if part)


def pick_fields(domain: Domain, stated: list[int], rng: Random, count: int, absent: float, ease: float) -> list[Asked]:
    """Fields for facts that are stated, now and then (share `absent`) for one that is not."""
    others = [number for number in range(len(domain.facts)) if number not in stated]
    chosen = rng.sample(stated, min(count, len(stated)))
    for place in range(len(chosen)):
        if others and rng.random() < absent:
            chosen[place] = others.pop(rng.randrange(len(others)))
    fields = [_field(domain.facts[number], number, rng) for number in chosen]
    fields = list({one.name: one for one in fields}.values())
    together = _together(domain, chosen, fields, rng) if rng.random() < 0.3 * (1 - ease) else None
    return [one for one in fields if together is None or one.facts[0] not in together.facts] + (
        [together] if together else []
    )


def _field(fact: Fact, number: int, rng: Random) -> Asked:
    name = rng.choice(fact.names)
    if rng.random() < _RENAMED:
        name = _renamed(name, rng)
    values = [(one, _renamed(one, rng) if rng.random() < _VALUE_RENAMED else one) for one in fact.cues]
    rng.shuffle(values)
    return Asked(name, (number,), fact.kind, rng.choice(fact.about), tuple(values))


def _renamed(name: str, rng: Random) -> str:
    """A name nobody has read before, so that names are copied from the request and not remembered."""
    added = invented(rng).lower() if rng.random() < 0.6 else rng.choice(_ADDED)
    return f"{added}_{name}" if rng.random() < 0.6 else f"{name}_{added}"


def _together(domain: Domain, chosen: list[int], fields: list[Asked], rng: Random) -> Asked | None:
    """Two roles as one list: "vendor_and_customer"."""
    roles = [one for one in fields if domain.facts[one.facts[0]].kind in _SINGLE_NAMES]
    if len(roles) < 2:
        spare = [n for n, one in enumerate(domain.facts) if one.kind in _SINGLE_NAMES and n not in chosen]
        roles += [_field(domain.facts[n], n, rng) for n in spare[: 2 - len(roles)]]
    if len(roles) < 2:
        return None
    a, b = rng.sample(roles, 2)
    name = rng.choice((f"{a.name}_and_{b.name}", f"{a.name}_{b.name}", f"both_{a.name}_and_{b.name}"))
    return Asked(name, (*a.facts, *b.facts), "names", f"{a.about}, and {b.about}, in order of mention")


def answer(asked: tuple[Asked, ...], document: Document) -> str:
    """The canonical JSON that is the right answer."""
    return canonical_json({one.name: _found(one, document) for one in asked})


def _found(one: Asked, document: Document) -> Any:
    found = [document.answers[number] for number in one.facts if number in document.answers]
    if one.kind == "choice" and found:
        return dict(one.values)[found[0]]
    if len(one.facts) == 1:
        return found[0] if found else None
    return sorted(found, key=document.text.find) or None


def make_request(domain: Domain, asked: list[Asked], rng: Random, ease: float) -> Request:
    """One of many ways to ask."""
    described = rng.random() < 0.35 * (1 - ease)
    if described:
        asked = [_named_anew(one, rng) if rng.random() < _ALL_INVENTED else one for one in asked]
    order = sorted(asked, key=lambda one: one.name)
    if rng.random() > ease and rng.random() < 0.6:
        rng.shuffle(order)
    noun = rng.choice((*domain.nouns, "text", "document"))
    ask = _described(order, noun, rng) if described else _bare(order, noun, rng)
    notes = _notes(order, noun, rng)
    whole = (" " if rng.random() < 0.4 else "\n").join([ask, notes]) if notes else ask
    system = rng.choice(_SYSTEMS) if rng.random() < 0.25 else ""
    place = rng.random() if ease < 0.9 else 0.0
    before, after = (whole, "") if place < 0.75 else ("", whole) if place < 0.92 else (ask, notes)
    return Request(tuple(asked), before, after, system)


def _named_anew(one: Asked, rng: Random) -> Asked:
    """A name without meaning; the description tells what is wanted."""
    return replace(one, name="_".join(invented(rng).lower() for _ in range(rng.randint(1, 2))))


def _bare(asked: list[Asked], noun: str, rng: Random) -> str:
    return rng.choice(_HEADS).replace("{noun}", noun).replace("{fields}", ", ".join(one.name for one in asked))


def _described(asked: list[Asked], noun: str, rng: Random) -> str:
    style = rng.choice(("- {}: {}", "{}: {}", "* {} ({})", '"{}": {}'))
    lines = "\n".join(style.format(one.name, one.about) for one in asked)
    return rng.choice(_DESCRIBED).replace("{noun}", noun).replace("{fields}", lines)


def _notes(asked: list[Asked], noun: str, rng: Random) -> str:
    """Form of dates and amounts, mostly; the values of a choice, always."""
    notes = [rng.choice(_NULLS).replace("{noun}", noun)] if rng.random() < 0.5 else []
    if any(one.kind == "date" for one in asked) and rng.random() < 0.5:
        notes.append(rng.choice(_DATES))
    forms = [_form(one, rng) for one in asked]
    rest = "; ".join(form for form in forms if form)
    return " ".join([*notes, *([rest + "."] if rest else [])])


def _form(one: Asked, rng: Random) -> str:
    if one.kind == "choice":
        values = rng.choice((", ", ", ", " / ")).join(shown for _, shown in one.values)
        return rng.choice(_CHOICES).replace("{name}", one.name).replace("{values}", values)
    if one.kind == "amount" and rng.random() < 0.5:
        return rng.choice(_AMOUNTS).replace("{name}", one.name)
    if one.kind in LISTS and rng.random() < 0.3:
        return rng.choice(_LISTS).replace("{name}", one.name)
    return ""
