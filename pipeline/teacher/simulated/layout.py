"""The page: the opening and the clauses of a draft as a paragraph, numbered clauses, a letter or key terms."""

import random
import re
from collections.abc import Sequence
from typing import TypeVar

from pipeline.teacher.simulated.openings import OPENINGS
from pipeline.teacher.simulated.phrases import capital, pick
from pipeline.teacher.simulated.scene import Clause, Part, Scene
from pipeline.teacher.simulated.words import person

_NUMBERINGS = ("{n}.", "{n}.", "{n})", "({n})", "§ {n}", "Clause {n}.", "Article {n}:", "{n} -")
_GREETINGS = ("Dear {who},", "Dear {who}:", "To {who}", "For the attention of {who}")
_CLOSINGS = ("Yours sincerely,", "Kind regards,", "Yours faithfully,", "With best wishes,", "Regards,", "Respectfully,")
_SEPARATORS = (": ", ": ", " - ", " | ", ":\t")
_REFERENCE = re.compile(r"@(\w+)")
_DOUBLED = re.compile(r"(?<!\.)\.\.(?!\.)|,[,;:.]")
_Item = TypeVar("_Item")


def arrange(rng: random.Random, scene: Scene, parties: Part, opening: str, clauses: Sequence[Clause]) -> str:
    """`opening` is the sentence that names the sides; layouts that name them otherwise leave it out."""
    page = {"paragraph": _paragraph, "numbered": _numbered, "letter": _letter, "key_terms": _key_terms}[scene.layout]
    text = page(rng, scene, parties, opening, shuffled(rng, clauses))
    return _DOUBLED.sub(lambda match: match.group()[-1], text)


def draw_opening(rng: random.Random, scene: Scene, parties: Part, start: Part) -> str:
    if scene.layout == "key_terms":
        return ""
    tone = f"letter {start.opening}" if scene.layout == "letter" else f"{start.opening} {scene.register}"
    title = scene.slots["title"]
    words = {**parties.slots, **start.slots, "Title": capital(title if isinstance(title, str) else title[0])}
    return scene.say(rng, pick(rng, OPENINGS[tone]), **words)


def shuffled(rng: random.Random, clauses: Sequence[Clause]) -> list[Clause]:
    """A random order in which a clause that changes another still comes after it, and a signature comes last."""
    order = sorted(clauses, key=lambda _: rng.random())
    keys = {clause.key for clause in clauses}
    for key in sorted(key for key in keys if f"{key}_change" in keys):
        at = [i for i, clause in enumerate(order) if clause.key in (key, f"{key}_change")]
        pair = sorted((order[i] for i in at), key=lambda clause: clause.key)
        for i, clause in zip(at, pair, strict=True):
            order[i] = clause
    return sorted(order, key=lambda clause: clause.key == "signature")


def _paragraph(rng: random.Random, scene: Scene, _: Part, opening: str, clauses: list[Clause]) -> str:
    sentences = [_sentence(clause) for clause in clauses]
    at = 0 if rng.random() < 0.85 else 1
    sentences.insert(at, f"{capital(opening)}.")
    head = f"{pick(rng, _heads(scene))}\n" if rng.random() < 0.2 else ""
    return head + " ".join(sentences)


def _numbered(rng: random.Random, _scene: Scene, _parties: Part, opening: str, clauses: list[Clause]) -> str:
    style, headed, apart = pick(rng, _NUMBERINGS), rng.random() < 0.6, pick(rng, ("\n", "\n", "\n\n", " "))
    preamble = rng.random() < 0.6
    heading = pick(rng, ("Parties", "Scope", "The contract", "Subject", "Preamble"))
    items = clauses if preamble else [Clause("opening", heading, heading, opening), *clauses]
    numbers = {clause.key: str(n) for n, clause in enumerate(items, 1)}
    lines = [f"{style.format(n=n)} {_item(clause, headed)}" for n, clause in enumerate(items, 1)]
    if preamble:
        lines.insert(0, f"{capital(opening)}.")
    return _REFERENCE.sub(lambda match: numbers.get(match[1], "1"), apart.join(lines))


def _letter(rng: random.Random, scene: Scene, parties: Part, opening: str, clauses: list[Clause]) -> str:
    sender, reader = parties.slots["name_a"], parties.slots["name_b"]
    who = reader or pick(rng, (scene.roles[1], "Colleague", "Sir or Madam"))
    head = f"{sender}\n\n" if sender and rng.random() < 0.4 else ""
    sentences = [f"{capital(opening)}.", *map(_sentence, clauses)]
    cut = 1 + int(rng.random() * len(sentences))
    body = "\n\n".join(" ".join(block) for block in (sentences[:cut], sentences[cut:]) if block)
    signed = f"{person(rng)}\n{pick(rng, ('for', 'on behalf of'))} {sender}" if sender else f"the {scene.roles[0]}"
    return f"{head}{pick(rng, _GREETINGS).format(who=who)}\n\n{body}\n\n{pick(rng, _CLOSINGS)}\n{signed}"


def _key_terms(rng: random.Random, scene: Scene, parties: Part, _: str, clauses: list[Clause]) -> str:
    gap, end = pick(rng, _SEPARATORS), pick(rng, ("", "", ".", ";"))
    named = [(role, parties.slots[name]) for role, name in zip(scene.roles, ("name_a", "name_b"), strict=True)]
    sides = [f"{role}{gap}{name}" for role, name in named if name]
    if len(sides) == 2 and rng.random() < 0.3:
        sides = [
            f"{pick(rng, ('Parties', 'Between', 'Sides'))}{gap}{parties.slots['name_a']} and {parties.slots['name_b']}"
        ]
    about = scene.say(rng, "{subject}")
    lines = [*sides, f"{pick(rng, ('Subject', 'About', 'Re', 'Object'))}{gap}{about}"]
    lines += [f"{clause.label}{gap}{capital(clause.text)}{end}" for clause in clauses]
    return "\n".join([pick(rng, _heads(scene)), *lines])


def _heads(scene: Scene) -> tuple[str, str, str]:
    title = str(scene.slots["title"])
    return title, title.upper(), f"{title} - key terms" if scene.layout == "key_terms" else f"{title}:"


def _sentence(clause: Clause) -> str:
    return f"{clause.label}: {clause.text}." if clause.fragment else f"{capital(clause.text)}."


def _item(clause: Clause, headed: bool) -> str:
    if clause.fragment:
        return f"{clause.label}: {clause.text}."
    return f"{clause.heading}. {capital(clause.text)}." if headed else f"{capital(clause.text)}."
