"""MinHash signatures and bands: texts that share a band are worth comparing exactly.

The signatures are those of datasketch 2 (scheme affine32, seed 1), bit for bit, computed for many sets at once.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.curate.shingles import ShingleRuns, ShingleSets

PERMUTATIONS = 128
ACCEPTED_MISS = 0.003

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
def _permutations(count: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """datasketch's own parameters for `a * h + b mod 2^32` with odd a."""
    generator = np.random.RandomState(1)
    factors = generator.randint(0, 1 << 31, count, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return factors, generator.randint(0, 1 << 32, count, dtype=np.uint32)


def signatures(runs: ShingleRuns | ShingleSets, permutations: int = PERMUTATIONS) -> Signatures:
    """One row of minima for each text, from the low 32 bits of its hashes; one without shingles has the largest value
    in all.
    """
    from pipeline.curate.sketching import minima

    return minima(runs.values, runs.offsets, *_permutations(permutations))


def band_keys(signatures: Signatures, bands: Bands) -> Keys:
    """One 64-bit key for each band and row (shape bands × rows); equal values in two bands have different keys."""
    from pipeline.curate import sketching

    return sketching.band_keys(signatures, bands.count, bands.rows)


def keys_of(runs: ShingleRuns, bands: Bands) -> Keys:
    """The same keys straight from the shingles."""
    from pipeline.curate import sketching

    return sketching.keys_of(runs.values, runs.offsets, *_permutations(PERMUTATIONS), bands.count, bands.rows)
