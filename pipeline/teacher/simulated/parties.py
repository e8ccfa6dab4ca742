"""The contracting parties and those who are merely named: names, introductions, mentions and signatures."""

import datetime
import random
from typing import Any

from pipeline.teacher.simulated.dates_money import date_text, day, later
from pipeline.teacher.simulated.openings import MENTIONS
from pipeline.teacher.simulated.phrases import pick
from pipeline.teacher.simulated.places import CITIES, jurisdiction, styled
from pipeline.teacher.simulated.scene import Order, Part, Scene, Tags, clause
from pipeline.teacher.simulated.words import bank, company, person, title

_MENTION = Tags("mention", ("Others", "Note", "Third parties"), ("Third parties", "Others", "Miscellaneous"))
_SIGNED = Tags("signature", ("Signature", "Signed"), ("Signature", "Signatures"))
_EARLIER = Tags("earlier", ("Earlier contract", "Related paper"), ("Other contracts", "Related agreements"))
_PERSONS = {"NDA": (0.08, 0.3), "SaaS": (0.0, 0.1), "services": (0.25, 0.1), "employment": (0.0, 1.0)}
"""How often side a, and side b, is a person."""
_ALIASES = {
    "formal": ('{name} ("{role}")', '{name} (the "{role}")', "{name} (hereinafter the {role})", "{name}, as {role},"),
    "plain": ("{name} (the {lower})", "{name} as {lower}", '{name} ("the {lower}")', "the {lower} {name}"),
    "terse": ("{name} ({role})", "{name} ({lower})", "{name}, {lower},"),
    "pronoun": ('{name} ("{we}")', "{name} (below: {we})", '{name} (called "{we}" here)'),
}
_OTHER_TITLES = (
    "framework agreement",
    "loan agreement",
    "lease",
    "supply contract",
    "letter of intent",
    "licence deed",
)
_STREETS = ("Mill Lane", "Harbour Road", "Station Street", "Church Row", "Canal Side", "High Street", "Market Square")
_Intro = tuple[str, tuple[tuple[str, Any], ...]]


def draw_parties(rng: random.Random, scene: Scene, order: Order, law: str | None, since: datetime.date | None) -> Part:
    """`law`, the governing one, is never drawn as a place of incorporation; signatures fall close to `since`."""
    if not order.present:
        mention = _mention(rng, scene) if rng.random() < 0.1 else Part()
        return Part(mention.clauses, slots=_unnamed(scene))
    people = [rng.random() < chance for chance in _PERSONS[scene.contract_type]]
    names = [person(rng) if human else company(rng) for human in people]
    joint = (
        [company(rng)]
        if rng.random() < 0.06 and scene.contract_type != "employment" and scene.layout in ("paragraph", "numbered")
        else []
    )
    forms = [_intro(rng, scene, at, names[at], people[at], law) for at in (0, 1)]
    slots = {"pa": forms[0][0], "pb": forms[1][0], "name_a": names[0], "name_b": names[1]}
    if joint:
        slots["pb"] = f'{names[1]} and {joint[0]} (together the "{scene.roles[1]}")'
    mention = _mention(rng, scene) if order.distractor else Part()
    signed = _signature(rng, scene, since or day(rng)) if rng.random() < 0.12 and scene.layout != "letter" else Part()
    introduced = scene.layout in ("paragraph", "numbered")
    places = (*forms[0][1], *(() if joint else forms[1][1])) if introduced else ()
    wrong = (*places, *signed.distractors)
    wrong += tuple((field, [*names, other]) for field, other in mention.distractors)
    return Part((*mention.clauses, *signed.clauses), [*names, *joint], wrong, slots=slots)


def draw_earlier(rng: random.Random, scene: Scene) -> Part:
    """A word on another contract between the same sides, whose date is not this one's."""
    date = day(rng, 2005, 2011)
    slots = {
        "otherdate": date_text(rng, date, scene.date_style),
        "othertitle": scene.say(rng, pick(rng, _OTHER_TITLES)),
    }
    said = clause(rng, scene, MENTIONS, "other agreement", _EARLIER, **slots)
    return Part((said,), None, (("effective_date", date.isoformat()),))


def _unnamed(scene: Scene) -> dict[str, str]:
    """Roles alone, which name nobody: "the Provider", or 'the provider ("we")'."""
    first, second = (f"the {role if scene.register == 'formal' else role.lower()}" for role in scene.roles)
    if scene.pronouns:
        first, second = f'{first} ("we")', f'{second} ("you")'
    return {"pa": first, "pb": second, "name_a": "", "name_b": ""}


def _intro(rng: random.Random, scene: Scene, at: int, name: str, human: bool, law: str | None) -> _Intro:
    """How a party is introduced, with the place of incorporation, where one is given, as a wrong governing law."""
    tone, role = "pronoun" if scene.pronouns else scene.register, scene.roles[at]
    form = pick(rng, _ALIASES[tone])
    plain = tone == "terse" or not form.startswith("{name} (")
    shown, place = (name, None) if plain else _dressed(rng, name, human, law)
    words = {"name": shown, "role": role, "lower": role.lower(), "we": ("we", "you")[at]}
    return form.format_map(words), (("governing_law", place),) if place else ()


def _dressed(rng: random.Random, name: str, human: bool, law: str | None) -> tuple[str, str | None]:
    """With a title, an address or a place of incorporation, which comes back beside the text."""
    chance = rng.random()
    if chance < 0.15:
        return f"{name}, of {2 + int(rng.random() * 180)} {pick(rng, _STREETS)}, {pick(rng, CITIES)}", None
    if human:
        return title(rng, name) + name, None
    if chance > 0.4:
        return name, None
    place = jurisdiction(rng, law)
    kind = pick(rng, ("a company registered in", "a company organised in", "a business with its seat in"))
    return f"{name}, {kind} {styled(rng, place)}", place


def _mention(rng: random.Random, scene: Scene) -> Part:
    """Someone who is named and does not contract."""
    names = {"other": company(rng), "mediator": person(rng), "bank": bank(rng)}
    said = clause(rng, scene, MENTIONS, "nonparty", _MENTION, **names)
    named = next(name for name in names.values() if name in said.text)
    return Part((said,), None, (("parties", named),))


def _signature(rng: random.Random, scene: Scene, since: datetime.date) -> Part:
    date = later(rng, since, -25, -1)
    slots = {"signatory": person(rng), "signed": date_text(rng, date, scene.date_style)}
    said = clause(rng, scene, MENTIONS, "signature", _SIGNED, **slots)
    return Part((said,), None, (("effective_date", date.isoformat()),))
