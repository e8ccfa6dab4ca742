"""Semantic duplicates: rows that mean the same in other words, by the cosine of their embeddings.

The tier comes after the exact and near-duplicates and keeps their rule: rows are visited by rank, one that comes near a
row kept so far goes, any other stays. So what remains holds no pair at or above the cosine, and every removed row names
a kept one.

A row that was removed earlier can lose its twin here. Such a row is compared anew with all that is kept, by its words
and then by its embedding, and comes back if it repeats none of them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.curate.dedup import Conflict, Rank, visiting_order
from pipeline.embedding.neighbours import SLACK, Kept, Rows, Values, cosines, kept_rows
from pipeline.embedding.vectors import Vectors
from pipeline.errors import InputError

SEMANTIC, NEAR_CONFLICT = "semantic", "near_conflict"
BLOCK = 512
"""Rows that are compared with the kept ones together; the result does not depend on it."""

Lexical = Callable[[pa.Table], pa.Table]
"""The verdicts of the tiers before on a table that has the column `stays`."""
Embed = Callable[[pa.ChunkedArray], Vectors]
Asker = Callable[[int, int], bool]
STAYS = "stays"


@dataclass(frozen=True, slots=True)
class Twin:
    """A kept row and how similar it is; `conflicts` when the two do not agree on what is not text."""

    row: int
    reason: str
    similarity: float
    conflicts: bool = False


def find_semantic(
    table: pa.Table,
    lexical: Lexical,
    embed: Embed,
    *,
    id: str,  # noqa: A002
    text: str,
    cosine: float = 0.92,
    rank: Rank = (),
    conflict: Conflict | None = None,
    fixed: str | None = None,
) -> pa.Table:
    """The verdicts of `find_duplicates`, with the reason `semantic` beside `exact` and `near`, of all three tiers.

    `embed` is given the texts that are still kept, and later those that come back; rows in conflict are set aside as
    `near_conflict`, with all that were removed for them in any tier. Raises InputError for a cosine outside (0, 1].
    """
    require_cosine(cosine)
    order, stays = visiting_order(table, id, rank, fixed)
    state = _State(table, id, text, stays, order, cosine, _asker(table, conflict))
    first = lexical(_with_stays(table, stays))
    state.take(first, np.arange(len(table)))
    waiting = state.kept()
    while len(waiting):
        state.compare(waiting, embed)
        orphans = state.orphans()
        if not len(orphans):
            break
        standing = state.standing
        both = np.sort(np.concatenate([standing, orphans]))
        state.take(lexical(_with_stays(table.take(both), np.isin(both, standing))), both)
        waiting = np.array([row for row in orphans.tolist() if row not in state.twins], np.int64)
    return _verdicts(table[id], state.settled()).replace_schema_metadata(first.schema.metadata)


def _verdicts(ids: pa.ChunkedArray, twins: Mapping[int, Twin]) -> pa.Table:
    found = [twins.get(row) for row in range(len(ids))]
    rows = pa.array([twin.row if twin else None for twin in found], pa.int64())
    return pa.table(
        {
            "id": ids,
            "reason": pa.array([twin.reason if twin else None for twin in found], pa.string()),
            "twin_id": ids.take(rows),
            "similarity": pa.array([twin.similarity if twin else None for twin in found], pa.float64()),
        }
    )


def require_cosine(cosine: float, where: str = "--embed-threshold") -> None:
    if not 0 < cosine <= 1:
        raise InputError(f"{where}: {cosine} is outside (0, 1]; give for example 0.92")


def _with_stays(table: pa.Table, stays: NDArray[np.bool_]) -> pa.Table:
    bare = table.drop_columns([STAYS]) if STAYS in table.column_names else table
    return bare.append_column(STAYS, pa.array(stays))


def _asker(table: pa.Table, conflict: Conflict | None) -> Asker | None:
    def values(row: int) -> dict[str, Any]:
        return {name: table[name][row].as_py() for name in table.column_names}

    return None if conflict is None else lambda row, kept: conflict(values(row), values(kept))


@dataclass(slots=True)
class _State:
    """What is known of the rows so far: the twin of each that goes, and the vectors of those that were embedded."""

    table: pa.Table
    id: str
    text: str
    stays: NDArray[np.bool_]
    order: Rows
    cosine: float
    asks: Asker | None
    twins: dict[int, Twin] = field(default_factory=dict)
    vectors: Vectors = field(default_factory=lambda: np.empty((0, 0), np.float32))
    standing: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    """Rows that the comparison kept, in the order in which it did."""

    def kept(self) -> Rows:
        """In the order of visits."""
        return np.array([row for row in self.order.tolist() if row not in self.twins], np.int64)

    def take(self, found: pa.Table, rows: Rows) -> None:
        """Verdicts of the tiers before on some rows. A conflict with a row that was kept is settled at the end."""
        places = {key: row for row, key in enumerate(self.table[self.id].to_pylist())}
        standing = set(self.standing.tolist())
        for row, each in zip(rows.tolist(), found.to_pylist(), strict=True):
            if each["reason"] is not None and row not in standing:
                twin = places[each["twin_id"]]
                conflicts = each["reason"] == NEAR_CONFLICT and twin in standing
                self.twins[row] = Twin(twin, each["reason"], each["similarity"], conflicts)

    def compare(self, rows: Rows, embed: Embed) -> None:
        """Keeps or removes rows, in the order of their visits."""
        found = embed(self.table[self.text].take(pa.array(rows)))
        if not len(self.vectors):
            self.vectors = np.zeros((len(self.table), found.shape[1]), np.float32)
        self.vectors[rows] = found
        kept = kept_rows(self.vectors, self.cosine, np.concatenate([self.standing, rows]))
        kept.add(np.concatenate([self.standing, rows[self.stays[rows]]]))
        twins = dict(_greedy(rows[~self.stays[rows]], kept, self.vectors, self.cosine, self.asks))
        self.twins |= twins
        more = [row for row in rows.tolist() if row not in twins]
        self.standing = np.concatenate([self.standing, np.array(more, np.int64)])

    def orphans(self) -> Rows:
        """Rows whose twin was removed since; they are without a verdict from now on."""
        lost = [
            row
            for row, twin in self.twins.items()
            if twin.reason != NEAR_CONFLICT and twin.row in self.twins and self.twins[twin.row].reason == SEMANTIC
        ]
        for row in lost:
            del self.twins[row]
        wanted = set(lost)
        return np.array([row for row in self.order.tolist() if row in wanted], np.int64)

    def settled(self) -> dict[int, Twin]:
        """Sets aside every group in which there is a conflict, its kept row included, unless that stays."""
        partners: dict[int, list[tuple[float, int]]] = {}
        for row, twin in self.twins.items():
            if twin.conflicts:
                partners.setdefault(twin.row, []).append((-twin.similarity, row))
        result = {
            row: replace(twin, reason=NEAR_CONFLICT) if twin.row in partners else twin
            for row, twin in self.twins.items()
        }
        for kept, found in partners.items():
            if not self.stays[kept]:
                similarity, row = min(found)
                result[kept] = Twin(row, NEAR_CONFLICT, -similarity)
        return result


def _greedy(rows: Rows, kept: Kept, vectors: Vectors, cosine: float, asks: Asker | None) -> Iterator[tuple[int, Twin]]:
    """The twin of each row that comes near one kept before it, the nearest, or the nearest in conflict."""
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        best = _best(block, kept, vectors, cosine, asks)
        inside = _inside(block, vectors, cosine)
        for place, row in enumerate(block.tolist()):
            for other, similarity in inside.get(place, ()):
                if other not in best:
                    _better(best, row, Twin(other, SEMANTIC, similarity), asks)
            if row in best:
                yield row, best[row]
        kept.add(np.array([row for row in block.tolist() if row not in best], np.int64))


def _best(block: Rows, kept: Kept, vectors: Vectors, cosine: float, asks: Asker | None) -> dict[int, Twin]:
    best: dict[int, Twin] = {}
    for mine, theirs in kept.near(block):
        for row, other, similarity in _pairs(mine, theirs, vectors, cosine):
            _better(best, row, Twin(other, SEMANTIC, similarity), asks)
    return best


def _better(best: dict[int, Twin], row: int, twin: Twin, asks: Asker | None) -> None:
    """Takes the twin if it is the first, in conflict where none was, or nearer; kept rows come by rank, so on a tie the
    better one stands already.
    """
    before = best.get(row)
    twin = replace(twin, conflicts=asks(row, twin.row)) if asks else twin
    if before is None or (twin.conflicts, twin.similarity) > (before.conflicts, before.similarity):
        best[row] = twin


def _inside(block: Rows, vectors: Vectors, cosine: float) -> Mapping[int, list[tuple[int, float]]]:
    """For each place in the block the earlier rows of the block that are near it."""
    left, right = np.nonzero(np.tril(vectors[block] @ vectors[block].T >= cosine - SLACK, -1))
    exact: Values = cosines(vectors[block[left]], vectors[block[right]])
    found: dict[int, list[tuple[int, float]]] = {}
    for place, other, value in zip(left.tolist(), block[right].tolist(), exact.tolist(), strict=True):
        if value >= cosine:
            found.setdefault(place, []).append((other, value))
    return found


def _pairs(mine: Rows, theirs: Rows, vectors: Vectors, cosine: float) -> Iterator[tuple[int, int, float]]:
    exact = cosines(vectors[mine], vectors[theirs])
    enough = exact >= cosine
    yield from zip(mine[enough].tolist(), theirs[enough].tolist(), exact[enough].tolist(), strict=True)
