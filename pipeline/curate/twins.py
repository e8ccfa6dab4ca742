"""Twins: the kept rows that a row repeats, found by exact comparison among the rows that share a key with it."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.curate.groups import Buckets, Rows, buckets, repeats
from pipeline.curate.minhash import Bands, Keys, keys_of
from pipeline.curate.progress import Watch, unwatched
from pipeline.curate.shingles import Hashes, ShingleRuns, ShingleSets, Shingling, Texts, normalise

MOST_COMPARED = 1 << 16
"""With how many kept rows a row is compared at most."""
MOST_PARTNERS = 64
"""How many of the kept rows that a row repeats are asked whether they contradict it, the most similar first."""
VISITED_AT_ONCE = 10_000
"""Rows after which the visit says how far it is."""
COMPARED_AT_ONCE = 50_000
"""Texts of which two are held at a time to see whether they are equal."""
BITS_FOR_EACH, WIDEST = 8, 64
"""Bits of a bitmap for each shingle in which two texts at the threshold may differ, and its 64-bit words at most."""


@dataclass(frozen=True, slots=True)
class Sketches:
    """What is compared instead of texts: a digest of each normalised text, and a key for each of its bands.

    `filled` are the texts that have shingles, `keys` (shape bands × len(filled)) theirs.
    """

    digests: Hashes
    filled: Rows
    keys: Keys

    @classmethod
    def of(cls, texts: Texts, shingling: Shingling, bands: Bands, watch: Watch = unwatched) -> "Sketches":
        digests, filled, keys, start = [np.empty(0, np.uint64)], [np.empty(0, np.int64)], [], 0
        for runs in ShingleRuns.parts(texts, shingling):
            own = np.flatnonzero(runs.sizes)
            every = keys_of(runs, bands)
            keys.append(every if len(own) == every.shape[1] else every[:, own])
            filled.append(own + start)
            digests.append(runs.digests)
            start += len(runs.digests)
            watch("texts", start, len(texts))
        empty = np.empty((bands.count, 0), np.uint64)
        return cls(np.concatenate(digests), np.concatenate(filled), np.concatenate([empty, *keys], axis=1))

    def buckets(self) -> Buckets:
        return buckets(self.keys, self.filled)


def exact_classes(texts: pa.ChunkedArray, digests: Hashes) -> NDArray[np.int32]:
    """For each text a number that it shares with exactly those equal to it after `normalise`; -1 where there are none.

    Equal digests are where to look; the texts decide.
    """
    rows, numbers = repeats(digests)
    classes = np.full(len(digests), -1, np.int32)
    classes[rows] = numbers
    firsts = rows[np.searchsorted(numbers, numbers)]
    spelt: dict[tuple[int, str], int] = {}
    for row, first in _unlike(texts, rows, firsts):
        key = int(classes[row]), normalise(texts[row].as_py())
        if key[1] != normalise(texts[first].as_py()):
            classes[row] = spelt.setdefault(key, int(numbers[-1]) + 1 + len(spelt))
    return classes


def _unlike(texts: pa.ChunkedArray, rows: Rows, others: Rows) -> list[tuple[int, int]]:
    """The pairs that are not equal as they are written."""
    found: list[tuple[int, int]] = []
    for start in range(0, len(rows), COMPARED_AT_ONCE):
        one, other = rows[start : start + COMPARED_AT_ONCE], others[start : start + COMPARED_AT_ONCE]
        unlike = pc.not_equal(texts.take(one), texts.take(other)).to_numpy()
        found += zip(one[unlike].tolist(), other[unlike].tolist(), strict=True)
    return found


@dataclass(frozen=True, slots=True)
class Pairs:
    """Entry i: the row `rows[i]` repeats the kept row `twins[i]`. A row's entries follow each other, the best first,
    rows in the order of their visits.

    `compared` pairs were compared; at most `left_out` more were not, of `bounded` rows that met MOST_COMPARED.
    """

    rows: Rows
    twins: Rows
    exact: NDArray[np.bool_]
    similarities: NDArray[np.float64]
    compared: int = 0
    left_out: int = 0
    bounded: int = 0

    @property
    def firsts(self) -> Rows:
        """The entry of each row that is its best."""
        return np.flatnonzero(self.rows != np.append(-1, self.rows[:-1]))


def find_pairs(
    texts: pa.ChunkedArray,
    order: Rows,
    roles: NDArray[np.uint8],
    *,
    threshold: float,
    shingling: Shingling,
    bands: Bands,
    partners: int = 1,
    limit: int | None = None,
    watch: Watch = unwatched,
) -> Pairs:
    """Visits the rows in `order`: what repeats a row kept before it goes, by its role (see `visits`) or as it is."""
    from pipeline.curate.joining import by_row
    from pipeline.curate.visits import EXACT_SHARE, visited

    texts = texts.cast(pa.large_string())
    sketches = Sketches.of(texts, shingling, bands, watch)
    found, classes = sketches.buckets(), exact_classes(texts, sketches.digests)
    joined = classes >= 0
    joined[found.rows] = True
    members = order[joined[order]]
    places = np.empty(len(order), np.int64)
    places[members] = np.arange(len(members))
    sets = ShingleSets.of(texts.take(members), shingling)
    room = np.append(0, np.cumsum(np.bincount(found.numbers, minlength=found.count)))
    known = sets.values, sets.offsets, bitmaps_of(sets, threshold), classes[members], roles[members]
    where = *by_row(places[found.rows], found.numbers, len(members)), room
    state = (
        np.empty(room[-1], np.int32),
        np.zeros(found.count, np.int32),
        np.full((classes.max(initial=-1) + 1, partners), -1, np.int32),
        np.full(len(members), -1, np.int32),
    )
    limit, parts = MOST_COMPARED if limit is None else limit, []
    for first in range(0, max(len(members), 1), VISITED_AT_ONCE):
        last = min(first + VISITED_AT_ONCE, len(members))
        parts.append(visited(*known, *where, *state, threshold, limit, first, last))
        watch("candidates", last, len(members))
    rows, twins, shares = (np.concatenate([part[column] for part in parts]) for column in range(3))
    counts = np.sum([part[3] for part in parts], axis=0).tolist()
    return Pairs(members[rows], members[twins], shares == EXACT_SHARE, np.minimum(shares, 1.0), *counts)


def bitmaps_of(sets: ShingleSets, threshold: float) -> Hashes:
    """Bitmaps that are long enough for nine of ten sets."""
    from pipeline.curate.sketching import bitmaps

    differing = 2 * float(np.quantile(sets.sizes, 0.9)) * (1 - threshold) / (1 + threshold) if len(sets) else 0
    wanted = BITS_FOR_EACH * differing / 64
    width = 1
    while width < min(wanted, WIDEST):
        width *= 2
    return bitmaps(sets.values, sets.offsets, width)
