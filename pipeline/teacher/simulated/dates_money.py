"""Dates and sums of money, written out in the styles that contracts use."""

import datetime
import random
from dataclasses import dataclass

from pipeline.teacher.simulated.phrases import pick

DATE_STYLES = ("month_first", "day_first", "ordinal", "iso")
AMOUNT_STYLES = ("figures", "words", "both")
_MONTHS = tuple("January February March April May June July August September October November December".split())
_ONES = tuple(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen".split()
)
_TENS = tuple("_ _ twenty thirty forty fifty sixty seventy eighty ninety".split())
_SCALES = ((1_000_000, "million"), (1_000, "thousand"), (100, "hundred"))


@dataclass(frozen=True, slots=True)
class Currency:
    code: str
    sign: str
    words: str
    scale: int
    """How many units buy about what a dollar buys, so that a salary in yen is not a pittance."""


CURRENCIES = (
    Currency("USD", "$", "US dollars", 1),
    Currency("USD", "US$", "United States dollars", 1),
    Currency("EUR", "€", "euros", 1),
    Currency("GBP", "£", "pounds sterling", 1),
    Currency("CAD", "C$", "Canadian dollars", 1),
    Currency("AUD", "A$", "Australian dollars", 1),
    Currency("CHF", "CHF ", "Swiss francs", 1),
    Currency("JPY", "JPY ", "Japanese yen", 100),
    Currency("SEK", "SEK ", "Swedish kronor", 10),
    Currency("NOK", "NOK ", "Norwegian kroner", 10),
    Currency("DKK", "DKK ", "Danish kroner", 7),
    Currency("NZD", "NZD ", "New Zealand dollars", 1),
    Currency("SGD", "SGD ", "Singapore dollars", 1),
    Currency("INR", "INR ", "Indian rupees", 50),
    Currency("ZAR", "ZAR ", "South African rand", 15),
    Currency("PLN", "PLN ", "Polish zloty", 4),
)
_LIKELY = CURRENCIES[:6]


def currency(rng: random.Random) -> Currency:
    return pick(rng, _LIKELY if rng.random() < 0.6 else CURRENCIES)


def day(rng: random.Random, first_year: int = 2012, last_year: int = 2026) -> datetime.date:
    span = datetime.date(last_year, 12, 28).toordinal() - datetime.date(first_year, 1, 1).toordinal()
    return datetime.date.fromordinal(datetime.date(first_year, 1, 1).toordinal() + int(rng.random() * span))


def later(rng: random.Random, date: datetime.date, least: int, most: int) -> datetime.date:
    """A day between `least` and `most` days after the date."""
    return datetime.date.fromordinal(date.toordinal() + least + int(rng.random() * (most - least)))


def date_text(rng: random.Random, date: datetime.date, style: str) -> str:
    """`date_text(rng, date(2021, 3, 3), "day_first")` is "3 March 2021"."""
    month = _MONTHS[date.month - 1]
    if style == "iso":
        return date.isoformat()
    if style == "month_first":
        return f"{month} {date.day}, {date.year}"
    if style == "day_first":
        return f"{date.day} {month} {date.year}"
    nth = f"{date.day}{_ordinal_ending(date.day)}"
    spellings = (
        f"the {nth} day of {month} {date.year}",
        f"{nth} {month} {date.year}",
        f"the {nth} of {month} {date.year}",
    )
    return pick(rng, (*spellings, f"{month} {nth}, {date.year}"))


def _ordinal_ending(number: int) -> str:
    return "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def sum_text(rng: random.Random, amount: float, money: Currency, style: str) -> str:
    """`sum_text(rng, 4500, dollars, "both")` is "four thousand five hundred US dollars ($4,500)"."""
    whole = amount == int(amount)
    figures = f"{int(amount):,}" if whole and rng.random() < 0.6 else f"{amount:,.2f}"
    written = f"{money.code} {figures}" if rng.random() < 0.35 else f"{money.sign}{figures}"
    if style == "figures" or not whole:
        return f"{figures} {money.words}" if style == "figures" and rng.random() < 0.15 else written
    spelt = f"{number_words(int(amount))} {money.words}"
    if style == "words":
        return spelt
    return f"{spelt} ({written})" if rng.random() < 0.7 else f"{written} ({spelt})"


def number_words(number: int) -> str:
    """`number_words(4525)` is "four thousand five hundred and twenty-five"; up to 999,999,999."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        rest = number % 10
        return _TENS[number // 10] + (f"-{_ONES[rest]}" if rest else "")
    size, name = next(scale for scale in _SCALES if number >= scale[0])
    head, rest = f"{number_words(number // size)} {name}", number % size
    if not rest:
        return head
    return f"{head} {'and ' if rest < 100 else ''}{number_words(rest)}"


def amount(rng: random.Random, low: int, high: int, money: Currency) -> float:
    """A sum between the bounds (in dollars' worth), rounded as people round; one in eleven has cents."""
    value = low * (high / low) ** rng.random() * money.scale
    step = 10 ** max(0, len(str(int(value))) - pick(rng, (2, 3, 3, 4)))
    rounded = float(max(step, round(value / step) * step))
    return rounded + pick(rng, (0.5, 0.75, 0.25, 0.4)) if rounded < 20_000 and rng.random() < 0.09 else rounded
