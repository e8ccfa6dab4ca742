"""Training conversations: extraction, labels, earlier turns as shots, and copying drills, from easy to hard.

>>> from random import Random
>>> from pipeline.finetune.pocket.corpus.domains import training_domains
>>> [message["role"] for message in example(training_domains(), Random(1), Level(shots=0.0, system=0.0))]
['user', 'assistant']
"""

from dataclasses import dataclass
from random import Random

from pipeline.canonical import canonical_json
from pipeline.finetune.pocket.corpus.document import Document, write_document
from pipeline.finetune.pocket.corpus.facts import Domain
from pipeline.finetune.pocket.corpus.names import invented
from pipeline.finetune.pocket.corpus.request import answer, make_request, pick_fields
from pipeline.finetune.pocket.corpus.values import value

Messages = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Level:
    """How hard the examples are; shares are between 0 and 1."""

    facts: tuple[int, int] = (1, 7)
    noise: tuple[int, int] = (0, 4)
    asked: tuple[int, int] = (1, 6)
    ease: float = 0.15
    absent: float = 0.15
    labels: float = 0.15
    shots: float = 0.15
    drills: float = 0.05
    system: float = 0.25


def level(progress: float) -> Level:
    """The level at a share of the training: copying first, then short documents, then all there is.

    >>> level(0.0).drills > level(0.2).drills > level(0.9).drills
    True
    """
    if progress < 0.10:
        return Level((1, 2), (0, 0), (1, 2), 1.0, 0.0, 0.0, 0.0, 0.5, 0.0)
    if progress < 0.22:
        return Level((1, 3), (0, 1), (1, 3), 0.95, 0.03, 0.03, 0.0, 0.15, 0.1)
    if progress < 0.36:
        return Level((2, 4), (0, 3), (1, 4), 0.6, 0.1, 0.08, 0.0, 0.1, 0.2)
    if progress < 0.62:
        return Level((2, 6), (0, 4), (1, 5), 0.3, 0.13, 0.12, 0.03, 0.08)
    return Level()


def example(domains: tuple[Domain, ...], rng: Random, at: Level) -> Messages:
    """A conversation whose assistant turns are what the model shall learn to say."""
    draw = rng.random()
    if draw < at.drills:
        return drill(rng)
    domain = rng.choice(domains)
    turns = rng.choice((2, 2, 3, 4)) if rng.random() < at.shots else 1
    if draw < at.drills + at.labels:
        return labelling(domain, domains, rng, at, turns)[0]
    return _extraction(domain, rng, at, turns)


def drill(rng: Random) -> Messages:
    """Something to say again, word by word, or a form whose labels nobody has read before."""
    if rng.random() < 0.5:
        return _form(rng)
    kinds = rng.choices(("person", "org", "place", "date", "code", "word"), k=rng.randint(2, 6))
    said = rng.choice((", ", " ", "\n")).join(
        invented(rng) if kind == "word" else value(kind, rng, 1.0)[0] for kind in kinds
    )
    ask = rng.choice(("Repeat:", "Say again:", "Copy this:", "Once more:"))
    return [{"role": "user", "content": f"{ask} {said}"}, {"role": "assistant", "content": said}]


def _form(rng: Random) -> Messages:
    """ "Kelvar morn: Ada Brell" as {"kelvar_morn":"Ada Brell"}; a label that is asked for and is not there is null."""
    lines = {}
    for _ in range(rng.randint(2, 6)):
        label = " ".join(invented(rng).lower() for _ in range(rng.randint(1, 3)))
        lines[label] = value(rng.choice(("person", "org", "place", "date", "code", "amount", "count")), rng, 0.7)
    asked = rng.sample(list(lines), rng.randint(1, min(5, len(lines))))
    right = {label.replace(" ", "_"): lines[label][1] for label in asked}
    if rng.random() < 0.25:
        right[f"{invented(rng).lower()}_{invented(rng).lower()}"] = None
    text = "\n".join(f"{label.capitalize()}: {written}" for label, (written, _) in lines.items())
    names = list(right) if rng.random() < 0.5 else sorted(right)
    ask = rng.choice(("Extract: {}", "Fields: {}. Answer in JSON.", "Give {} as one JSON object.")).format(
        ", ".join(names)
    )
    return [{"role": "user", "content": f"{ask}\n\n{text}"}, {"role": "assistant", "content": canonical_json(right)}]


def _written(domain: Domain, rng: Random, at: Level, turns: int) -> list[Document]:
    """Documents that serve as shots are shorter, so that all turns fit."""
    most = min(at.facts[1], 5) if turns > 1 else at.facts[1]
    return [
        write_document(domain, rng, rng.randint(min(at.facts[0], most), most), rng.randint(*at.noise), at.ease)
        for _ in range(turns)
    ]


def _extraction(domain: Domain, rng: Random, at: Level, turns: int) -> Messages:
    documents = _written(domain, rng, at, turns)
    stated = list(dict.fromkeys(number for document in documents for number in document.answers))
    asked = pick_fields(domain, stated, rng, rng.randint(*at.asked), at.absent, at.ease)
    request = make_request(domain, asked, rng, at.ease)
    messages = [{"role": "system", "content": request.system}] if request.system and at.system else []
    for document in documents:
        messages.append({"role": "user", "content": request.prompt(document)})
        messages.append({"role": "assistant", "content": answer(request.asked, document)})
    return messages


_WHICH = (
    'Choose one label out of this list: {labels}. Answer as JSON: {"label": "..."}.',
    'Which of these fits: {labels}? Answer {"label": "..."}.',
    'Labels: {labels}. Give the one that fits the text as {"label": "..."}.',
    "Classify the text as one of {labels}. One JSON object with the key label.",
)
_ABOUT = ("The question is {about}.", "We want to know {about}.", "Decide {about}.")


def labelling(
    domain: Domain, domains: tuple[Domain, ...], rng: Random, at: Level, turns: int
) -> tuple[Messages, list[str]]:
    """One of a choice's values, or the sort of document; and the labels that there are to choose from."""
    choices = [number for number, fact in enumerate(domain.facts) if fact.kind == "choice"]
    if rng.random() < 0.35:
        others = rng.sample([one for one in domains if one is not domain], rng.randint(1, 4))
        sorts = [domain, *others]
        rng.shuffle(sorts)
        picked = [domain, *(rng.choice(sorts) for _ in range(turns - 1))]
        rng.shuffle(picked)
        pairs = [(_written(one, rng, at, 1)[0].text, one.name) for one in picked]
        names = [one.name for one in sorts]
        return _labelled(rng, names, "of what sort the text is", pairs), names
    number = rng.choice(choices)
    pairs = []
    while len(pairs) < turns:
        document = _written(domain, rng, at, 1)[0]
        if number in document.answers:
            pairs.append((document.text, document.answers[number]))
    values = list(domain.facts[number].cues)
    rng.shuffle(values)
    return _labelled(rng, values, rng.choice(domain.facts[number].about), pairs), values


def _labelled(rng: Random, labels: list[str], about: str, pairs: list[tuple[str, str]]) -> Messages:
    ask = rng.choice(_WHICH).replace("{labels}", ", ".join(labels))
    if rng.random() < 0.6:
        ask += " " + rng.choice(_ABOUT).replace("{about}", about)
    before = rng.random() < 0.75
    messages: Messages = []
    for text, label in pairs:
        messages.append({"role": "user", "content": f"{ask}\n\n{text}" if before else f"{text}\n\n{ask}"})
        messages.append({"role": "assistant", "content": canonical_json({"label": label})})
    return messages
