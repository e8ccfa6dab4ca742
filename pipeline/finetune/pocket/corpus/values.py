"""Values in many spellings, each with the one that the answer has.

>>> from random import Random
>>> value("code", Random(3), 1.0)[1] in value("code", Random(3), 1.0)[0]
True
"""

from datetime import date, timedelta
from random import Random
from typing import Any

from pipeline.finetune.pocket.corpus.names import invented, organisation, person, place

MONTHS = (
    "January February March April May June July August September October November December"
).split()  # fmt: skip
_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "_ ten twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = (
    "_ first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
_SIGNS = {"USD": "$", "GBP": "£", "EUR": "€", "CAD": "C$", "AUD": "A$", "JPY": "¥", "INR": "₹"}
_NOUNS = {
    "USD": ("dollars", "US dollars"), "GBP": ("pounds", "pounds sterling"), "EUR": ("euros", "euro"),
    "CAD": ("Canadian dollars",), "AUD": ("Australian dollars",), "JPY": ("yen",), "CHF": ("Swiss francs", "francs"),
    "SEK": ("Swedish kronor",), "NOK": ("Norwegian kroner",), "DKK": ("Danish kroner",), "INR": ("Indian rupees",),
    "NZD": ("New Zealand dollars",), "SGD": ("Singapore dollars",), "HKD": ("Hong Kong dollars",),
    "PLN": ("Polish zloty",), "ZAR": ("South African rand",), "BRL": ("Brazilian reais",), "MXN": ("Mexican pesos",),
}  # fmt: skip
_USUAL = ("USD", "USD", "USD", "GBP", "GBP", "EUR", "EUR", "EUR", "CHF", "CAD", "AUD")
_TITLES = ("Dr ", "Dr. ", "Mr ", "Ms ", "Mrs. ", "Professor ", "Captain ", "Mr. ", "Ms. ")


def value(kind: str, rng: Random, ease: float) -> tuple[str, Any]:
    """(as the document writes it, as the answer has it); ease 1 has only plain spellings, ease 0 all of them."""
    if kind == "person":
        name = person(rng)
        return (name if rng.random() < 0.5 + 0.5 * ease else rng.choice(_TITLES) + name), name
    if kind == "org":
        name = organisation(rng)
        return name, name
    if kind == "name":
        return value(rng.choice(("person", "org", "org")), rng, ease)
    if kind == "place":
        written, name = place(rng)
        return (name if rng.random() < ease else written), name
    if kind == "date":
        return dated(rng, ease)
    if kind == "amount":
        return amount(rng, ease)
    if kind == "count":
        number = rng.choice((rng.randint(2, 20), rng.randint(2, 99), rng.randint(100, 9999)))
        return (words(number) if number < 20 and rng.random() > 0.6 + 0.4 * ease else str(number)), number
    code = f"{''.join(rng.choices('ABCDEFGHKLMNPRSTVWX', k=rng.randint(1, 3)))}-{rng.randint(100, 99999)}"
    if rng.random() < 0.3:
        code += rng.choice("/-.") + str(rng.randint(1, 99))
    return code, code


def names(kind: str, rng: Random, count: int, ease: float) -> tuple[list[str], list[str]]:
    """The members of a list, as written and as answered."""
    one = {"people": "person", "orgs": "org"}.get(kind, "name")
    pairs = [value(one, rng, ease) for _ in range(count)]
    return [written for written, _ in pairs], [answer for _, answer in pairs]


def dated(rng: Random, ease: float) -> tuple[str, str]:
    day = date(1995, 1, 1) + timedelta(days=rng.randrange(366 * 34))
    month = MONTHS[day.month - 1]
    plain = (f"{day.day} {month} {day.year}", f"{month} {day.day}, {day.year}", day.isoformat())
    if rng.random() < ease:
        return rng.choice(plain), day.isoformat()
    nth = f"{day.day}{suffix(day.day)}"
    others = (
        f"{month} {nth}, {day.year}", f"{nth} {month} {day.year}", f"the {nth} of {month} {day.year}",
        f"{day.day:02}.{day.month:02}.{day.year}", f"{month[:3]} {day.day}, {day.year}",
        f"{day.day} {month[:3]} {day.year}",
        f"the {ordinal(day.day)} day of {month}, {day.year}", f"the {ordinal(day.day)} of {month} {day.year}",
        f"this {nth} day of {month} {day.year}", f"{day.day} {month}, {day.year}", f"{day.month}/{day.day}/{day.year}",
        f"{day.day:02} {month[:3].upper()} {day.year}", f"{day.year}/{day.month:02}/{day.day:02}",
    )  # fmt: skip
    return rng.choice(plain if rng.random() < 0.4 else others), day.isoformat()


def amount(rng: Random, ease: float) -> tuple[str, dict[str, Any]]:
    code = rng.choice(_USUAL) if rng.random() < 0.8 else rng.choice(list(_NOUNS))
    whole = _sum(rng)
    cents = rng.randint(1, 99) if whole < 10000 and rng.random() < 0.2 else 0
    number = round(whole + cents / 100, 2) if cents else whole
    return _written(rng, code, whole, cents, ease), {"amount": number, "currency": code}


def _sum(rng: Random) -> int:
    """Round sums are the usual ones: 40, 950, 12500."""
    digits = rng.choice((1, 2, 2, 3, 3))
    return int(rng.randint(10 ** (digits - 1), 10**digits - 1) * 10 ** rng.choice((0, 1, 1, 2, 2, 3)))


def _written(rng: Random, code: str, whole: int, cents: int, ease: float) -> str:
    figures = f"{whole:,}" if rng.random() < 0.8 else str(whole)
    figures += f".{cents:02}" if cents else ".00" if rng.random() < 0.15 else ""
    sign, noun = _SIGNS.get(code), rng.choice(_NOUNS[code])
    forms = [f"{code} {figures}", f"{figures} {code}", f"{figures} {noun}"]
    if sign:
        forms += [f"{sign}{figures}"] * 4
    if cents or rng.random() < ease or rng.random() < 0.6:
        return rng.choice(forms)
    if whole >= 1_000_000 and whole % 100_000 == 0:
        return f"{sign or code + ' '}{whole / 1_000_000:g} million"
    if not _short(whole):
        return rng.choice(forms)
    spelled = f"{words(whole)} {noun}"
    return rng.choice((spelled, spelled, f"{spelled} ({rng.choice(forms)})", f"{code} {figures} ({spelled})"))


def _short(whole: int) -> bool:
    return len(words(whole).replace("-", " ").split()) <= 3


def words(number: int) -> str:
    """Cardinal numbers below a million; round hundreds up to 9,900 as people say them ("twelve hundred").

    >>> words(45000), words(1200), words(317)
    ('forty-five thousand', 'twelve hundred', 'three hundred and seventeen')
    """
    if number < 20:
        return _UNITS[number]
    if number < 100:
        return _TENS[number // 10] + (f"-{_UNITS[number % 10]}" if number % 10 else "")
    if number % 100 == 0 and number < 10000 and number % 1000:
        return f"{words(number // 100)} hundred"
    if number < 1000:
        rest = f" and {words(number % 100)}" if number % 100 else ""
        return f"{_UNITS[number // 100]} hundred{rest}"
    rest = f" {words(number % 1000)}" if number % 1000 else ""
    return f"{words(number // 1000)} thousand{rest}" if number < 1_000_000 else str(number)


def ordinal(day: int) -> str:
    if day <= 20:
        return _ORDINALS[day]
    return f"{('twenty', 'thirty')[day // 10 - 2]}-{_ORDINALS[day % 10]}" if day % 10 else "thirtieth"


def suffix(day: int) -> str:
    return "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def short_form(rng: Random, name: str) -> str:
    """What a text may call a name from here on: its first word, or its capitals."""
    capitals = "".join(word[0] for word in name.replace("&", " ").split() if word[0].isupper())
    return capitals if len(capitals) > 3 and rng.random() < 0.4 else name.split()[0].strip(",.")


def filler(rng: Random, slot: str) -> str:
    """What stands in a sentence that nobody asks about."""
    if slot == "word":
        return invented(rng)
    return value(slot, rng, 0.5)[0]
