"""The name that was probably meant: what a message suggests for a key, column, file or task that is not there."""

from collections.abc import Iterable
from difflib import get_close_matches

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
