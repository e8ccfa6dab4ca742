"""The name that was probably meant: what a message suggests for a key, column, file or task that is not there."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from itertools import takewhile

CLOSE = 0.75
"""Likeness from which a suggestion helps more than it misleads."""


def meant(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that is spelt almost like `name`; case does not count.

    >>> meant("Txt", ["id", "text"]), meant("body", ["id", "text"])
    ('text', None)
    """
    known = {one.lower(): one for one in names}
    near = get_close_matches(name.strip().lower(), known, 1, CLOSE)
    return known[near[0]] if near else None


SEPARATORS = re.compile(r"[\W_]+")
SLIP_FROM = 4
"""Letters of a word in which a slip is one, and no other word."""


def slipped(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that `name` is but for one slip of the hand in one word, or for case and separators.

    This is for names that people make up: `informal` and `level_2` are as good as `formal` and `level_1`.

    >>> slipped("complexty", ["complexity"]), slipped("informal", ["formal"]), slipped("level_2", ["level_1"])
    ('complexity', None, None)
    """
    return next((one for one in names if one != name and _is_slip(name.lower(), one.lower())), None)


def _is_slip(one: str, other: str) -> bool:
    if SEPARATORS.sub("", one) == SEPARATORS.sub("", other):
        return True
    words, others = SEPARATORS.split(one), SEPARATORS.split(other)
    unlike = [pair for pair in zip(words, others, strict=False) if pair[0] != pair[1]]
    return len(words) == len(others) and len(unlike) == 1 and _one_apart(*unlike[0])


def _one_apart(word: str, other: str) -> bool:
    """Whether a letter was left out, put in or taken for another, or two changed places; digits are no slips."""
    longest, same = max(len(word), len(other)), _alike(word, other)
    word, other = word[same:], other[same:]
    same = _alike(word[::-1], other[::-1])
    left, right = word[: len(word) - same], other[: len(other) - same]
    is_near = max(len(left), len(right)) == 1 or (len(left) == 2 and left == right[::-1])
    return longest >= SLIP_FROM and is_near and (left + right).isalpha()


def _alike(word: str, other: str) -> int:
    """With how many equal letters both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(word, other, strict=False)))
