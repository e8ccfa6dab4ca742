"""A tiny language of templates: `{slot}` is looked up, `<a|b>` is one of its alternatives.

A slot's value is either a text, set as it is, or a tuple of templates, of which one is drawn and expanded in turn.

>>> expand(random.Random(0), "<pay|settle> {thing}", {"thing": "the fee"})
'settle the fee'
"""

import random
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TypeVar

Slots = Mapping[str, "str | tuple[str, ...]"]
_PIECE = re.compile(r"<([^<>]*)>|\{(\w+)\}")
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeiou])(?!one|us|uni|eu)|\b([Aa]) (?=[EI][a-z]|NDA)(?!Eu)")
_Item = TypeVar("_Item")


def pick(rng: random.Random, items: Sequence[_Item]) -> _Item:
    """`rng.choice`, at a third of its cost."""
    return items[int(rng.random() * len(items))]


def expand(rng: random.Random, template: str, slots: Slots) -> str:
    """A slot that stands twice in one template gets two values, as far as a few draws find a second one."""
    parts: list[str] = []
    for literal, options, slot in _parse(template):
        if literal:
            parts.append(literal)
        if options is not None:
            parts.append(expand(rng, pick(rng, options), slots))
        elif slot is not None:
            value = slots[slot]
            parts.append(value if isinstance(value, str) else _another(rng, value, slots, parts))
    return "".join(parts)


def _another(rng: random.Random, templates: Sequence[str], slots: Slots, before: list[str]) -> str:
    text = expand(rng, pick(rng, templates), slots)
    for _ in range(4):
        if text not in before:
            break
        text = expand(rng, pick(rng, templates), slots)
    return text


def articles(text: str) -> str:
    return _ARTICLE.sub(lambda m: f"{m[1] or m[2]}n ", text)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@cache
def _parse(template: str) -> tuple[tuple[str, tuple[str, ...] | None, str | None], ...]:
    pieces: list[tuple[str, tuple[str, ...] | None, str | None]] = []
    end = 0
    for match in _PIECE.finditer(template):
        options = None if match[1] is None else tuple(match[1].split("|"))
        pieces.append((template[end : match.start()], options, match[2]))
        end = match.end()
    pieces.append((template[end:], None, None))
    return tuple(pieces)


def pools(text: str) -> dict[str, tuple[str, ...]]:
    """Named lists of templates: a `[name]` line opens a list, each line after it is one template."""
    lists: dict[str, tuple[str, ...]] = {}
    for block in text.strip().removeprefix("[").split("\n["):
        name, *lines = block.splitlines()
        lists[name.removesuffix("]")] = tuple(lines)
    return lists
