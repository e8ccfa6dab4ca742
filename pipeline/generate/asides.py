"""Asides: short requests of a person's own that no label and no field covers, one of which makes a text ask for two
things while its answer stays true.

They come from a file, one a line, since a second request that is made up here would need a label that is made up, too.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pipeline.generate.gold import strings
from pipeline.generate.parsing import CONTROL, SPECIAL
from pipeline.seeds.intake import refuse
from pipeline.seeds.rows import BadRow
from pipeline.tasks.dates import find_dates
from pipeline.tasks.money import find_amounts
from pipeline.tasks.task import Task

ROLE = "asides"
LONGEST = 30
"""Words of an aside: a request and one more then stay within what is read as requests at all (`traits.SPOKEN`)."""
_WORD = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\S*\d\S*")


def read_asides(task: Task) -> list[str]:
    """The asides of the task's file, none where it has no such file. Raises InputError that lists every line that can
    be none.
    """
    if ROLE not in task.source.texts:
        return []
    where, seen, mistakes = task.settings.generation.asides, dict[str, int](), list[BadRow]()
    asides = list(_lines(task))
    for number, aside in asides:
        first = seen.setdefault(aside.casefold(), number)
        repeated = f"repeats line {first}; take it out" if first != number else None
        if problem := repeated or _problem(task, aside):
            mistakes.append(BadRow(f"{where}:{number}", problem))
    if not asides:
        mistakes.append(BadRow(f"{where}:1", "holds no aside; write one request a line, or take generation.asides out"))
    refuse(mistakes)
    return [aside for _, aside in asides]


def _lines(task: Task) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(re.split(r"\r\n|\r|\n", task.source.texts[ROLE]), start=1):
        if line.strip():
            yield number, line.strip()


def _problem(task: Task, aside: str) -> str | None:
    """Why this can be no aside of any sample."""
    if unusable := SPECIAL.search(aside) or CONTROL.search(aside):
        return f"holds {unusable[0]!r}, which no training text may; take it out"
    if (words := len(aside.split())) > LONGEST:
        return f"has {words} words; an aside is one short request, of {LONGEST} at most"
    found = [(date.start, date.end) for date in find_dates(aside)]
    found += [(amount.start, amount.end) for amount in find_amounts(aside)]
    for start, end in found:
        return f"holds {aside[start:end]!r}, and no date or amount is ever added to a text; word it without"
    if task.settings.kind == "extraction" and (digits := _DIGITS.search(aside)):
        return f"holds {digits[0]!r}, which a field may be meant to hold; word it without a number"
    return None


def doubtful(task: Task) -> list[str]:
    """A line for each aside in which a label, or another value that the schema lists, stands literally."""
    listed = sorted(set(_listed(task.schema)))
    what = "a label" if task.settings.kind == "classification" else "a value that the schema lists"
    return [
        f"{task.settings.generation.asides}:{number}: says {value!r}, {what}; an aside must ask for what none covers"
        for number, aside in (_lines(task) if ROLE in task.source.texts else ())
        for value in listed
        if holds(aside, value)
    ]


def _listed(schema: Any) -> Iterator[str]:
    """Every string among the enumerations and constants of a JSON Schema."""
    if isinstance(schema, Mapping):
        yield from strings([schema.get("enum"), schema.get("const")])
        schema = list(schema.values())
    for part in schema if isinstance(schema, list) else ():
        yield from _listed(part)


def usable(asides: Sequence[str], answer: dict[str, Any]) -> list[str]:
    """The asides that hold no value of the answer."""
    values = list(strings(answer))
    return [aside for aside in asides if not any(holds(aside, value) for value in values)]


def holds(aside: str, value: str) -> bool:
    """Whether the words of the value follow one another in the aside, the last of three letters or more with any
    ending.

    >>> holds("And how do refunds work?", "refund"), holds("And who are you?", "for_you")
    (True, False)
    """
    words, wanted = _words(aside), _words(value)
    if not wanted:
        return False
    *first, last = wanted
    return any(
        words[at : at + len(first)] == tuple(first)
        and (words[at + len(first)].startswith(last) if len(last) > 2 else words[at + len(first)] == last)
        for at in range(len(words) - len(first))
    )


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    return tuple(unicodedata.normalize("NFKC", word).casefold() for word in _WORD.findall(text))
