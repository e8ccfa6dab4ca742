"""Numbers written in English words.

>>> words_to_number("twelve thousand five hundred")
Decimal('12500')
>>> words_to_number("one and a half million")
Decimal('1500000')
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

SCALES = {
    "trillion": Decimal(10**12),
    "billion": Decimal(10**9),
    "crore": Decimal(10**7),
    "million": Decimal(10**6),
    "lakh": Decimal(10**5),
    "thousand": Decimal(1000),
    "hundred": Decimal(100),
}
_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL = {word: Decimal(value) for value, word in enumerate(_UNITS)}
_SMALL |= {word: Decimal(10 * value) for value, word in enumerate(_TENS, start=2)}
_SMALL |= {"fourty": Decimal(40), "half": Decimal("0.5"), "quarter": Decimal("0.25")}
_ALIASES = {"lakhs": "lakh", "lac": "lakh", "lacs": "lakh", "crores": "crore"}
_MOST_WORDS = 30

_WORD = rf"(?:{'|'.join(sorted([*_SMALL, *SCALES, *_ALIASES], key=len, reverse=True))})"
_ARTICLE = rf"an?(?=\s{{1,4}}(?:{'|'.join(SCALES)}|half|quarter)\b)"
_STEP = rf"(?:\s{{0,4}}[-,‐‑]\s{{0,4}}|\s{{1,4}}(?:and\s{{1,4}})?)(?:{_WORD}|{_ARTICLE})\b"
_RUN = re.compile(rf"\b(?:{_WORD}|{_ARTICLE})\b(?:{_STEP})*", re.IGNORECASE)
_LETTERS = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class NumberRun:
    """A number in words at text[start:end]."""

    start: int
    end: int
    value: Decimal


def words_to_number(words: str) -> Decimal | None:
    """The value of a whole phrase, None when it is not one number ("one one", "several hundred")."""
    lowered = words.lower()
    if _LETTERS.sub("", lowered).strip(" \t\r\n\u00a0-,‐‑"):
        return None
    parts = [_ALIASES.get(word, word) for word in _LETTERS.findall(lowered)]
    value = _value(parts) if 0 < len(parts) <= _MOST_WORDS else None
    return value.quantize(Decimal(1)) if value is not None and value == value.to_integral_value() else value


def number_runs(text: str) -> Iterator[NumberRun]:
    """Numbers in words, left to right.

    Of words that are no number together ("phase one two hundred") the longest end that is one counts.
    """
    for run in _RUN.finditer(text):
        words = list(_LETTERS.finditer(text[run.start() : run.end()].lower()))[-_MOST_WORDS:]
        for word in words:
            value = words_to_number(text[run.start() + word.start() : run.end()])
            if value is not None:
                yield NumberRun(run.start() + word.start(), run.end(), value)
                break


def _value(words: list[str]) -> Decimal | None:
    """Splits at the largest scale word: "two million one hundred" is two × million + "one hundred"."""
    for name, scale in SCALES.items():
        if name in words:
            at = words.index(name)
            return _scaled(words[:at], scale, words[at + 1 :])
    return _below_hundred(words)


def _scaled(left: list[str], scale: Decimal, right: list[str]) -> Decimal | None:
    factor = Decimal(1) if left in (["a"], ["an"]) else _value(left)
    if not factor:
        return None
    if right[:1] == ["and"]:
        right = right[1:]
        if right and right in (["a", "half"], ["half"], ["a", "quarter"], ["quarter"]):
            return factor * scale + _SMALL[right[-1]] * scale
        if not right:
            return None
    rest = _value(right) if right else Decimal(0)
    return factor * scale + rest if rest is not None and rest < scale else None


def _below_hundred(words: list[str]) -> Decimal | None:
    """ "forty two", "two and a half", "half a"."""
    words = [word for word in words if word not in ("a", "an")]
    if len(words) == 3 and words[1] == "and" and words[2] in ("half", "quarter"):
        words = [words[0], words[2]]
    values = [_SMALL.get(word) for word in words]
    if len(values) == 1:
        return values[0]
    if len(values) != 2 or values[0] is None or values[1] is None:
        return None
    big, little = values[0], values[1]
    fraction = little < 1 and little != 0 and big >= 1
    return big + little if fraction or (big >= 20 and 1 <= little < 10) else None
