"""The exam: every text of the real sets, indexed so that a sample's overlap with all of them is counted exactly."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.curate.groups import blocks
from pipeline.curate.shingles import Hashes, ShingleRuns, ShingleSets, Shingling, column, normalise, texts_of, words
from pipeline.errors import InputError

MIN_SHARE_WORDS = 5
MIN_RUN_WORDS = 3
NGRAM = 13
"""The words in a row by which GPT-3's training data were compared with benchmarks (Brown et al. 2020, appendix C)."""
LOOKED_UP_AT_ONCE = 1 << 20
SEEN_A_KEY = 16

Numbers = NDArray[np.int64]


class Overlaps(NamedTuple):
    """Pairs of a sample and an item with the number of shingles that they share, at least one, by sample and item."""

    samples: Numbers
    items: Numbers
    shared: Numbers


@dataclass(frozen=True, slots=True)
class Postings:
    """An inverted index: shingle `keys[i]` stands in the items `items[offsets[i]:offsets[i + 1]]`."""

    keys: Hashes
    offsets: Numbers
    items: Numbers
    seen: NDArray[np.bool_]
    """By a hash's last bits, whether any key has them: most shingles are known to be in no item by one look."""

    @classmethod
    def of(cls, sets: ShingleSets, items: Numbers) -> "Postings":
        """Set i belongs to item `items[i]`."""
        order = np.argsort(sets.values, kind="stable")
        keys, starts = np.unique(sets.values[order], return_index=True)
        seen = np.zeros(1 << min(max((SEEN_A_KEY * len(keys)).bit_length(), 10), 24), np.bool_)
        seen[keys & np.uint64(len(seen) - 1)] = True
        return cls(keys, np.append(starts, len(order)), np.repeat(items, sets.sizes)[order], seen)

    def perhaps(self, values: Hashes) -> NDArray[np.bool_]:
        """False for shingles that are in no item."""
        found: NDArray[np.bool_] = self.seen[values & np.uint64(len(self.seen) - 1)]
        return found

    def overlaps_of(self, runs: ShingleRuns) -> tuple["Overlaps", Numbers]:
        """The overlaps of texts from their shingles as they follow each other, and the size of each text's set, or 0
        where it shares nothing.
        """
        hits = np.concatenate([[0], np.cumsum(self.perhaps(runs.values))])[runs.offsets]
        rows, sizes = np.flatnonzero(np.diff(hits)), np.zeros(len(runs.digests), np.int64)
        sets = _chosen(runs, rows).sets()
        sizes[rows] = sets.sizes
        found = self.overlaps(sets)
        return found._replace(samples=rows[found.samples]), sizes

    def overlaps(self, samples: ShingleSets) -> Overlaps:
        parts = list(self._parts(samples))
        return Overlaps(*(np.concatenate([part[side] for part in parts]) for side in range(3)))

    def _parts(self, samples: ShingleSets) -> Iterator[Overlaps]:
        """Every shingle is looked up; no part takes more memory than the index or a million shingles do."""
        nothing = np.empty(0, np.int64)
        yield Overlaps(nothing, nothing, nothing)
        if not len(self.keys):
            return
        likely = np.flatnonzero(self.perhaps(samples.values))
        rows, values = np.repeat(np.arange(len(samples)), samples.sizes)[likely], samples.values[likely]
        places = np.minimum(np.searchsorted(self.keys, values), len(self.keys) - 1)
        hits = self.keys[places] == values
        rows, places = rows[hits], places[hits]
        work = np.bincount(rows, self.offsets[places + 1] - self.offsets[places], len(samples)).astype(np.int64)
        for block in blocks(work, LOOKED_UP_AT_ONCE):
            inside = slice(*np.searchsorted(rows, [block.start, block.stop]))
            yield self._count(rows[inside], places[inside])

    def _count(self, rows: Numbers, places: Numbers) -> Overlaps:
        found = self.offsets[places + 1] - self.offsets[places]
        ends = np.cumsum(found)
        sources = np.arange(ends[-1] if len(ends) else 0) + np.repeat(self.offsets[places] - ends + found, found)
        width = int(self.items.max()) + 1
        pairs, shared = np.unique(np.repeat(rows, found) * width + self.items[sources], return_counts=True)
        return Overlaps(pairs // width, pairs % width, shared)


@dataclass(frozen=True, slots=True)
class Exam:
    """The items of all real sets in one row of numbers: item i is row `ids[i]` of the set `sets[i]`.

    Containment of an item is the share of its shingles that a sample holds, where it has at least five words and is
    not shorter than a shingle; a shorter item of three words or more must stand in the sample whole, and `runs` has an
    index for each such number of words. The other items are `too_short` for containment: two words prove nothing.
    """

    sets: tuple[str, ...]
    ids: pa.Array
    texts: tuple[str, ...]
    shingling: Shingling
    sizes: Numbers
    postings: Postings
    shared_by_part: NDArray[np.bool_]
    runs: tuple[tuple[Shingling, Postings], ...]
    ngrams: tuple[Shingling, Postings, Numbers]
    """Long runs of words, of which one alone is overlap: how they are cut, their index, and how many each item has."""
    exact: Mapping[str, int]
    digests: Hashes
    """Sorted hashes of the normalised texts, one of which every exactly equal sample has."""
    too_short: int

    @classmethod
    def of(
        cls,
        tables: Mapping[str, pa.Table],
        *,
        id: str,  # noqa: A002
        text: str,
        shingle: str = "word:5",
        ngram: int = NGRAM,
    ) -> "Exam":
        """From named tables with an id and a text column.

        Raises InputError when there is no table, or one without rows: what was not there has not been checked.
        """
        empty = [name for name, table in tables.items() if not len(table)] if tables else ["exam"]
        if empty:
            raise InputError(f"{', '.join(empty)}: no rows to check against; give a set with at least one text")
        texts = [one for name, table in tables.items() for one in texts_of(table, text, where=name)]
        sets = [name for name, table in tables.items() for _ in range(len(table))]
        ids = pa.concat_arrays(
            [chunk for name, table in tables.items() for chunk in column(table, id, where=name).chunks]
        )
        return cls._of(sets, ids, texts, Shingling.parse(shingle), Shingling.parse(f"word:{ngram}"))

    @classmethod
    def _of(
        cls, names: Sequence[str], ids: pa.Array, texts: Sequence[str], shingling: Shingling, ngram: Shingling
    ) -> "Exam":
        items = np.arange(len(texts))
        shingled = ShingleRuns.of(texts, shingling)
        sets = shingled.sets()
        lengths = np.array([len(words(text)) for text in texts])
        lengthy = zip(texts, lengths.tolist(), strict=True)
        by_part = (lengths >= MIN_SHARE_WORDS) & np.array([shingling.fits(text) for text in texts])
        short = ~by_part & (lengths >= MIN_RUN_WORDS)
        runs = []
        for length in np.unique(lengths[short]).tolist():
            run, chosen = Shingling("word", length), items[short & (lengths == length)]
            runs.append((run, Postings.of(ShingleSets.of([texts[item] for item in chosen], run), chosen)))
        return cls(
            sets=tuple(names),
            ids=ids,
            texts=tuple(texts),
            shingling=shingling,
            sizes=sets.sizes,
            postings=Postings.of(sets, items),
            shared_by_part=by_part,
            runs=tuple(runs),
            ngrams=_ngrams([text if length >= ngram.size else "" for text, length in lengthy], ngram),
            exact={normalise(text): item for item, text in reversed(list(enumerate(texts)))},
            digests=np.unique(shingled.digests),
            too_short=int(np.count_nonzero(~by_part & ~short)),
        )

    def __len__(self) -> int:
        return len(self.texts)


def _chosen(runs: ShingleRuns, rows: Numbers) -> ShingleRuns:
    """The runs of some texts alone."""
    sizes = runs.sizes[rows]
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    sources = np.arange(offsets[-1]) + np.repeat(runs.offsets[rows] - offsets[:-1], sizes)
    return ShingleRuns(runs.values[sources], offsets, runs.digests[rows])


def _ngrams(texts: Sequence[str], shingling: Shingling) -> tuple[Shingling, Postings, Numbers]:
    sets = ShingleSets.of(texts, shingling)
    return shingling, Postings.of(sets, np.arange(len(texts))), sets.sizes
