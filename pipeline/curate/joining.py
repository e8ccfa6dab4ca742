"""Compiled loops that bring rows together: keys that occur more than once, entries by row, components, deals."""

import numpy as np
from numpy.typing import NDArray

from pipeline.curate.compiled import compiled
from pipeline.curate.letters import Numbers

Hashes = NDArray[np.uint64]
Small = NDArray[np.int32]


@compiled
def _room(count: int) -> int:
    """Places of a hash table: a power of two, of which at most half are taken."""
    size = 16
    while size < 2 * count:
        size *= 2
    return size


@compiled
def repeated(keys: Hashes) -> NDArray[np.bool_]:
    """Which keys occur more than once; takes 8 to 16 bytes a key."""
    last = _room(len(keys)) - 1
    places = np.full(last + 1, np.int32(-1))
    found = np.zeros(len(keys), np.bool_)
    for at in range(len(keys)):
        place = np.int64(keys[at] & np.uint64(last))
        while places[place] >= 0 and keys[places[place]] != keys[at]:
            place = (place + 1) & last
        if places[place] < 0:
            places[place] = at
        else:
            found[at] = found[places[place]] = True
    return found


@compiled
def by_row(rows: Numbers, numbers: Numbers, count: int) -> tuple[Small, Numbers]:
    """(numbers, ends): what row i has is `numbers[ends[i]:ends[i + 1]]`, in the order of the entries."""
    ends = np.zeros(count + 1, np.int64)
    for row in rows:
        ends[row + 1] += 1
    ends = np.cumsum(ends)
    filled = ends.copy()
    dealt = np.empty(len(rows), np.int32)
    for at in range(len(rows)):
        dealt[filled[rows[at]]] = numbers[at]
        filled[rows[at]] += 1
    return dealt, ends


@compiled
def _root(parents: Small, row: int) -> int:
    while parents[row] != row:
        parents[row] = parents[parents[row]]
        row = parents[row]
    return row


@compiled
def _unite(parents: Small, one: int, other: int) -> None:
    """Hangs the larger root below the smaller."""
    one, other = _root(parents, one), _root(parents, other)
    parents[max(one, other)] = min(one, other)


@compiled
def unite_edges(parents: Small, left: Small, right: Small) -> None:
    for at in range(len(left)):
        _unite(parents, left[at], right[at])


@compiled
def unite_equals(parents: Small, keys: NDArray[np.uint32], rows: Small) -> None:
    """Joins the rows that have a key in common."""
    last = _room(len(keys)) - 1
    places = np.full(last + 1, np.int32(-1))
    for at in range(len(keys)):
        place = np.int64(keys[at] & np.uint32(last))
        while places[place] >= 0 and keys[places[place]] != keys[at]:
            place = (place + 1) & last
        if places[place] < 0:
            places[place] = at
        else:
            _unite(parents, rows[places[place]], rows[at])


@compiled
def flatten(parents: Small) -> None:
    """Every row points to the smallest of its component."""
    for row in range(len(parents)):
        parents[row] = parents[parents[row]]


@compiled
def deal(keys: Hashes, filled: Numbers, parts: int) -> tuple[NDArray[np.uint32], Small, Numbers]:
    """(keys, rows, ends): the low halves of all keys by the part that their high halves fall into.

    `keys` has a row for each band and a column for each text, whose number is given by `filled`. Part p is
    `[ends[p]:ends[p + 1]]`.
    """
    ends = np.zeros(parts + 1, np.int64)
    for band in range(keys.shape[0]):
        for text in range(keys.shape[1]):
            ends[np.int64((keys[band, text] >> np.uint64(32)) * np.uint64(parts) >> np.uint64(32)) + 1] += 1
    ends = np.cumsum(ends)
    at = ends.copy()
    low, rows = np.empty(keys.size, np.uint32), np.empty(keys.size, np.int32)
    for band in range(keys.shape[0]):
        for text in range(keys.shape[1]):
            part = np.int64((keys[band, text] >> np.uint64(32)) * np.uint64(parts) >> np.uint64(32))
            low[at[part]] = np.uint32(keys[band, text])
            rows[at[part]] = filled[text]
            at[part] += 1
    return low, rows, ends
