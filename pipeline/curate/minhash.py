"""MinHash signatures and bands: texts that share a band are worth comparing exactly.

The signatures are those of datasketch 2 (scheme affine32, seed 1), bit for bit, computed for many sets at once.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.curate.groups import blocks
from pipeline.curate.shingles import ShingleSets

PERMUTATIONS = 128
ACCEPTED_MISS = 0.003
ACCEPTED_FILTER_MISS = 1e-6
BLOCK = 1 << 15

Signatures = NDArray[np.uint32]
Keys = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Bands:
    """`count` bands of `rows` signature values; a pair is a candidate when all values of some band are equal."""

    count: int
    rows: int

    def miss(self, similarity: float) -> float:
        """The probability that a pair of that Jaccard similarity shares no band."""
        return float((1 - similarity**self.rows) ** self.count)


def bands(threshold: float, permutations: int = PERMUTATIONS) -> Bands:
    """The most selective bands that miss a pair at the threshold with a probability of at most 0.003.

    Below a threshold of 0.045 no bands are good enough; single values then come nearest, and `miss` says how near.

    >>> bands(0.8), round(bands(0.8).miss(0.8), 4)
    (Bands(count=21, rows=6), 0.0017)
    >>> bands(0.65), round(bands(0.65).miss(0.65), 4)
    (Bands(count=32, rows=4), 0.0019)
    """
    choices = (Bands(permutations // rows, rows) for rows in range(permutations, 0, -1))
    return next((choice for choice in choices if choice.miss(threshold) <= ACCEPTED_MISS), Bands(permutations, 1))


@cache
def agreement_floor(threshold: float, permutations: int = PERMUTATIONS) -> int:
    """The number of equal signature values below which a pair is not worth an exact comparison.

    A pair at the threshold stays below it with a probability under one in a million (binomial).
    """
    below = 0.0
    for agreeing in range(permutations + 1):
        chance = math.comb(permutations, agreeing) * threshold**agreeing * (1 - threshold) ** (permutations - agreeing)
        below += chance
        if below > ACCEPTED_FILTER_MISS:
            return agreeing
    return permutations


@cache
def _permutations(count: int) -> tuple[list[np.uint32], list[np.uint32]]:
    """datasketch's own parameters for `a * h + b mod 2^32` with odd a."""
    generator = np.random.RandomState(1)
    factors = generator.randint(0, 1 << 31, count, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return list(factors), list(generator.randint(0, 1 << 32, count, dtype=np.uint32))


def _mix(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The MurmurHash3 finalizer, which datasketch applies before the permutations."""
    hashes = (hashes ^ (hashes >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    hashes = (hashes ^ (hashes >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return hashes ^ (hashes >> np.uint32(16))


def signatures(sets: ShingleSets, permutations: int = PERMUTATIONS) -> Signatures:
    """One row of minima for each set, from the low 32 bits of its hashes; an empty set has the largest value in all."""
    result = np.full((len(sets), permutations), np.iinfo(np.uint32).max, np.uint32)
    filled = np.flatnonzero(sets.sizes)
    for block in blocks(sets.sizes_of(filled), BLOCK):
        part = sets.take(filled[block])
        result[filled[block]] = _minima(_mix(part.values.astype(np.uint32)), part.offsets[:-1], permutations)
    return result


def _minima(hashes: NDArray[np.uint32], starts: NDArray[np.int64], permutations: int) -> Signatures:
    columns = np.empty((permutations, len(starts)), np.uint32)
    permuted = np.empty_like(hashes)
    for number, (factor, shift) in enumerate(zip(*_permutations(permutations), strict=True)):
        np.multiply(hashes, factor, out=permuted)
        np.add(permuted, shift, out=permuted)
        np.minimum.reduceat(permuted, starts, out=columns[number])
    return columns.T


def band_keys(signatures: Signatures, bands: Bands) -> Keys:
    """One 64-bit key for each row and band (shape rows × bands); equal values in two bands have different keys."""
    values = signatures[:, : bands.count * bands.rows].astype(np.uint64).reshape(-1, bands.count, bands.rows)
    keys = np.broadcast_to(np.arange(1, bands.count + 1, dtype=np.uint64), values.shape[:2]).copy()
    for row in range(bands.rows):
        keys = (keys ^ values[:, :, row]) * np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(29)
    return keys
