"""Compiled loops over shingles: sets, MinHash signatures and their bands, bitmaps that bound a difference."""

import numpy as np
from numpy.typing import NDArray

from pipeline.curate.compiled import compiled
from pipeline.curate.letters import Numbers

Hashes = NDArray[np.uint64]
Words32 = NDArray[np.uint32]

_FOLD = np.uint64(0x9E3779B97F4A7C15)
_MOST = np.uint32(0xFFFFFFFF)


SMALL = 24
"""Values up to which the plainest way to sort is the quickest."""


@compiled
def sort_small(values: Hashes, offsets: Numbers) -> None:
    """Sorts each run of at most SMALL values where it is."""
    for row in range(len(offsets) - 1):
        own = values[offsets[row] : offsets[row + 1]]
        if len(own) <= SMALL:
            for at in range(1, len(own)):
                value, before = own[at], at
                while before > 0 and own[before - 1] > value:
                    own[before] = own[before - 1]
                    before -= 1
                own[before] = value


@compiled
def distinct(values: Hashes, offsets: Numbers) -> tuple[Hashes, Numbers]:
    """The same sets without repetitions, from values that are sorted within each."""
    kept = np.empty_like(values)
    ends = np.zeros(len(offsets), np.int64)
    filled = 0
    for row in range(len(offsets) - 1):
        for at in range(offsets[row], offsets[row + 1]):
            if at == offsets[row] or values[at] != values[at - 1]:
                kept[filled] = values[at]
                filled += 1
        ends[row + 1] = filled
    return kept[:filled].copy(), ends


@compiled
def _mixed(value: np.uint32) -> np.uint32:
    """datasketch's mixing of a hash before it is permuted."""
    value = np.uint32(np.uint32(value ^ (value >> np.uint32(16))) * np.uint32(0x85EBCA6B))
    value = np.uint32(np.uint32(value ^ (value >> np.uint32(13))) * np.uint32(0xC2B2AE35))
    return np.uint32(value ^ (value >> np.uint32(16)))


@compiled
def _lower(lowest: Words32, factors: Words32, shifts: Words32, a: np.uint32, b: np.uint32) -> None:
    """Takes two more values into the minima: in pairs, each minimum is loaded and stored half as often."""
    for number in range(len(lowest)):
        one = np.uint32(np.uint32(factors[number] * a) + shifts[number])
        two = np.uint32(np.uint32(factors[number] * b) + shifts[number])
        lowest[number] = min(lowest[number], min(one, two))


@compiled
def _minimise(values: Hashes, factors: Words32, shifts: Words32, lowest: Words32) -> None:
    for number in range(len(lowest)):
        lowest[number] = _MOST
    for at in range(0, len(values) - 1, 2):
        _lower(lowest, factors, shifts, _mixed(np.uint32(values[at])), _mixed(np.uint32(values[at + 1])))
    if len(values) % 2:
        last = _mixed(np.uint32(values[len(values) - 1]))
        _lower(lowest, factors, shifts, last, last)


@compiled
def minima(values: Hashes, offsets: Numbers, factors: Words32, shifts: Words32) -> Words32:
    """Signatures by datasketch's scheme affine32; an empty set has the largest value in all places."""
    result = np.empty((len(offsets) - 1, len(factors)), np.uint32)
    for row in range(len(offsets) - 1):
        _minimise(values[offsets[row] : offsets[row + 1]], factors, shifts, result[row])
    return result


@compiled
def _band_key(signature: Words32, band: int, rows: int) -> np.uint64:
    value = np.uint64(band + 1)
    for at in range(band * rows, (band + 1) * rows):
        value = (value ^ np.uint64(signature[at])) * _FOLD
        value ^= value >> np.uint64(29)
    return value


@compiled
def band_keys(signatures: Words32, count: int, rows: int) -> Hashes:
    """One key for each band and text (shape count × texts); equal values in two bands have different keys."""
    keys = np.empty((count, len(signatures)), np.uint64)
    for text in range(len(signatures)):
        for band in range(count):
            keys[band, text] = _band_key(signatures[text], band, rows)
    return keys


@compiled
def keys_of(values: Hashes, offsets: Numbers, factors: Words32, shifts: Words32, count: int, rows: int) -> Hashes:
    """The band keys of the signatures that `minima` gives, which are never held: 8 bytes a band instead of 512."""
    keys = np.empty((count, len(offsets) - 1), np.uint64)
    lowest = np.empty(len(factors), np.uint32)
    for text in range(len(offsets) - 1):
        _minimise(values[offsets[text] : offsets[text + 1]], factors, shifts, lowest)
        for band in range(count):
            keys[band, text] = _band_key(lowest, band, rows)
    return keys


@compiled
def bitmaps(values: Hashes, offsets: Numbers, width: int) -> Hashes:
    """A bitmap of `width` words (a power of two) for each set, in which every value turns one bit over.

    What two sets have in common turns over the same bits, so their bitmaps differ in no more bits than they in values.
    """
    maps = np.zeros((len(offsets) - 1, width), np.uint64)
    last = np.uint64(64 * width - 1)
    for row in range(len(offsets) - 1):
        for at in range(offsets[row], offsets[row + 1]):
            place = (values[at] >> np.uint64(40)) & last
            maps[row, np.int64(place >> np.uint64(6))] ^= np.uint64(1) << (place & np.uint64(63))
    return maps
