"""Twins: the kept rows that a row repeats, found among candidates by exact comparison."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.curate.groups import Rows
from pipeline.curate.minhash import Bands, Signatures, agreement_floor, band_keys, signatures
from pipeline.curate.shingles import ShingleRuns, ShingleSets, Shingling, Texts, normalise

EXACT, NEAR = "exact", "near"


@dataclass(frozen=True, slots=True)
class Sketches:
    """What is compared instead of texts: a digest of the normalised text, the shingles and their signature."""

    runs: ShingleRuns
    signatures: Signatures

    @classmethod
    def of(cls, texts: Texts, shingling: Shingling) -> "Sketches":
        runs = ShingleRuns.of(texts, shingling)
        return cls(runs, signatures(runs))

    @property
    def digests(self) -> NDArray[np.uint64]:
        return self.runs.digests

    def keys(self, bands: Bands) -> tuple[NDArray[np.uint64], Rows]:
        """(keys, rows): two rows are candidates when they have a key in common, of a band or of the whole text."""
        filled = np.flatnonzero(self.runs.sizes)
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
    """Finds twins. `places[row]` is the row's place in the order of visits, which decides between equal twins; `sets`
    are empty for rows that no other is compared with.
    """

    texts: pa.ChunkedArray
    sketches: Sketches
    sets: ShingleSets
    threshold: float
    places: Rows

    def twins(self, row: int, candidates: Rows) -> list[Twin]:
        """The exact twins of a row, or else the near ones, the best first."""
        return sorted(self._exact(row, candidates) or self._near(row, candidates), key=self.merit)

    def merit(self, twin: Twin) -> tuple[float, int]:
        return -twin.similarity, int(self.places[twin.row])

    def _exact(self, row: int, candidates: Rows) -> list[Twin]:
        alike = candidates[self.sketches.digests[candidates] == self.sketches.digests[row]].tolist()
        mine = self._normalised(row) if alike else ""
        return [Twin(kept, EXACT, 1.0) for kept in alike if self._normalised(kept) == mine]

    def _normalised(self, row: int) -> str:
        return normalise(self.texts[row].as_py())

    def _near(self, row: int, candidates: Rows) -> list[Twin]:
        candidates = self._promising(row, candidates)
        similarities = similarity(self.sets, row, candidates)
        enough = similarities >= self.threshold
        pairs = zip(candidates[enough].tolist(), similarities[enough].tolist(), strict=True)
        return [Twin(kept, NEAR, value) for kept, value in pairs]

    def _promising(self, row: int, candidates: Rows) -> Rows:
        """Those whose sizes and signatures leave the threshold possible: a cheap test before the costly one."""
        from pipeline.curate.kernels import agreeing

        size, sizes = len(self.sets[row]), self.sets.sizes_of(candidates)
        candidates = candidates[np.minimum(sizes, size) / np.maximum(np.maximum(sizes, size), 1) >= self.threshold]
        alike = agreeing(self.sketches.signatures, row, candidates)
        return candidates[alike >= agreement_floor(self.threshold)]


def similarity(sets: ShingleSets, row: int, others: Rows) -> NDArray[np.float64]:
    """The exact Jaccard similarity of one set with each of the others, none of them empty."""
    from pipeline.curate.kernels import shared

    common = shared(sets.values, sets.offsets, row, others)
    return common / (len(sets[row]) + sets.sizes_of(others) - common)
