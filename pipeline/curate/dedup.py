"""Exact and near-duplicates in a table of texts: which rows go, and which kept row each of them repeats.

The rows are visited by rank. A row that repeats a row kept so far goes, any other is kept. So what remains holds no
duplicates, every removed row has a kept twin at or above the threshold, and the order of the input decides nothing.

Candidates come from MinHash bands and are verified by exact Jaccard similarity, so nothing is removed by mistake; a
pair at the threshold is overlooked with a probability of at most 0.003 (`Bands.miss`), a closer pair more seldom.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.curate.groups import Buckets, Rows, buckets
from pipeline.curate.minhash import Bands, bands
from pipeline.curate.shingles import Shingling, column, require_texts
from pipeline.curate.twins import Comparison, Sketches, Twin
from pipeline.errors import InputError

NEAR_CONFLICT = "near_conflict"

Rank = Sequence[tuple[str, Literal["ascending", "descending"]]]
Conflict = Callable[[Mapping[str, Any], Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class DedupSettings:
    """Rows are near-duplicates when the Jaccard similarity of their shingles reaches the threshold."""

    threshold: float = 0.8
    shingle: str = "word:5"

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise InputError(f"threshold: {self.threshold} is outside (0, 1]; give for example 0.8")
        Shingling.parse(self.shingle)

    @property
    def bands(self) -> Bands:
        return bands(self.threshold)

    def sketches(self, texts: pa.ChunkedArray) -> Sketches:
        return Sketches.of(texts, Shingling.parse(self.shingle))


def find_duplicates(
    table: pa.Table,
    *,
    id: str,  # noqa: A002
    text: str,
    settings: DedupSettings,
    rank: Rank = (),
    conflict: Conflict | None = None,
    fixed: str | None = None,
) -> pa.Table:
    """One verdict for each row, in the order of the table: (id, reason, twin_id, similarity).

    `rank` holds sort keys, the best row first, nulls last; what is equal goes by the smallest id. The reason is null
    for a kept row, `exact` (equal after `normalise`, similarity 1) or `near`; the twin is the most similar kept row,
    among equals the best by rank. `fixed` names a boolean column: such rows come first and always stay, so that the
    others are compared with existing data too.

    `conflict(row, kept)` is asked, with all columns as dicts, about each row to be removed and each kept row that it
    repeats. Where it is true, two texts that are as good as equal do not agree (on their label, say) and neither can
    be trusted: the row, that kept row and all that were removed for it get the reason `near_conflict`. The twin is
    then the partner in conflict, or, for a row that has none of its own, the kept row. Fixed rows stay even then.

    Raises InputError for a missing column, a null text, and ids that are null or not unique.
    """
    require_texts(table, text)
    order, stays = visiting_order(table, id, rank, fixed)
    sketches = settings.sketches(table[text])
    found = buckets(*sketches.keys(settings.bands))
    sets = sketches.runs.sets(np.unique(found.rows))
    comparison = Comparison(table[text], sketches, sets, settings.threshold, np.argsort(order))
    twins = _visit(order, stays, found, comparison, _asker(table, conflict))
    return verdicts(table[id], _settle(twins, stays, comparison))


def visiting_order(table: pa.Table, key: str, rank: Rank, fixed: str | None) -> tuple[Rows, NDArray[np.bool_]]:
    """The rows in the order of their visits, and which of them stay whatever is found."""
    for name, _ in rank:
        column(table, name)
    require_ids(column(table, key), key)
    stays = np.array(column(table, fixed).to_pylist() if fixed else [False] * len(table), bool)
    order = pc.sort_indices(table, sort_keys=[*rank, (key, "ascending")]).to_numpy().astype(np.int64)
    return np.concatenate([order[stays[order]], order[~stays[order]]]), stays


def require_ids(ids: pa.ChunkedArray, name: str) -> None:
    if ids.null_count or len(ids.unique()) != len(ids):
        raise InputError(f"table: {name!r} has nulls or repeats; give each row an id of its own")


def verdicts(ids: pa.ChunkedArray, twins: Mapping[int, Twin]) -> pa.Table:
    """The table of verdicts from the twins of the rows that are not kept."""
    rows, reasons, similarities = (
        np.full(len(ids), -1),
        np.full(len(ids), None, object),
        np.zeros(len(ids)),
    )
    for row, twin in twins.items():
        rows[row], reasons[row], similarities[row] = twin.row, twin.reason, twin.similarity
    kept = rows < 0
    return pa.table(
        {
            "id": ids,
            "reason": pa.array(reasons, pa.string()),
            "twin_id": ids.take(pa.array(rows, mask=kept)),
            "similarity": pa.array(similarities, mask=kept),
        }
    )


def _asker(table: pa.Table, conflict: Conflict | None) -> Callable[[int, int], bool]:
    def values(row: int) -> dict[str, Any]:
        return {name: table[name][row].as_py() for name in table.column_names}

    return lambda row, kept: conflict is not None and conflict(values(row), values(kept))


def _visit(
    order: Rows, stays: NDArray[np.bool_], found: Buckets, comparison: Comparison, conflicts: Callable[[int, int], bool]
) -> dict[int, Twin]:
    """The twin of each row that repeats a row kept before it. Only rows that share a key with one are compared."""
    buckets_of: dict[int, list[int]] = {}
    for bucket, row in zip(found.numbers.tolist(), found.rows.tolist(), strict=True):
        buckets_of.setdefault(row, []).append(bucket)
    kept_in: dict[int, list[int]] = {}
    result: dict[int, Twin] = {}
    for row in (row for row in order.tolist() if row in buckets_of):
        candidates = set() if stays[row] else {kept for bucket in buckets_of[row] for kept in kept_in.get(bucket, ())}
        twins = comparison.twins(row, np.fromiter(candidates, np.int64)) if candidates else []
        if twins:
            conflicting = (replace(twin, conflicts=True) for twin in twins if conflicts(row, twin.row))
            result[row] = next(conflicting, twins[0])
            continue
        for bucket in buckets_of[row]:
            kept_in.setdefault(bucket, []).append(row)
    return result


def _settle(twins: Mapping[int, Twin], stays: NDArray[np.bool_], comparison: Comparison) -> dict[int, Twin]:
    """Sets aside every group in which there is a conflict, its kept row included."""
    partners: dict[int, list[Twin]] = {}
    for row, twin in twins.items():
        if twin.conflicts:
            partners.setdefault(twin.row, []).append(replace(twin, row=row))
    settled = {
        row: replace(twin, reason=NEAR_CONFLICT) if twin.row in partners else twin for row, twin in twins.items()
    }
    for kept, found in partners.items():
        if not stays[kept]:
            settled[kept] = replace(min(found, key=comparison.merit), reason=NEAR_CONFLICT)
    return settled
