"""Slices of the space of keys, as shards of a deduplication hold them: dealt by range, joined range by range.

What a shard takes follows from rows and bands alone (`shard_bytes`), and can be said before it is started.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pipeline.curate.groups import Rows
from pipeline.curate.twins import Sketches

ENTRIES_AT_ONCE = 1 << 16
"""Keys that are joined at a time: their hash table shall fit a processor's cache."""
ENTRY_BYTES = 8
"""The low half of a key, and a row; the rest of the key is the range that it lies in."""
ROW_BYTES = 4
"""A row's place in the components, in every shard."""
SHARD_BYTES = 1 << 30
"""Of keys that a shard holds at most, before there are more shards than were asked for."""

Slice = tuple[NDArray[np.uint32], NDArray[np.int32], Rows]
"""(keys, rows, ends): range r is `[ends[r]:ends[r + 1]]`."""
Part = tuple[Slice, Slice]
"""What a block gives a shard, of its bands and of its whole texts; rows are counted in the block."""
Edges = tuple[NDArray[np.int32], NDArray[np.int32]]


def shards_for(rows: int, bands: int, asked: int) -> int:
    """As many shards as were asked for, or as it takes that none holds more than SHARD_BYTES of keys."""
    return max(asked, -(-rows * (bands + 1) * ENTRY_BYTES // SHARD_BYTES))


def shard_bytes(rows: int, bands: int, shards: int) -> int:
    """What each of `shards` holds of so many rows: a key for each band and for the whole text, and a place a row.

    >>> shard_bytes(3_000_000, 21, 2) // 2**20
    263
    """
    return -(-rows * (bands + 1) * ENTRY_BYTES // shards) + rows * ROW_BYTES


def ranges_for(rows: int, bands: int, shards: int) -> int:
    """Into how many ranges each shard's keys are dealt."""
    return max(1, rows * (bands + 1) // (shards * ENTRIES_AT_ONCE))


def parts_of(sketches: Sketches, shards: int, ranges: int) -> list[Part]:
    """The keys of a block's rows as each shard is given them.

    Two rows with equal halves of keys may be joined without an equal key. They are then judged together, and nothing
    else comes of it.
    """
    from pipeline.curate.joining import deal

    every = np.arange(len(sketches.digests))
    bands = deal(sketches.keys, sketches.filled, shards * ranges)
    texts = deal(sketches.digests.reshape(1, -1), every, shards * ranges)
    return [(_cut(bands, shard, ranges), _cut(texts, shard, ranges)) for shard in range(shards)]


def _cut(dealt: Slice, shard: int, ranges: int) -> Slice:
    keys, rows, ends = dealt
    ends = ends[shard * ranges : (shard + 1) * ranges + 1]
    return keys[ends[0] : ends[-1]], rows[ends[0] : ends[-1]], ends - ends[0]


def edges_of(count: int, parts: Iterable[tuple[int, Part]], ranges: int) -> Edges:
    """Edges that join those of `count` rows that have a key in common, at most one a row; from (first row, part)."""
    from pipeline.curate.joining import flatten, unite_equals

    slices = [(start, one) for start, part in parts for one in part]
    parents = np.arange(count, dtype=np.int32)
    for number in range(ranges if slices else 0):
        spans = [(start, one, one[2][number], one[2][number + 1]) for start, one in slices]
        keys = np.concatenate([one[0][first:last] for _, one, first, last in spans])
        rows = np.concatenate([one[1][first:last] + np.int32(start) for start, one, first, last in spans])
        unite_equals(parents, keys, rows)
    flatten(parents)
    joined = np.flatnonzero(parents != np.arange(count, dtype=np.int32)).astype(np.int32)
    return parents[joined], joined
