"""One document of a domain: facts worded among noise, in one of several layouts."""

from dataclasses import dataclass
from random import Random
from typing import Any

from pipeline.finetune.pocket.corpus.facts import Domain, Fact
from pipeline.finetune.pocket.corpus.values import filler, names, short_form, value

LISTS = ("people", "orgs", "names")
_SLOTS = ("person", "org", "place", "date", "amount", "count")


@dataclass(frozen=True, slots=True)
class Document:
    """answers has the facts that the text states, by their position in domain.facts."""

    domain: Domain
    text: str
    answers: dict[int, Any]


@dataclass(frozen=True, slots=True)
class _Told:
    label: str
    plain: str
    """The value alone, for "key: value" lines."""
    sentence: str
    answer: Any


def write_document(domain: Domain, rng: Random, facts: int, noise: int, ease: float) -> Document:
    """A document that states `facts` of what its domain can state. ease 1: plain spellings, no asides."""
    chosen = rng.sample(range(len(domain.facts)), min(facts, len(domain.facts)))
    told = {number: _tell(domain.facts[number], rng, ease) for number in chosen}
    fillers = [_fill(sentence, rng) for sentence in rng.sample(domain.noise, min(noise, len(domain.noise)))]
    layout = rng.choice(("lines", "lines", "paragraph")) if ease > 0.9 else rng.choice(_LAYOUTS)
    text = _lay_out(layout, domain, list(told.values()), fillers, rng)
    return Document(domain, text, {number: one.answer for number, one in told.items()})


_LAYOUTS = ("paragraph", "paragraph", "paragraph", "lines", "letter", "numbered", "mixed")


def _tell(fact: Fact, rng: Random, ease: float) -> _Told:
    label = rng.choice(fact.labels)
    if fact.kind == "choice":
        answer = rng.choice(list(fact.cues))
        cue = rng.choice(fact.cues[answer])
        return _Told(label, cue, cue, answer)
    wording = rng.choice(fact.wordings)
    if fact.kind in LISTS:
        return _tell_list(fact, label, wording, rng, ease)
    written, answer = value(fact.kind, rng, ease)
    plain = written
    if fact.kind in ("person", "org", "name") and rng.random() < 0.25 * (1 - ease):
        written = _with_aside(written, answer, rng)
    return _Told(label, plain, _sentence(wording.replace("{}", written)), answer)


def _tell_list(fact: Fact, label: str, wording: str, rng: Random, ease: float) -> _Told:
    pair = "{a}" in wording
    count = 2 if pair else rng.choice((1, 2, 2, 2, 3, 3, 4))
    written, answers = names(fact.kind, rng, count, ease)
    if rng.random() < 0.2 * (1 - ease):
        written = [_with_aside(one, answer, rng) for one, answer in zip(written, answers, strict=True)]
    if pair:
        sentence = wording.replace("{a}", written[0]).replace("{b}", written[1])
        answers = sorted(answers, key=sentence.find)
        return _Told(
            label, " and ".join(written) if answers[0] in written[0] else _listed(written[::-1], rng), sentence, answers
        )
    listed = _listed(written, rng)
    return _Told(label, listed, _sentence(wording.replace("{}", listed)), answers)


def _listed(written: list[str], rng: Random) -> str:
    if len(written) == 1:
        return written[0]
    joint = rng.choice((" and ", " and ", ", ", "; ", " & ")) if len(written) == 2 else rng.choice((" and ", ", "))
    return joint.join([("; " if joint == "; " else ", ").join(written[:-1]), written[-1]])


def _with_aside(written: str, answer: str, rng: Random) -> str:
    """The name with something after it that does not belong to it."""
    draw = rng.random()
    if draw < 0.5:
        return f'{written} ("{short_form(rng, answer)}")'
    if draw < 0.7:
        return f"{written} (called {short_form(rng, answer)} below)"
    if draw < 0.85:
        return f"{written} of {filler(rng, 'place')}"
    return f"{written} (born in {filler(rng, 'place')})" if draw < 0.9 else f"{written} (since {filler(rng, 'date')})"


def _fill(sentence: str, rng: Random) -> str:
    for slot in _SLOTS:
        if "{" + slot + "}" in sentence:
            sentence = sentence.replace("{" + slot + "}", filler(rng, slot))
    return _sentence(sentence)


def _sentence(text: str) -> str:
    """A capital at the beginning; no second stop after "Ltd."."""
    return text[:1].upper() + text[1:].replace("..", ".")


def _lay_out(layout: str, domain: Domain, told: list[_Told], noise: list[str], rng: Random) -> str:
    title = [rng.choice(domain.titles)] if rng.random() < 0.6 else []
    if layout in ("lines", "mixed"):
        cut = len(told) if layout == "lines" else rng.randint(1, max(1, len(told) - 1))
        lines = [f"{one.label}: {one.plain}" for one in told[:cut]]
        rest = [one.sentence for one in told[cut:]] + noise
        rng.shuffle(rest)
        return "\n".join([*title, *lines, *([" ".join(rest)] if rest else [])])
    sentences = [one.sentence for one in told] + noise
    rng.shuffle(sentences)
    if layout == "numbered":
        style = rng.choice(("{}. ", "{}) ", "({}) ", "§ {} "))
        return "\n".join([*title, *(style.format(n) + one for n, one in enumerate(sentences, start=1))])
    if layout == "letter":
        opening = rng.choice(("Dear reader,", "Hello,", "To whom it may interest,", "Good day,", "Dear all,"))
        closing = (
            rng.choice(("Kind regards", "Yours", "With best wishes", "See you soon")) + ",\n" + filler(rng, "person")
        )
        half = rng.randint(0, len(sentences))
        parts = [opening, " ".join(sentences[:half]), " ".join(sentences[half:]), closing]
        return "\n\n".join(part for part in parts if part)
    return (
        "\n\n".join([*title, " ".join(sentences)])
        if rng.random() < 0.7
        else " ".join([*(f"{t}." for t in title), *sentences])
    )
