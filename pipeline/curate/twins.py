"""Twins: the kept rows that a row repeats, found among candidates by exact comparison."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from pipeline.curate.groups import Rows, blocks
from pipeline.curate.minhash import Bands, Signatures, agreement_floor, band_keys, signatures
from pipeline.curate.shingles import ShingleSets, Shingling, normalise

EXACT, NEAR = "exact", "near"
COMPARED_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Sketches:
    """What is compared instead of texts: a digest of the normalised text, the set of shingles and its signature."""

    digests: NDArray[np.uint64]
    sets: ShingleSets
    signatures: Signatures

    @classmethod
    def of(cls, texts: Sequence[str], shingling: Shingling) -> "Sketches":
        digests = np.fromiter((xxh3_64_intdigest(normalise(text).encode()) for text in texts), np.uint64)
        sets = ShingleSets.of(texts, shingling)
        return cls(digests, sets, signatures(sets))

    def keys(self, bands: Bands) -> tuple[NDArray[np.uint64], Rows]:
        """(keys, rows): two rows are candidates when they have a key in common, of a band or of the whole text."""
        filled = np.flatnonzero(self.sets.sizes)
        of_bands = band_keys(self.signatures[filled], bands).ravel()
        rows = np.concatenate([np.arange(len(self.digests)), np.repeat(filled, bands.count)])
        return np.concatenate([self.digests, of_bands]), rows


@dataclass(frozen=True, slots=True)
class Twin:
    """A kept row and how similar it is; `conflicts` when the two do not agree on what is not text."""

    row: int
    reason: str
    similarity: float
    conflicts: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Finds twins. `places[row]` is the row's place in the order of visits, which decides between equal twins."""

    texts: Sequence[str]
    sketches: Sketches
    threshold: float
    places: Rows

    def twins(self, row: int, candidates: Rows) -> list[Twin]:
        """The exact twins of a row, or else the near ones, the best first."""
        return sorted(self._exact(row, candidates) or self._near(row, candidates), key=self.merit)

    def merit(self, twin: Twin) -> tuple[float, int]:
        return -twin.similarity, int(self.places[twin.row])

    def _exact(self, row: int, candidates: Rows) -> list[Twin]:
        alike = candidates[self.sketches.digests[candidates] == self.sketches.digests[row]].tolist()
        mine = normalise(self.texts[row]) if alike else ""
        return [Twin(kept, EXACT, 1.0) for kept in alike if normalise(self.texts[kept]) == mine]

    def _near(self, row: int, candidates: Rows) -> list[Twin]:
        candidates = self._promising(row, candidates)
        similarities = similarity(self.sketches.sets, row, candidates)
        enough = similarities >= self.threshold
        pairs = zip(candidates[enough].tolist(), similarities[enough].tolist(), strict=True)
        return [Twin(kept, NEAR, value) for kept, value in pairs]

    def _promising(self, row: int, candidates: Rows) -> Rows:
        """Those whose sizes and signatures leave the threshold possible: a cheap test before the costly one."""
        size, sizes = len(self.sketches.sets[row]), self.sketches.sets.sizes_of(candidates)
        candidates = candidates[np.minimum(sizes, size) / np.maximum(np.maximum(sizes, size), 1) >= self.threshold]
        agreeing = np.count_nonzero(self.sketches.signatures[candidates] == self.sketches.signatures[row], axis=1)
        return cast(Rows, candidates[agreeing >= agreement_floor(self.threshold)])


def similarity(sets: ShingleSets, row: int, others: Rows) -> NDArray[np.float64]:
    """The exact Jaccard similarity of one set with each of the others, none of them empty."""
    mine, sizes = sets[row], sets.sizes_of(others)
    shared = np.zeros(len(others), np.int64)
    for block in blocks(sizes, COMPARED_AT_ONCE):
        theirs = sets.take(others[block])
        places = np.minimum(np.searchsorted(mine, theirs.values), len(mine) - 1)
        shared[block] = np.add.reduceat(mine[places] == theirs.values, theirs.offsets[:-1], dtype=np.int64)
    return shared / (len(mine) + sizes - shared)
