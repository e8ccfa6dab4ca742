"""Dealing: which named set each group of rows goes to, so that a document is never in two."""

from collections import Counter
from collections.abc import Mapping, Sequence

from pipeline.canonical import content_hash


def deal(groups: Sequence[str], shares: Mapping[str, float]) -> list[str]:
    """The set of each row, given its group's name. Whole groups go to the set that lacks most of its share.

    Large groups are dealt first, equal ones in the order of their hash, so the order of the rows decides nothing.
    """
    sizes = Counter(groups)
    total = sum(shares.values())
    wanted = {name: share / total * len(groups) for name, share in shares.items()}
    given: dict[str, str] = {}
    for group in sorted(sizes, key=lambda one: (-sizes[one], content_hash(one))):
        name = max(wanted, key=lambda one: (wanted[one], one))
        given[group] = name
        wanted[name] -= sizes[group]
    return [given[group] for group in groups]
