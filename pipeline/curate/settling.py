"""From twins to verdicts: whose word counts where a row has several, and what goes where two contradict each other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.curate.groups import Rows

EXACT, NEAR, NEAR_CONFLICT = "exact", "near", "near_conflict"
REASONS = (None, EXACT, NEAR, NEAR_CONFLICT)
LEFT_OUT = (b"pairs_not_compared", b"rows_not_fully_compared")
"""Under which names the metadata of the verdicts say that a bound was met."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Entry i: `rows[i]`, which is in no other entry, repeats the kept row `twins[i]`."""

    rows: Rows
    twins: Rows
    exact: NDArray[np.bool_]
    similarities: NDArray[np.float64]
    contradicts: NDArray[np.bool_]
    left_out: tuple[int, int] = (0, 0)
    """(pairs at most that were not compared, rows concerned), where a row had more candidates than MOST_COMPARED."""

    def renamed(self, places: Rows) -> "Choices":
        """The same of rows that are called by other numbers."""
        return replace(self, rows=places[self.rows], twins=places[self.twins])


def merged(parts: Sequence[Choices], places: Rows) -> Choices:
    """What follows when rows were compared with the kept ones part by part; `places` are those in the order of visits.

    Exact twins count before others, twins that contradict before those that do not, then the most similar, then the
    first.
    """
    rows, twins, exact, similarities, contradicts = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("rows", "twins", "exact", "similarities", "contradicts")
    )
    order = np.lexsort((places[twins], -similarities, ~contradicts, ~exact, places[rows]))
    first = order[np.append(True, rows[order][1:] != rows[order][:-1])[: len(order)]]
    left_out = sum(part.left_out[0] for part in parts), sum(part.left_out[1] for part in parts)
    return Choices(rows[first], twins[first], exact[first], similarities[first], contradicts[first], left_out)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """For each row its reason (a place in REASONS), the row that is its twin, -1 for none, and how similar they are."""

    reasons: NDArray[np.int8]
    twins: Rows
    similarities: NDArray[np.float64]
    left_out: tuple[int, int] = (0, 0)
    """(pairs at most that were not compared, rows concerned), where a row had more candidates than MOST_COMPARED."""

    @classmethod
    def none(cls, count: int) -> "Verdicts":
        """All kept."""
        return cls(np.zeros(count, np.int8), np.full(count, -1), np.zeros(count))

    def only(self, rows: Rows, places: Rows) -> "Verdicts":
        """Those on some rows that have twins, which are called by other numbers."""
        return Verdicts(self.reasons[rows], places[self.twins[rows]], self.similarities[rows], self.left_out)

    def with_those(self, rows: Rows, found: "Verdicts") -> "Verdicts":
        """These with the others put in for `rows`, in the same arrays."""
        self.reasons[rows], self.twins[rows], self.similarities[rows] = found.reasons, found.twins, found.similarities
        return replace(self, left_out=(self.left_out[0] + found.left_out[0], self.left_out[1] + found.left_out[1]))

    def table(self, ids: pa.ChunkedArray) -> pa.Table:
        kept = self.reasons == 0
        names = pa.DictionaryArray.from_arrays(pa.array(self.reasons - 1, mask=kept), list(REASONS[1:]))
        found = {
            "id": ids,
            "reason": names.cast(pa.string()),
            "twin_id": ids.take(pa.array(self.twins, mask=kept)),
            "similarity": pa.array(self.similarities, mask=kept),
        }
        return pa.table(found).replace_schema_metadata(dict(zip(LEFT_OUT, map(str, self.left_out), strict=True)))


def left_out(found: pa.Table) -> dict[str, int]:
    """What the bounds left out of a table of verdicts, by name; zeros where none was met."""
    said = found.schema.metadata or {}
    return {name.decode(): int(said.get(name, 0)) for name in LEFT_OUT}


def settled(count: int, chosen: Choices, stays: NDArray[np.bool_]) -> Verdicts:
    """Sets aside every group in which there is a conflict, its kept row included, unless it stays whatever is found."""
    found = replace(Verdicts.none(count), left_out=chosen.left_out)
    rows, twins, similarities = chosen.rows, chosen.twins, chosen.similarities
    untrusted = np.zeros(count, bool)
    untrusted[twins[chosen.contradicts]] = True
    found.reasons[rows] = np.where(untrusted[twins], 3, np.where(chosen.exact, 1, 2))
    found.twins[rows], found.similarities[rows] = twins, similarities
    against = np.flatnonzero(chosen.contradicts & ~stays[twins])
    best = against[np.argsort(-similarities[against], kind="stable")][::-1]
    found.reasons[twins[best]], found.twins[twins[best]] = 3, rows[best]
    found.similarities[twins[best]] = similarities[best]
    return found
