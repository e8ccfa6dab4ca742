"""Drafts that are not their own: words or names taken over from the style reference, or a stock text again."""

import random
import re
from collections.abc import Iterator

from pipeline.teacher.simulated.grammar import Draft, draft, words_of
from pipeline.teacher.simulated.names import find_parties
from pipeline.teacher.simulated.phrases import pick
from pipeline.teacher.simulated.prompt import DraftPrompt
from pipeline.teacher.simulated.reading import dates, sums
from pipeline.teacher.simulated.twisting import Content

STOCK = 3
_LONGEST = 120
_TRIES = 40
_FACT = re.compile(r"\d|[A-Z]|terminat|law|pay|effective|expir|ends?\b|date|notice")
_SENTENCE = re.compile(r"(?<=[a-z]{2}\.)[ \n]+(?=[A-Z])")
_LEADS = ("", "", "It is added that ", "For clarity: ", "In detail, ", "Furthermore, ")
_HEADS = ("Extract: ", "Section: ", "Wording: ", "Draft: ", "Text: ")
_TAILS = (" Agreed.", " Extract.", "\nPage one", "\nCopy", " Accepted.")


def verbatim_seed(prompt: DraftPrompt, rng: random.Random) -> Content:
    """A right draft with 9 to 20 words in a row out of the style reference, if it has as many."""
    run = _run(prompt.seed, rng)
    lead = pick(rng, _LEADS)
    room = _LONGEST - len(words_of(lead + run))
    drafts = (draft(prompt, f"verbatim_seed {n}") for n in range(_TRIES))
    made = next((one for one in drafts if len(words_of(one.text)) <= room), None) or draft(prompt, "verbatim_seed")
    borders = [match.start() for match in _SENTENCE.finditer(made.text)]
    at = pick(rng, borders) if borders else len(made.text)
    text = f"{made.text[:at]} {lead}{run if lead else run[:1].upper() + run[1:]}.{made.text[at:]}"
    return Content(text, made.answer, made.confidence)


def seed_party(prompt: DraftPrompt, _: random.Random) -> Content:
    """A draft with a party of the style reference as its own; where that names none, with its day or its sum."""
    drafts = [draft(prompt, f"seed_party {n}") for n in range(3)]
    for swap in (_swap_party, _swap_day, _swap_sum):
        for made in drafts:
            if swapped := swap(made, prompt.seed):
                return swapped
    return Content(drafts[0].text, drafts[0].answer, drafts[0].confidence)


def near_duplicate(prompt: DraftPrompt, rng: random.Random) -> Content:
    """One of a few stock texts again, but for a word: what a teacher says when it runs out of ideas."""
    return nearly(draft(stock(prompt.cell.get("contract_type", ""), 1 + int(rng.random() * STOCK))), rng)


def stock(contract_type: str, number: int) -> DraftPrompt:
    """The prompt of one of the stock texts for a contract type."""
    cell = {"contract_type": contract_type}
    return DraftPrompt(f"stock text {number} for {contract_type}", cell, number, STOCK, "")


def nearly(made: Draft, rng: random.Random) -> Content:
    """The draft with a word more at its beginning, its end or both, less sure but still 0.85 or more.

    Changed in its middle, a text of 45 words would fall below a Jaccard of 0.9.
    """
    head, tail = pick(rng, ((pick(rng, _HEADS), ""), ("", pick(rng, _TAILS)), (pick(rng, _HEADS), " Agreed.")))
    lower = 0.85 + (made.confidence - 0.85) * rng.random()
    return Content(f"{head}{made.text}{tail}", made.answer, min(round(lower, 3), round(made.confidence - 0.001, 3)))


def _run(seed: str, rng: random.Random) -> str:
    """Of twenty stretches of the seed, the one with the least that looks like a fact; without its last punctuation."""
    words = list(re.finditer(r"\w+", seed))
    if len(words) <= 9:
        return " ".join(seed.split()).rstrip(".;:,")
    stretches = list(_stretches(words, rng))
    first, last = min(stretches, key=lambda ends: len(_FACT.findall(seed[ends[0] : ends[1]])))
    return " ".join(seed[first:last].split())


def _stretches(words: list[re.Match[str]], rng: random.Random) -> Iterator[tuple[int, int]]:
    for _ in range(20):
        length = 9 + int(rng.random() * min(12, len(words) - 9))
        start = int(rng.random() * (len(words) - length + 1))
        yield words[start].start(), words[start + length - 1].end()


def _swap_party(made: Draft, seed: str) -> Content | None:
    names = find_parties(seed)
    own = made.answer["parties"]
    if not names or not own or names[0] in own:
        return None
    text = made.text.replace(own[0], names[0])
    parties = sorted([names[0], *own[1:]], key=text.index)
    return Content(text, {**made.answer, "parties": parties}, made.confidence)


def _swap_day(made: Draft, seed: str) -> Content | None:
    theirs = next(iter(dates(seed)), None)
    ours = [found for found in dates(made.text) if found.value == made.answer["effective_date"]]
    if theirs is None or not ours:
        return None
    text = made.text
    for found in reversed(ours):
        text = text[: found.start] + seed[theirs.start : theirs.end] + text[found.end :]
    return Content(text, {**made.answer, "effective_date": theirs.value}, made.confidence)


def _swap_sum(made: Draft, seed: str) -> Content | None:
    theirs, paid = next(iter(sums(seed)), None), made.answer["payment_amount"]
    ours = [found for found in sums(made.text) if paid and found.amount == paid["amount"]]
    if theirs is None or not ours:
        return None
    text = made.text
    for found in reversed(ours):
        text = text[: found.start] + seed[theirs.start : theirs.end] + text[found.end :]
    value = {"amount": theirs.amount, "currency": theirs.currency}
    return Content(text, {**made.answer, "payment_amount": value}, made.confidence)
