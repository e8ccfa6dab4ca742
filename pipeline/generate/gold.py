"""Gold spans: the parts of a text that its answer rests on, which nothing may change afterwards."""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from pipeline.tasks.dates import find_dates
from pipeline.tasks.extraction import grounded
from pipeline.tasks.money import find_amounts
from pipeline.tasks.task import Task

_WORD = re.compile(r"[^\W_]+")
_MARKUP = re.compile(r"\{\{.{0,80}?\}\}|\{%.{0,80}?%\}|<[^<>]{0,80}>|(?:[^\W\d_]\.){2,}")
_TOKEN = re.compile(r"\S+")
_NO_WORD = frozenset("@/\\#<>{}[]|=_*`~$€£¥")


def gold_spans(text: str, answer: dict[str, Any]) -> list[tuple[int, int]]:
    """(start, end) of every string of the answer, date, amount, number and abbreviation in the text, and of what is no
    word: addresses, paths, markup. Sorted; they may overlap.
    """
    spans = [match.span() for match in _MARKUP.finditer(text)]
    spans += [span for match in _TOKEN.finditer(text) if (span := _fixed(match))]
    spans += [(date.start, date.end) for date in find_dates(text)]
    spans += [(amount.start, amount.end) for amount in find_amounts(text)]
    words = [(_folded(match.group()), *match.span()) for match in _WORD.finditer(text)]
    for value in strings(answer):
        spans += _of_value(value, text, words)
    return sorted(set(spans))


def _fixed(token: re.Match[str]) -> tuple[int, int] | None:
    """Where a token with a digit, a sign or two capitals stands, without the marks that follow it."""
    said = token.group()
    signs = any(letter.isdigit() or letter in _NO_WORD for letter in said)
    return (token.start(), token.start() + len(said.rstrip(".,;:!?"))) if signs or _capitals(said) > 1 else None


def _capitals(said: str) -> int:
    return sum(letter.isupper() for letter in said)


def strings(value: Any) -> Iterator[str]:
    """Every string in an answer."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from strings(one)


def _of_value(value: str, text: str, words: list[tuple[str, int, int]]) -> list[tuple[int, int]]:
    """Where the words follow one another, with the marks that the value ends in; nowhere, then each word of more than 2
    letters by itself, and what it may be short for or the short form of ("Inc", "Incorporated").
    """
    wanted = [_folded(word) for word in _WORD.findall(value)]
    if not wanted:
        return []
    length, tail = len(wanted), re.split(r"[^\W_]", value)[-1].strip()
    starts = [at for at in range(len(words) - length + 1) if [word for word, _, _ in words[at : at + length]] == wanted]
    ends = [words[at + length - 1][2] for at in starts]
    if starts:
        tails = [len(tail) if text.startswith(tail, end) else 0 for end in ends]
        return [(words[at][1], end + more) for at, end, more in zip(starts, ends, tails, strict=True)]
    long = [word for word in wanted if len(word) > 2]
    return [
        (start, end)
        for word, start, end in words
        if len(word) > 2 and any(one.startswith(word) or word.startswith(one) for one in long)
    ]


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold()


def facts(task: Task, answer: dict[str, Any], text: str) -> str:
    """All that must still be so after a change: what of the answer is grounded, and the dates and amounts that a
    reader finds.
    """
    held = {field: grounded(task, field, value, text) for field, value in answer.items()}
    dates = [found.iso for found in find_dates(text)]
    amounts = [(str(found.amount), found.currency) for found in find_amounts(text)]
    return json.dumps([held, dates, amounts], sort_keys=True)
