"""What the simulated teacher spots in a text that it has never seen: days, sums of money and places of law.

Its eye is independent of its own grammar and of any task's checks: regular expressions with bounded repetition, so that
the time is linear in the text whatever it holds.
"""

import datetime
import re
from collections.abc import Iterator
from typing import NamedTuple

_MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]{0,6}\.?"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_DATES = tuple(
    re.compile(rf"(?<!\d){pattern}(?!\d)", re.IGNORECASE)
    for pattern in (
        r"(?P<year>[12]\d{3})-(?P<number>[01]\d)-(?P<day>[0-3]\d)",
        rf"{_DAY}(?: day)?(?: of)? {_MONTH},? (?P<year>[12]\d{{3}})",
        rf"{_MONTH} {_DAY},? (?P<year>[12]\d{{3}})",
    )
)
_SIGNS = {"$": "USD", "US$": "USD", "C$": "CAD", "CA$": "CAD", "A$": "AUD", "AU$": "AUD", "NZ$": "NZD", "S$": "SGD"}
_SIGNS |= {"€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}
_CODES = "USD EUR GBP CAD AUD NZD SGD CHF JPY SEK NOK DKK INR ZAR PLN CNY HKD BRL MXN AED".split()
_NAMES = {"canadian dollars": "CAD", "australian dollars": "AUD", "new zealand dollars": "NZD"}
_NAMES |= {"singapore dollars": "SGD", "dollars": "USD", "euros": "EUR", "euro": "EUR", "pounds": "GBP", "yen": "JPY"}
_NAMES |= {"swiss francs": "CHF", "francs": "CHF", "swedish kronor": "SEK", "norwegian kroner": "NOK", "kronor": "SEK"}
_NAMES |= {"danish kroner": "DKK", "rupees": "INR", "rand": "ZAR", "zloty": "PLN"}
_FIGURE = r"(?P<figure>\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,2})?|\d{1,12}(?:\.\d{1,2})?)"
_CURRENCY = r"(?:(?:US|United States|Japanese|Indian|South African|Polish) )?(?P<name>" + "|".join(_NAMES) + r")\b"
_SIGNED = re.compile(rf"(?P<sign>(?:US|CA|AU|NZ|C|A|S)?\$|[€£¥₹]|\b(?:{'|'.join(_CODES)})\b) ?{_FIGURE}")
_CODED = re.compile(rf"(?<![\d.,]){_FIGURE} (?P<sign>{'|'.join(_CODES)})\b")
_NAMED = re.compile(rf"(?<![\d.,]){_FIGURE} {_CURRENCY}", re.IGNORECASE)
_TO_NINETEEN = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_NUMBERS = {word: number for number, word in enumerate(_TO_NINETEEN.split())}
_NUMBERS |= {word: 10 * n for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_NUMBER = "|".join((*_NUMBERS, *_SCALES, "and"))
_SPELT = re.compile(rf"\b(?P<words>(?:(?:{_NUMBER})[ -]){{1,20}}){_CURRENCY}", re.IGNORECASE)

_PLACE = r"(?P<law>[A-Z][a-z]+(?: (?:[A-Z][a-z]+|and(?= Wales)))*)"
_STYLE = r"(?:[Tt]he )?(?:(?:State|Province|Commonwealth|Republic|Kingdom) of )?(?:the )?"
_CALLED = r"(?:[Gg]overning law|[Aa]pplicable law|[Cc]hoice of law|\bLaw)"
_LAWS = (
    re.compile(rf"\b[Ll]aws? of {_STYLE}{_PLACE}"),
    re.compile(rf"{_CALLED}(?::| is| shall be| -| \||\t)+[ \t]?(?:[Tt]hat of )?{_STYLE}{_PLACE}"),
    re.compile(r"\b(?P<law>[A-Z][a-z]+(?: [A-Z][a-z]+)?) law\b"),
)
_NO_PLACE = re.compile(
    r"\b(?:The|This|That|These|Applicable|Governing|Choice|Both|All|Laws?|As|If|In|For|Under|By|On|Our|Your|Agreement"
    r"|Contract|Change|Any|No|Such|Common|Employment|Substantive)\b"
)


class Found(NamedTuple):
    start: int
    end: int
    value: str


class Sum(NamedTuple):
    start: int
    end: int
    amount: float
    currency: str


def dates(text: str) -> list[Found]:
    """The days named in the text, as YYYY-MM-DD, in their order; a day that no calendar has is none."""
    found = [one for pattern in _DATES for match in pattern.finditer(text) if (one := _date(match))]
    return sorted(found)


def sums(text: str) -> list[Sum]:
    """The sums of money, in their order; one that is both spelt and in figures appears twice."""
    found = [*_figures(text), *_spelt(text)]
    return sorted(one for one in found if one.amount > 0)


def places_of_law(text: str) -> list[Found]:
    """The jurisdictions that stand beside a word of law, in their order, without "the State of"."""
    found = [Found(*match.span("law"), match["law"]) for cue in _LAWS for match in cue.finditer(text)]
    return sorted(one for one in found if not _NO_PLACE.search(one.value))


def spelt_number(words: str) -> int:
    """`spelt_number("four thousand five hundred and twenty-five")` is 4525; other words count nothing."""
    total = group = 0
    for word in words.lower().replace("-", " ").split():
        if word in _NUMBERS:
            group += _NUMBERS[word]
        elif word == "hundred":
            group = max(group, 1) * 100
        elif word in _SCALES:
            total, group = total + max(group, 1) * _SCALES[word], 0
    return total + group


def _date(match: re.Match[str]) -> Found | None:
    groups = match.groupdict()
    month = int(groups["number"]) if groups.get("number") else _MONTHS[groups["month"].lower()[:3]]
    try:
        day = datetime.date(int(groups["year"]), month, int(groups["day"]))
    except ValueError:
        return None
    return Found(match.start(), match.end(), day.isoformat())


def _figures(text: str) -> Iterator[Sum]:
    for pattern in (_SIGNED, _CODED):
        for match in pattern.finditer(text):
            sign = match["sign"]
            yield Sum(match.start(), match.end(), _number(match["figure"]), _SIGNS.get(sign, sign))
    for match in _NAMED.finditer(text):
        yield Sum(match.start(), match.end(), _number(match["figure"]), _NAMES[match["name"].lower()])


def _spelt(text: str) -> Iterator[Sum]:
    for match in _SPELT.finditer(text):
        yield Sum(match.start(), match.end(), spelt_number(match["words"]), _NAMES[match["name"].lower()])


def _number(figure: str) -> float:
    value = float(figure.replace(",", ""))
    return int(value) if value == int(value) else value
