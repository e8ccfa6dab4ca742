"""95 % intervals by resampling documents: what the figure would have been on another set like this one.

The percentile bootstrap (Efron & Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13) over whole documents
(the cluster bootstrap; Field & Welsh, Bootstrapping clustered data, JRSS B 69, 2007), because items of one document are
no independent evidence. The seed is fixed, so the same data give the same interval, and two students measured on the
same documents are resampled together: their differences are paired.

*Draws* are arrays whose row 0 is the statistic on the data as they are, and whose other rows are one resample each;
NaN where it is undefined.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

RESAMPLES = 2_000
SEED = 1993
"""Of every interval in seedwright; another seed moves an end by one to three hundredths of its width."""
FEW = 10
"""With fewer documents the ends are too near: they are shown, and flagged."""
TAIL = 0.025
CELLS_AT_ONCE = 2_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure, its 95 % interval, the observations behind it, and the resamples left out as undefined there."""

    value: float
    low: float
    high: float
    n: int
    left_out: int = 0

    def as_dict(self) -> dict[str, float | int]:
        """`left_out` is told where it is not 0."""
        known: dict[str, float | int] = {"value": self.value, "low": self.low, "high": self.high, "n": self.n}
        return known | ({"left_out": self.left_out} if self.left_out else {})


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Resamples of documents, the same for everything that is asked of one set."""

    documents: Integers
    """[items]: the number of each item's document, from 0 on without gaps."""
    resamples: int = RESAMPLES
    seed: int = SEED

    @property
    def count(self) -> int:
        return int(self.documents.max()) + 1

    def weights(self) -> Iterator[Floats]:
        """[some resamples, documents]: how often each document was drawn. The very first row is all ones, the data.

        Drawn anew at each call, always the same, so that no more than a chunk is ever in memory.
        """
        yield np.ones((1, self.count))
        generator = np.random.Generator(np.random.PCG64(self.seed))
        chunk = max(1, CELLS_AT_ONCE // len(self.documents))
        for start in range(0, self.resamples, chunk):
            rows = min(chunk, self.resamples - start)
            drawn = generator.integers(self.count, size=(rows, self.count)) + self.count * np.arange(rows)[:, None]
            times = np.bincount(drawn.ravel(), minlength=rows * self.count)
            yield times.reshape(rows, self.count).astype(np.float64)

    def by_document(self, counts: npt.NDArray[np.generic]) -> Floats:
        """[documents, columns]: the sums of counts [items, columns]."""
        sums = np.zeros((self.count, counts.shape[1]))
        np.add.at(sums, self.documents, counts)
        return sums

    def sums(self, counts: npt.NDArray[np.generic]) -> Floats:
        """Draws [1 + resamples, columns] of the sums of counts [items, columns]; exact, as counts are whole."""
        sums = self.by_document(counts)
        return np.concatenate([rows @ sums for rows in self.weights()])

    def quantiles(self, values: Floats, levels: tuple[float, ...]) -> Floats:
        """Draws [1 + resamples, levels] of the quantiles of values [items], interpolated as numpy does; NaN is none."""
        known = np.flatnonzero(~np.isnan(values))
        order = known[np.argsort(values[known], kind="stable")]
        if not order.size:
            return np.full((self.resamples + 1, len(levels)), np.nan)
        ascending, documents = values[order], self.documents[order]
        ranks = (np.cumsum(rows[:, documents], axis=1) for rows in self.weights())
        return np.concatenate([_quantiles(ascending, rank, levels) for rank in ranks])


def _quantiles(ascending: Floats, ranks: Floats, levels: tuple[float, ...]) -> Floats:
    """ranks [resamples, values]: how many drawn values are up to this one."""
    drawn = ranks[:, -1]
    found = np.full((len(ranks), len(levels)), np.nan)
    for column, level in enumerate(levels):
        at = level * np.maximum(drawn - 1, 0)
        below, above = (
            ascending[np.minimum((ranks <= place[:, None]).sum(axis=1), len(ascending) - 1)]
            for place in (np.floor(at), np.ceil(at))
        )
        found[:, column] = np.where(drawn > 0, below + (above - below) * (at - np.floor(at)), np.nan)
    return found


def ratio(part: Floats, whole: Floats) -> Floats:
    """Undefined, NaN, where the whole is 0."""
    found: Floats = np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)
    return found


def mean_of_defined(draws: Floats) -> Floats:
    """[draws]: the mean over the columns that are defined on the data; in a resample, over those defined there too."""
    columns = draws[:, ~np.isnan(draws[0])]
    defined = ~np.isnan(columns)
    return ratio(np.where(defined, columns, 0).sum(axis=1), defined.sum(axis=1).astype(np.float64))


def interval(draws: Floats, n: int) -> Interval | None:
    """Of draws [1 + resamples]; None where the statistic is undefined on the data."""
    defined = draws[1:][~np.isnan(draws[1:])]
    if np.isnan(draws[0]) or not defined.size:
        return None
    low, high = np.quantile(defined, [TAIL, 1 - TAIL]).tolist()
    return Interval(float(draws[0]), low, high, n, len(draws) - 1 - defined.size)


def share_interval(draws: Floats, n: int, documents: int) -> Interval | None:
    """The same for what lies between 0 and 1 and rests on so many documents.

    At 0 or 1 every resample says the same, as if nothing else were possible. There the open end is the exact one for
    `documents` without a single exception (Clopper & Pearson 1934): no malformed reply in 80 documents is 0 to 0.045.
    """
    found = interval(draws, n)
    if found is None or found.value not in (0, 1):
        return found
    all_alike = TAIL ** (1 / documents)
    low, high = (all_alike, 1.0) if found.value else (0.0, 1 - all_alike)
    return Interval(found.value, low, high, n, found.left_out)
