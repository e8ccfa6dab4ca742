"""Nearest vectors: exact by blocked matrix products, and above a size by an index whose finds are computed again.

Products in float32 differ in their last bits with the size of a block. So they only propose; what counts is the cosine
of each proposed pair in float64, which is the same however the work was cut.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.embedding.vectors import Vectors

Rows = NDArray[np.int64]
Values = NDArray[np.float64]

SLACK = 1e-5
"""How far below the threshold a product in float32 may lie and still be computed exactly."""
CELLS = 1 << 23
"""Cosines that are held at once: 32 MB."""
CELLS_A_ROOT, PROBES, TRAINED_ON, SEED, ASKED_AT_ONCE = 4, 32, 40, 1, 64
"""Of the index: cells for each square root of the rows, cells that are looked into, rows a cell is trained on."""
EXACT_UP_TO = 200_000
"""Rows up to which all pairs are compared. Above, an index pays."""


def cosines(left: Vectors, right: Vectors) -> Values:
    """[rows]: the cosine of each pair of unit vectors, in float64."""
    products: Values = (left.astype(np.float64) * right).sum(axis=1)
    return np.clip(products, -1.0, 1.0)


def nearest(vectors: Vectors, items: Vectors) -> tuple[Values, Rows]:
    """[rows]: the highest cosine of each vector with an item, and the item (the first of several).

    There must be at least one item.
    """
    best, at = np.empty(len(vectors)), np.empty(len(vectors), np.int64)
    step = max(1, CELLS // len(items))
    for start in range(0, len(vectors), step):
        rows = slice(start, start + step)
        products = vectors[rows] @ items.T
        close = products >= products.max(axis=1, keepdims=True) - SLACK
        mine, theirs = np.nonzero(close)
        exact = cosines(vectors[rows][mine], items[theirs])
        order = np.lexsort((theirs, -exact, mine))
        first = order[np.flatnonzero(np.diff(mine[order], prepend=-1))]
        best[rows], at[rows] = exact[first], theirs[first]
    return best, at


class Kept(Protocol):
    """The rows that are kept so far, among which those near others are looked for."""

    def add(self, rows: Rows) -> None: ...

    def near(self, rows: Rows) -> Iterator[tuple[Rows, Rows]]:
        """(rows, kept rows) that could reach the threshold, in parts of bounded size; some pairs more do no harm."""
        ...


@dataclass(slots=True)
class ExactKept:
    """Every row is compared with every kept one."""

    vectors: Vectors
    threshold: float
    kept: Rows = field(default_factory=lambda: np.empty(0, np.int64))

    def add(self, rows: Rows) -> None:
        self.kept = np.concatenate([self.kept, rows])

    def near(self, rows: Rows) -> Iterator[tuple[Rows, Rows]]:
        mine, step = self.vectors[rows], max(1, CELLS // max(len(rows), 1))
        for start in range(0, len(self.kept), step):
            part = self.kept[start : start + step]
            left, right = np.nonzero(mine @ self.vectors[part].T >= self.threshold - SLACK)
            yield rows[left], part[right]


@dataclass(slots=True)
class IndexedKept:
    """Rows are compared with those of the nearest cells alone: faiss' inverted file over k-means cells, vectors whole.

    The same rows in the same order give the same finds, as the cells are drawn with a fixed seed from rows that are
    chosen by their order. What it overlooks is measured in tests/benchmarks/embedding_index.py.
    """

    vectors: Vectors
    threshold: float
    index: Any
    kept: Rows = field(default_factory=lambda: np.empty(0, np.int64))

    @classmethod
    def of(cls, vectors: Vectors, threshold: float, order: Rows) -> "IndexedKept":
        import faiss

        cells, width = max(1, int(CELLS_A_ROOT * np.sqrt(len(order)))), vectors.shape[1]
        index = faiss.IndexIVFFlat(faiss.IndexFlatIP(width), width, cells, faiss.METRIC_INNER_PRODUCT)
        index.cp.seed, index.cp.min_points_per_centroid, index.nprobe = SEED, 1, PROBES
        index.train(vectors[order[:: max(1, len(order) // (cells * TRAINED_ON))]])
        return cls(vectors, threshold, index)

    def add(self, rows: Rows) -> None:
        self.kept = np.concatenate([self.kept, rows])
        self.index.add(self.vectors[rows])

    def near(self, rows: Rows) -> Iterator[tuple[Rows, Rows]]:
        for start in range(0, len(rows), ASKED_AT_ONCE):
            part = rows[start : start + ASKED_AT_ONCE]
            ends, _, found = self.index.range_search(self.vectors[part], self.threshold - SLACK)
            places = np.repeat(np.arange(len(part)), np.diff(ends.astype(np.int64)))
            order = np.lexsort((found, places))
            yield part[places[order]], self.kept[found[order]]


def kept_rows(vectors: Vectors, threshold: float, order: Rows) -> Kept:
    """Exact up to 200,000 rows, and above where faiss is not installed, which costs time and overlooks nothing."""
    if len(order) <= EXACT_UP_TO or not has_index():
        return ExactKept(vectors, threshold)
    return IndexedKept.of(vectors, threshold, order)


def has_index() -> bool:
    return find_spec("faiss") is not None
