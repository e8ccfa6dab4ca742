"""Amounts of money in running text, in figures and in words.

>>> [(found.amount, found.currency) for found in find_amounts("a fee of forty thousand pounds sterling, or €4.200,50")]
[(Decimal('40000'), 'GBP'), (Decimal('4200.5'), 'EUR')]
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from pipeline.tasks.currencies import DOTTED, Mark, code_of, find_marks, owner_after
from pipeline.tasks.numbers import number_runs, words_to_number

_NUMBER = re.compile(
    r"(?<![\d.,])(?<![\dox]/)(?:\d{1,3}(?:[ \u00a0\u202f\u2009]\d{3})+(?!\d)(?:[.,]\d{1,2}(?!\d))?|\d+(?:[.,'’]\d+)*)"
)
_GROUPED = r"\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d+)?"
_EUROPEAN = r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+,\d{1,2}"
_POWERS = {"hundred": 2, "thousand": 3, "k": 3, "lakh": 5, "million": 6, "mio": 6, "mn": 6, "mm": 6, "m": 6}
_POWERS |= {"crore": 7, "billion": 9, "bn": 9, "b": 9}
_POWER = re.compile(
    r"(?:(?P<short>k|mm|m|bn|b)|[\s-]{0,3}(?P<long>hundred|thousand|lakh|million|mio|mn|crore|billion|bn)s?)\b"
    r"(?:(?<=mio)\.)?",
    re.IGNORECASE,
)
_HUNDREDTHS = re.compile(r"\s{1,3}and\s{1,3}(?P<cents>\d\d|no|xx)/100", re.IGNORECASE)
_ASIDE = re.compile(r"\s{0,3}\([^()]{0,80}\)")
_CENTS = re.compile(r"\s{1,3}and\s{1,3}(?P<cents>\d\d?|[a-z]+(?:[\s-][a-z]+)?)\s{1,3}(?:cents?|pence)\b", re.IGNORECASE)
_LEFT_GAP = re.compile(r"\s{0,3}\)?:?\s{0,3}\(?")
_RIGHT_GAP = re.compile(
    r"(?:[.,/]?[-–—])?\)?\s{0,3}\(?\s?(?:(?:in|of)\s{1,3})?(?:the\s{1,3})?"
    r"(?:lawful\s{1,3}(?:money|currency)\s{1,3}of\s.{1,30})?"
    r"(?:(?:south\s{1,3}|new\s{1,3})?[a-z]{3,9}(?:an|ish|ese|i|ch)\s{1,3})?",  # "500 Swedish kronor"
    re.IGNORECASE,
)
_LONGEST = 30  # characters of one number
_UNTHINKABLE = Decimal(10**18)


@dataclass(frozen=True, slots=True)
class FoundAmount:
    """An amount at text[start:end], currency sign or name included.

    currency None: "500 kr" could be three of them; certain: False for the usual reading of "$", "rupees" and the like.
    """

    start: int
    end: int
    amount: Decimal
    currency: str | None
    certain: bool = True


@dataclass(frozen=True, slots=True)
class _Marks:
    """The currencies of a text, to be asked for by place."""

    text: str
    marks: list[Mark]
    starts: list[int]
    ends: list[int]

    def before(self, at: int) -> Mark | None:
        index = bisect_right(self.ends, at) - 1
        if index < 0 or at - self.ends[index] > 8 or not _LEFT_GAP.fullmatch(self.text, self.ends[index], at):
            return None
        return self.marks[index]

    def after(self, at: int) -> Mark | None:
        """Not the sign of the next number: in "item 3 $500" the 3 is no amount."""
        index = bisect_left(self.starts, at)
        if index == len(self.marks) or self.starts[index] - at > 60:
            return None
        mark = self.marks[index]
        if not _RIGHT_GAP.fullmatch(self.text, at, mark.start):
            return None
        return mark if mark.is_name or not re.match(r"\s{0,3}\d", self.text[mark.end : mark.end + 4]) else None


def find_amounts(text: str) -> list[FoundAmount]:
    """All numbers, in figures or words, that have a currency beside them, left to right."""
    return list(_amounts_in(text))


@lru_cache(maxsize=512)
def _amounts_in(text: str) -> tuple[FoundAmount, ...]:
    """Several filters, one after another, read the texts of a block."""
    marks = list(find_marks(text))
    around = _Marks(text, marks, [mark.start for mark in marks], [mark.end for mark in marks])
    found = [*_in_figures(around), *_in_words(around)]
    return tuple(sorted(found, key=lambda one: (one.start, one.end)))


def parse_amount(value: Any) -> tuple[Decimal, str] | None:
    """The answer object {"amount": 12500.0, "currency": "usd"} as (Decimal("12500"), "USD"), else None."""
    if not isinstance(value, dict) or not isinstance(value.get("currency"), str):
        return None
    amount, code = value.get("amount"), code_of(value["currency"].strip())
    if isinstance(amount, bool) or not isinstance(amount, int | float | str | Decimal):
        return None
    try:
        number = _figures(amount.strip(), "") if isinstance(amount, str) else Decimal(str(amount))
    except InvalidOperation:
        return None
    if number is None or not number.is_finite() or code is None or abs(number) >= _UNTHINKABLE:
        return None
    return canonical(number), code


def canonical(number: Decimal) -> Decimal:
    """12500.0 and 12500 as one value that prints without exponent or trailing zeros."""
    return Decimal(f"{number.normalize():f}")


@dataclass(frozen=True, slots=True)
class _Reading:
    """Where an amount begins and ends, with its currency; plain: no chance neighbours ("in dollars 30 days after")."""

    start: int
    end: int
    mark: Mark
    plain: bool = True


def _in_figures(around: _Marks) -> Iterator[FoundAmount]:
    for match in _NUMBER.finditer(around.text) if around.marks else ():
        start, end = match.span()
        if end - start > _LONGEST:
            continue
        power = _POWER.match(around.text, end)
        read = _read(around, start, power.end() if power else end)
        number = _figures(match.group(), read.mark.code or "") if read else None
        if read and number is not None and (read.plain or number >= 100):
            exponent = _POWERS[(power["short"] or power["long"]).lower()] if power else 0
            yield _found(read, canonical(number.scaleb(exponent)))


def _found(read: _Reading, amount: Decimal) -> FoundAmount:
    return FoundAmount(read.start, read.end, amount, read.mark.code, read.mark.certain)


def _read(around: _Marks, start: int, end: int) -> _Reading | None:
    """The currency of the number at [start:end]; one that is certain wins over one that several countries share."""
    before, after = around.before(start), around.after(end)
    aside = None if before or after else _ASIDE.match(around.text, end)
    if aside:
        after = around.after(aside.end())
    if before and (before.certain or not (after and after.certain)):
        prior = None if before.certain else around.before(before.start)
        if prior and not around.text[prior.end : before.start].strip():
            return _Reading(prior.start, end, prior)
        ends = after.end if after and after.code == before.code else end
        return _owned(around.text, _Reading(before.start, ends, before, not before.is_name))
    if after is None:
        return None
    return _owned(around.text, _Reading(before.start if before else start, after.end, after))


def _owned(text: str, read: _Reading) -> _Reading:
    """ "$40,000 (Canadian)" """
    owner = None if read.mark.certain else owner_after(text, read.end)
    if owner is None:
        return read
    return replace(read, end=owner[1], mark=replace(read.mark, code=owner[0], certain=True))


def _in_words(around: _Marks) -> Iterator[FoundAmount]:
    for run in number_runs(around.text) if around.marks else ():
        hundredths = _HUNDREDTHS.match(around.text, run.end)
        read = _read(around, run.start, hundredths.end() if hundredths else run.end)
        if read and (read.plain or run.value >= 100):
            cents = _CENTS.match(around.text, read.end)
            amount = run.value + (_cents(hundredths) or 0) + (_cents(cents) or 0)
            yield _found(replace(read, end=cents.end() if cents else read.end), canonical(amount))


def _cents(match: re.Match[str] | None) -> Decimal | None:
    if match is None:
        return None
    written = match["cents"]
    cents = Decimal(written) if written.isdigit() else words_to_number(written)
    return cents / 100 if cents is not None and cents < 100 else None


def _figures(written: str, currency: str) -> Decimal | None:
    """ "12,500.00", "4.200,50", "12'500", "4,50,000"; one dot before three figures groups thousands in some."""
    plain = re.sub(r"[\s'’]", "", written)
    if re.fullmatch(_EUROPEAN, plain):
        certain = plain.count(".") > 1 or ("," in plain and not re.fullmatch(_GROUPED, plain))
        if certain or (currency in DOTTED and "." in plain and plain[0] != "0"):
            return Decimal(plain.replace(".", "").replace(",", "."))
    if re.fullmatch(rf"\d+(?:\.\d+)?|{_GROUPED}", plain):
        return Decimal(plain.replace(",", ""))
    return None
