"""Calendar dates in running text, in figures and in words.

>>> [found.iso for found in find_dates("made the 3rd day of March, 2021, and in force from 15.03.2021")]
['2021-03-03', '2021-03-15']
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from pipeline.tasks.numbers import words_to_number

_UNITS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_TEENS = (
    *("tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth"),
    *("eighteenth", "nineteenth", "twentieth"),
)
_ORDINALS = {word: day for day, word in enumerate([*_UNITS, *_TEENS], start=1)}
_ORDINALS |= {f"twenty {word}": day for day, word in enumerate(_UNITS, start=21)}
_ORDINALS |= {"thirtieth": 30, "thirty first": 31}
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_ORDINAL = "|".join(sorted((word.replace(" ", r"[\s-]{1,3}") for word in _ORDINALS), key=len, reverse=True))
_NUMBERED = r"\d{1,2}(?:\s?(?:s\s?t|n\s?d|r\s?d|t\s?h)\b)?"  # "20t h" is what scanning makes of a raised "th"
_DAY = rf"(?P<day>{_NUMBERED}|(?:{_ORDINAL})\b)(?:\s?\(\s?{_NUMBERED}\s?\))?"
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?![a-z])\.?"
)
_YEAR_WORD = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    r"|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred)\b"
)
_YEAR_WORDS = (
    r"(?:(?:one|two)[\s-]{1,3}thousand|twenty|nineteen)\b"
    rf"(?:(?:\s{{1,9}}and)?[\s-]{{1,9}}{_YEAR_WORD}){{0,5}}"
)
_YEAR = rf"(?:\(\s?)?(?P<year>\d{{4}}(?!\d)|['’]\d\d(?!\d)|(?<=[-/])\d\d(?!,?\s?\d)|{_YEAR_WORDS})"
_IN_YEAR = (
    r"(?:of\s{1,9}|(?:(?:in|of)\s{1,9})?the\s{1,9}year\s{1,9}(?:of\s{1,9}our\s{1,9}lord,?\s{1,9})?"
    r"|a\.?d\.?\s{1,9})?"
)
_DAY_TO_MONTH = (
    r"(?:\s{0,9}\bday)?(?:\s{1,9}in)?(?:\s{1,9}of\s{1,9}(?:the\s{1,9}month\s{1,9}of\s{1,9})?|\s{0,9}[-./]?\s{0,9})"
)

_DAY_FIRST = rf"(?<![\w$€£])(?<!\d[.,]){_DAY}{_DAY_TO_MONTH}{_MONTH}"
_MONTH_FIRST = rf"(?<!\w){_MONTH}(?:\s{{0,9}}[-/]\s{{0,9}}|\s{{1,9}}(?:the\s{{1,9}})?|(?=\d)){_DAY}"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_DAY_FIRST}[\s,]{{0,9}}[-/]?\s{{0,9}}{_IN_YEAR}{_YEAR}",
        rf"{_MONTH_FIRST}\s{{0,9}}(?:[,./-]\s{{0,9}}|(?<=\s)|(?<=\)))[,\s]{{0,9}}{_IN_YEAR}{_YEAR}",
        rf"(?<![\w.])(?P<day>\d{{1,2}})\s?[./-]\s?(?P<month>(?-i:{'|'.join(_ROMAN)}))\s?[./-]\s?(?P<year>\d{{4}})(?!\d)",
        rf"(?<![\w.])(?P<year>\d{{4}})[\s,/-]{{1,3}}{_MONTH}[\s/-]{{1,3}}{_DAY}(?!\d)",
    )
)
_RANGE = r"\s{0,9}(?:\b(?:to|until|till|through|thru|and)\b(?:\s{1,9}and\s{1,9}including)?|[-–—])\s{0,9}$"
_DAY_ALONE = rf"(?<![\w$€£])(?<!\d[.,]){_DAY}(?P<month>)"
_SHORT = tuple(re.compile(pattern + _RANGE, re.IGNORECASE) for pattern in (_DAY_FIRST, _MONTH_FIRST, _DAY_ALONE))
_FIGURES = re.compile(
    r"(?<![\w/.-])(?P<a>\d{1,4})\s?(?P<sep>[-/.‐‑–])\s?(?P<b>\d{1,2})\s?(?P=sep)\s?(?P<c>\d{1,4})(?!\d)(?![-/.]\d)"
)


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date at text[start:end]; a span that reads two ways ("5/8/14") is found once for each reading."""

    start: int
    end: int
    iso: str


def find_dates(text: str) -> list[FoundDate]:
    """All dates, left to right.

    Of an ambiguous span the likelier reading comes first: month first with "/" and "-", day first with ".". The first
    day of a range ("1 March to 31 May 2021") takes its year from the second.
    """
    return list(_found(text))


@lru_cache(maxsize=512)
def _found(text: str) -> tuple[FoundDate, ...]:
    """Several filters, one after another, read the texts of a block."""
    found = [*_in_figures(text)]
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            found += _named(text, match)
    return tuple(sorted(dict.fromkeys(found), key=lambda one: one.start))


def parse_date(value: str) -> str | None:
    """The date that the whole string denotes, as YYYY-MM-DD."""
    bare = value.strip(" \t\r\n.,").removeprefix("the ")
    return next((found.iso for found in find_dates(bare) if found.start == 0 and found.end == len(bare)), None)


def _named(text: str, match: re.Match[str]) -> Iterator[FoundDate]:
    year, month, day = _year(match["year"]), _month(match["month"]), _day(match["day"])
    iso = _iso(year, month, day)
    if year is None or iso is None:
        return
    base, day_first = max(0, match.start() - 60), match.start("day") < match.start("month")
    shorts = (pattern.search(text[base : match.start()]) for pattern in _SHORT[: 3 if day_first else 2])
    short = next((found for found in shorts if found), None)
    if short:
        first = _month(short["month"]) if short["month"] else month, _day(short["day"])
        start = _iso(year if first <= (month, day) else year - 1, *first)
        if start:
            yield FoundDate(base + short.start(), match.end(), start)
    yield FoundDate(match.start(), match.end(), iso)


def _in_figures(text: str) -> Iterator[FoundDate]:
    for match in _FIGURES.finditer(text):
        a, b, c = match["a"], match["b"], match["c"]
        if len(a) == 4:
            readings = [(a, b, c)]
        elif len(a) < 3 and _is_year(c, match.group()):
            readings = [(c, b, a), (c, a, b)] if match["sep"] == "." else [(c, a, b), (c, b, a)]
        else:
            continue
        isos = [_iso(_year(year), int(month), int(day)) for year, month, day in readings if len(day) < 3]
        yield from (FoundDate(match.start(), match.end(), iso) for iso in dict.fromkeys(isos) if iso)


def _is_year(figures: str, whole: str) -> bool:
    """Two figures are a year only in "5/8/14" or "05.08.14": "5.8.14" is a section, "5 - 8 - 14" are three numbers."""
    return len(figures) == 4 or (len(figures) == 2 and " " not in whole and ("." not in whole or len(whole) == 8))


def _year(written: str) -> int | None:
    digits = written.strip("'’")
    if digits.isdigit():
        return int(digits) if len(digits) == 4 else int(digits) + (2000 if int(digits) < 70 else 1900)
    value = words_to_number(written)
    if value is None:
        century, _, rest = re.sub(r"[\s-]+", " ", written).partition(" ")
        head, tail = words_to_number(century), words_to_number(rest)
        value = head * 100 + tail if head is not None and tail is not None and tail < 100 else None
    return None if value is None else int(value)


def _month(name: str) -> int:
    return (_ROMAN.index(name) if name in _ROMAN else _MONTHS.index(name[:3].lower())) + 1


def _day(written: str) -> int:
    figures = re.match(r"\d+", written)
    return int(figures.group()) if figures else _ORDINALS[re.sub(r"[\s-]+", " ", written.lower())]


def _iso(year: int | None, month: int, day: int) -> str | None:
    """Years outside 1800-2199 are other numbers ("March 3, 5000 units")."""
    if year is None or not 1800 <= year < 2200:
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
