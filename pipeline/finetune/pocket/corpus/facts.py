"""Facts that a domain's documents may state, and how they are worded.

>>> fact("date", "sent_on shipped", "the day it left", "Sent", "It left us on {}.|Posted {}.").names
('sent_on', 'shipped')
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fact:
    """One kind of thing to be asked for. A choice has cue sentences by value; every other kind has wordings with {}."""

    kind: str
    names: tuple[str, ...]
    about: tuple[str, ...]
    labels: tuple[str, ...]
    wordings: tuple[str, ...]
    cues: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Domain:
    """A sort of document: what it may state, and sentences that state nothing anybody asks for."""

    name: str
    nouns: tuple[str, ...]
    titles: tuple[str, ...]
    facts: tuple[Fact, ...]
    noise: tuple[str, ...]


def fact(kind: str, names: str, about: str, labels: str, wordings: str) -> Fact:
    return Fact(kind, tuple(names.split()), _split(about), _split(labels), _split(wordings))


def choice(names: str, about: str, labels: str, **cues: str) -> Fact:
    return Fact(
        "choice", tuple(names.split()), _split(about), _split(labels), (), {k: _split(v) for k, v in cues.items()}
    )


def domain(name: str, nouns: str, titles: str, facts: tuple[Fact, ...], noise: str) -> Domain:
    return Domain(name, _split(nouns), _split(titles), facts, _split(noise))


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())
