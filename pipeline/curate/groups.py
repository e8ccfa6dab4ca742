"""Groups of connected rows: buckets of equal keys, and the components that their chains form."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Buckets:
    """Rows that share a key, in buckets of two or more: bucket i holds `rows[offsets[i]:offsets[i + 1]]`."""

    rows: Rows
    offsets: Rows

    @property
    def numbers(self) -> Rows:
        """The bucket of each entry of `rows`."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))

    def stars(self) -> tuple[Rows, Rows]:
        """Edges that join each bucket: its smallest row with every row in it."""
        if not len(self.rows):
            return self.rows, self.rows
        centres = np.minimum.reduceat(self.rows, self.offsets[:-1])
        return centres[self.numbers], self.rows


def buckets(keys: NDArray[np.uint64], rows: Rows) -> Buckets:
    """Entry i says that row `rows[i]` has the key `keys[i]`; keys that one entry has alone make no bucket."""
    from pipeline.curate.kernels import repeated

    shared = repeated(keys)
    keys, rows = keys[shared], rows[shared]
    order = np.argsort(keys, kind="stable")
    keys, rows = keys[order], rows[order]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.empty(0, np.int64)
    sizes = np.diff(np.append(starts, len(keys)))
    return Buckets(rows, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64))


def components(count: int, left: Rows, right: Rows) -> Rows:
    """The smallest row of the component of each of `count` rows, joined by the edges (left[i], right[i]).

    Every round hangs each root below its smallest neighbour and then flattens the trees, so the rounds are few
    (logarithmic) whatever the order of the edges.

    >>> components(5, np.array([3, 1]), np.array([1, 4])).tolist()
    [0, 1, 2, 1, 1]
    """
    roots = np.arange(count)
    while True:
        left, right = roots[left], roots[right]
        apart = left != right
        if not apart.any():
            return roots
        left, right = left[apart], right[apart]
        np.minimum.at(roots, np.maximum(left, right), np.minimum(left, right))
        while not np.array_equal(flatter := roots[roots], roots):
            roots = flatter


def chains(left: Rows, right: Rows) -> tuple[Rows, Rows]:
    """Edges that join the same rows as the given ones, at most one for each row."""
    rows, ends = np.unique(np.concatenate([left, right]), return_inverse=True)
    roots = components(len(rows), ends[: len(left)], ends[len(left) :])
    joined = np.flatnonzero(roots != np.arange(len(rows)))
    return rows[roots[joined]], rows[joined]


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


def batches(roots: Rows, limit: int) -> list[Rows]:
    """The components of two rows or more, whole, packed into batches of about `limit` rows; each batch is ascending.

    >>> [batch.tolist() for batch in batches(np.array([0, 1, 0, 3, 1, 1]), 4)]
    [[0, 2], [1, 4, 5]]
    """
    sizes = np.bincount(roots)
    order = np.argsort(roots, kind="stable")
    members, several = order[sizes[roots[order]] > 1], sizes[sizes > 1]
    ends = np.concatenate([[0], np.cumsum(several)])
    return [np.sort(members[ends[block.start] : ends[block.stop]]) for block in blocks(several, limit)]
