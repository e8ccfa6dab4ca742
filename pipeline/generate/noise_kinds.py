"""The kinds of noise: what each would change in a text, clear of the spans that nothing may touch.

Every kind makes one trait of `traits`, which a test holds it to; `typos` make a text misspelt. `several_requests` says
what a person gave to be said, so it comes with those asides and does nothing without.
"""

import random
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType

Spans = list[tuple[int, int]]
Change = tuple[int, int, str]
"""text[start:end] becomes this."""
WORDS_A_TYPO = 15
"""One typo, and one more for so many words."""
_WORD = re.compile(r"[^\W\d_]+")
_NEIGHBOURS = {
    letter: (row[at - 1] if at else "") + row[at + 1 : at + 2]
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for at, letter in enumerate(row)
}
_KEPT = frozenset("never without unless except none neither nothing cannot only before after until".split())
"""Words whose slip could turn what a sentence says."""
_ENDED = re.compile(r"[.!?…。？！][\"'”’)]*\s*$")
_MARK = re.compile(r"(?<=[^\W_])[.,;:!?]+(?=\s|$)")
_SENTENCE_START = re.compile(r"(?:^|(?<=[.!?])\s+|\n\s*)[\"'“‘(]?([^\W\d_])")
_CONTRACTION = re.compile(
    r"\b(?:don|doesn|didn|isn|aren|wasn|weren|can|couldn|wouldn|shouldn|haven|hasn|hadn|that|what|where|here|there"
    r"|you|they|i)(['’])(?:t|s|m|ve|re|ll)\b",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"(?i)[\s,.;!]{0,9}\b(?:(?:many |with )?thanks"
    r"(?: (?:so much|a lot|again|in advance|for (?:your|the) (?:help|time)))*"
    r"|thank you(?: (?:so much|very much|again|in advance|for your (?:help|time|assistance|support)))*"
    r"|(?:best|kind|warm)(?:est)? (?:regards|wishes)|regards|yours (?:sincerely|faithfully|truly)"
    r"|(?:i )?(?:look(?:ing)? forward to (?:hearing from you|your (?:reply|response)))|as soon as possible"
    r"|at your earliest convenience|if (?:possible|you can|that is okay))[\s.!,]*$"
)
_OPENING = re.compile(
    r"(?i)^\s*(?:(?:dear (?:sir or madam|sir|madam|team|support|customer service)|hello(?: there)?|hi(?: there)?"
    r"|good (?:morning|afternoon|evening)|greetings|hope (?:you are|this finds you) well|i hope (?:you are|you're"
    r"|this message finds you) (?:doing )?well)[\s,.!:–—-]+)+"
)
_ASKING = re.compile(
    r"(?i)^\s*(?:could|can|would|will) you (?:please |kindly )?(?:(?:let me know|tell me|help me (?:to )?understand)"
    r"\s+)?|^\s*i (?:would|'d|’d) (?:really )?(?:like|love) to know\s+|^\s*i was wondering (?:if|whether)\s+"
    r"|\b(?:please|kindly)\s+|,?\s+please(?=[\s.?!]|$)"
)


def _typos(text: str, gold: Spans, rng: random.Random) -> list[Change]:
    """Neighbouring keys, and letters left out, doubled or changed over, in words of four letters or more; never the
    first letter. Only in unaccented Latin words, which is what is known about the keys.
    """
    words = [match for match in _WORD.finditer(text) if _may_slip(text, match, gold)]
    count = min(len(words), 1 + len(_WORD.findall(text)) // WORDS_A_TYPO)
    return [_typo(match, rng) for match in sorted(rng.sample(words, count), key=lambda one: one.start())]


def _may_slip(text: str, match: re.Match[str], gold: Spans) -> bool:
    word = match.group()
    joined = text[match.end() : match.end() + 1]
    return (
        len(word) >= 4
        and word.isascii()
        and word[1:].islower()
        and word.lower() not in _KEPT
        and not (joined and (unicodedata.combining(joined) or joined in "-'’_"))
        and _is_free(match.start(), match.end(), gold)
    )


def _typo(match: re.Match[str], rng: random.Random) -> Change:
    word, at = match.group(), match.start() + rng.randrange(1, len(match.group()) - 1)
    letter, following = word[at - match.start()], word[at - match.start() + 1]
    kinds = {"drop": "", "double": letter * 2, "neighbour": rng.choice(_NEIGHBOURS[letter])}
    kind = rng.choice(["drop", "double", "neighbour", "swap"])
    if kind == "swap" and letter != following:
        return at, at + 2, following + letter
    return at, at + 1, kinds.get(kind, "")


def _lower_case(text: str, gold: Spans, _: random.Random) -> list[Change]:
    return [_small(text, at) for at, letter in enumerate(text) if letter.isupper() and _is_free(at, at + 1, gold)]


def _no_capital(text: str, gold: Spans, _: random.Random) -> list[Change]:
    starts = [match.start(1) for match in _SENTENCE_START.finditer(text)]
    return [_small(text, at) for at in starts if text[at].isupper() and _is_free(at, at + 1, gold)]


def _small(text: str, at: int) -> Change:
    lower = text[at].lower()
    return at, at + 1, lower if len(lower) == 1 else text[at]


def _no_end(text: str, gold: Spans, _: random.Random) -> list[Change]:
    end = _end_mark(text)
    return [(*end, "")] if end and _is_free(*end, gold) else []


def _unpunctuated(text: str, gold: Spans, _: random.Random) -> list[Change]:
    return [(*match.span(), "") for match in _MARK.finditer(text) if _is_free(*match.span(), gold)]


def _repeated_punctuation(text: str, gold: Spans, rng: random.Random) -> list[Change]:
    end = _end_mark(text)
    if end is None or end[1] - end[0] > 1 or not _is_free(*end, gold):
        return []
    return [(*end, text[end[0]] * rng.choice([2, 2, 3]))]


def _end_mark(text: str) -> tuple[int, int] | None:
    match = re.search(r"(?<=\w)[.!?]+(?=\s*$)", text)
    return match.span() if match else None


def _no_apostrophe(text: str, gold: Spans, _: random.Random) -> list[Change]:
    marks = [match.span(1) for match in _CONTRACTION.finditer(text)]
    return [(*span, "") for span in marks if _is_free(*span, gold)]


def _clipped(text: str, gold: Spans, _: random.Random) -> list[Change]:
    """Greetings, thanks, sign-offs and polite ways round are dropped: all that can go without taking evidence along."""
    opening = _OPENING.match(text)
    spans = [opening.span()] if opening else []
    start = opening.end() if opening else 0
    spans += [(match.start() + start, match.end() + start) for match in _ASKING.finditer(text[start:])]
    closing = _SIGN_OFF.search(text)
    spans += [closing.span()] if closing else []
    kept = [span for span in spans if span[0] < span[1] and _is_free(*span, gold)]
    return [(start, end, "") for at, (start, end) in enumerate(kept) if not any(start < one[1] for one in kept[:at])]


def several_requests(asides: Sequence[str], text: str, gold: Spans, rng: random.Random) -> list[Change]:
    """One of the asides as a sentence of its own: before the text, after its greeting where it has one, or behind."""
    if not asides or not text.strip():
        return []
    said, opening, end = rng.choice(asides), _OPENING.match(text), len(text.rstrip())
    if rng.random() < 0.5:
        start = opening.end() if opening else 0
        return [(start, start, said + _gap(said))] if _is_free(start, start, gold) else []
    return [(end, end, _gap(text) + said)]


def _gap(sentence: str) -> str:
    """What parts a sentence from the next: a line of its own where no mark ends it, as one more would change it."""
    return " " if _ENDED.search(sentence) else "\n"


Kind = Callable[[str, Spans, random.Random], list[Change]]
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "clipped": _clipped,
        "several_requests": partial(several_requests, ()),
        "typos": _typos,
        "no_apostrophe": _no_apostrophe,
        "lower_case": _lower_case,
        "no_capital": _no_capital,
        "unpunctuated": _unpunctuated,
        "no_end": _no_end,
        "repeated_punctuation": _repeated_punctuation,
    }
)
"""In the order in which they are done."""


def _is_free(start: int, end: int, gold: Spans) -> bool:
    return not any(start < last and first < end for first, last in gold)


def applied(text: str, changes: list[Change]) -> str:
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + text[end:]
    return text
