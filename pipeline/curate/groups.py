"""Groups of connected rows: buckets of equal keys, and the components that their chains form."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


def repeats(keys: NDArray[np.uint64]) -> tuple[Rows, Rows]:
    """(rows, numbers): the rows whose key others have too, and from 0 on the number of the key, in the keys' order.

    >>> [found.tolist() for found in repeats(np.array([5, 9, 5, 1, 9, 5], np.uint64))]
    [[0, 2, 5, 1, 4], [0, 0, 0, 1, 1]]
    """
    from pipeline.curate.joining import repeated

    rows = np.flatnonzero(repeated(keys))
    found = keys[rows]
    order = np.argsort(found, kind="stable")
    rows, found = rows[order], found[order]
    return rows, np.cumsum(found != np.append(found[:1], found[:-1]))


@dataclass(frozen=True, slots=True)
class Buckets:
    """Entry i says that `rows[i]` is in the bucket `numbers[i]` of `count`; each bucket holds two rows or more."""

    rows: Rows
    numbers: Rows
    count: int


def buckets(keys: NDArray[np.uint64], rows: Rows) -> Buckets:
    """Rows that share a key of some band: row `rows[i]` has the keys `keys[:, i]`, of which each band has its own.

    A band at a time, so that what is held beside the keys is small.
    """
    found, numbers, count = [np.empty(0, np.int64)], [np.empty(0, np.int64)], 0
    for band in keys:
        where, number = repeats(band)
        found.append(rows[where])
        numbers.append(number + count)
        count += int(number[-1]) + 1 if len(number) else 0
    return Buckets(np.concatenate(found), np.concatenate(numbers), count)


def components(count: int, left: NDArray[np.int32], right: NDArray[np.int32]) -> NDArray[np.int32]:
    """The smallest row of the component of each of `count` rows, joined by the edges (left[i], right[i]).

    >>> components(5, np.array([3, 1], np.int32), np.array([1, 4], np.int32)).tolist()
    [0, 1, 2, 1, 1]
    """
    from pipeline.curate.joining import flatten, unite_edges

    parents = np.arange(count, dtype=np.int32)
    unite_edges(parents, left, right)
    flatten(parents)
    return parents


def blocks(sizes: Rows, limit: int) -> Iterator[slice]:
    """Consecutive entries whose sizes add up to at most `limit`; one that is larger is a block of its own.

    >>> list(blocks(np.array([3, 3, 9, 1]), 6))
    [slice(0, 2, None), slice(2, 3, None), slice(3, 4, None)]
    """
    ends = np.cumsum(sizes)
    first = 0
    while first < len(sizes):
        before = int(ends[first]) - int(sizes[first])
        last = max(first + 1, int(np.searchsorted(ends, before + limit, side="right")))
        yield slice(first, last)
        first = last


def batches(roots: NDArray[np.int32], limit: int, most: int = 1 << 30, cap: int = 1 << 30) -> list[Rows]:
    """The components of two rows or more, whole, packed into batches of about `limit` rows, or of up to `cap` if there
    would be over `most` batches; a larger component is a batch of its own, and each batch is ascending.

    >>> [batch.tolist() for batch in batches(np.array([0, 1, 0, 3, 1, 1]), 4)]
    [[0, 2], [1, 4, 5]]
    """
    sizes = np.bincount(roots, minlength=len(roots))
    members = np.flatnonzero(sizes[roots] > 1)
    members = members[np.argsort(roots[members], kind="stable")]
    several = sizes[sizes > 1]
    ends = np.concatenate([[0], np.cumsum(several)])
    spans = blocks(several, max(limit, min(-(-len(members) // most), cap)))
    return [np.sort(members[ends[span.start] : ends[span.stop]]) for span in spans]
