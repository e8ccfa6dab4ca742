"""Exact and near-duplicates in a table of texts: which rows go, and which kept row each of them repeats.

The rows are visited by rank. A row that repeats a row kept so far goes, any other is kept. So what remains holds no
duplicates, every removed row has a kept twin at or above the threshold, and the order of the input decides nothing.

Candidates come from MinHash bands and are verified by exact Jaccard similarity, so nothing is removed by mistake; a
pair at the threshold is overlooked with a probability of at most 0.003 (`Bands.miss`), a closer pair more seldom.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.curate.groups import Rows
from pipeline.curate.minhash import Bands, bands
from pipeline.curate.progress import Watch, unwatched
from pipeline.curate.settling import Choices, Verdicts, settled
from pipeline.curate.shingles import Shingling, column, require_texts
from pipeline.curate.twins import MOST_PARTNERS, Pairs, Sketches, find_pairs
from pipeline.errors import InputError

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
        return Sketches.of(texts, Shingling.parse(self.shingle), self.bands)

    def pairs(
        self,
        texts: pa.ChunkedArray,
        order: Rows,
        roles: NDArray[np.uint8],
        partners: int = 1,
        watch: Watch = unwatched,
    ) -> Pairs:
        shingling = Shingling.parse(self.shingle)
        return find_pairs(
            texts,
            order,
            roles,
            threshold=self.threshold,
            shingling=shingling,
            bands=self.bands,
            partners=partners,
            watch=watch,
        )


def find_duplicates(
    table: pa.Table,
    *,
    id: str,  # noqa: A002
    text: str,
    settings: DedupSettings,
    rank: Rank = (),
    conflict: Conflict | None = None,
    fixed: str | None = None,
    watch: Watch = unwatched,
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
    found = judge(table, id=id, text=text, settings=settings, rank=rank, conflict=conflict, fixed=fixed, watch=watch)
    return found.table(table[id])


def judge(
    table: pa.Table,
    *,
    id: str,  # noqa: A002
    text: str,
    settings: DedupSettings,
    rank: Rank = (),
    conflict: Conflict | None = None,
    fixed: str | None = None,
    watch: Watch = unwatched,
) -> Verdicts:
    """What `find_duplicates` finds, by numbers of rows."""
    order, stays = visiting_order(table, id, rank, fixed)
    chosen = choices(table, order, stays.astype(np.uint8), text=text, settings=settings, conflict=conflict, watch=watch)
    return settled(len(table), chosen, stays)


def choices(
    table: pa.Table,
    order: Rows,
    roles: NDArray[np.uint8],
    *,
    text: str,
    settings: DedupSettings,
    conflict: Conflict | None,
    watch: Watch = unwatched,
) -> Choices:
    """For each row that repeats a kept one its twin, when the rows are visited in that order and those roles."""
    pairs = settings.pairs(table[text], order, roles, 1 if conflict is None else MOST_PARTNERS, watch)
    chosen, contradicts = pairs.firsts, np.zeros(len(pairs.firsts), bool)
    if conflict is not None:
        chosen, contradicts = _asked(table, pairs, conflict)
    return Choices(
        pairs.rows[chosen],
        pairs.twins[chosen],
        pairs.exact[chosen],
        pairs.similarities[chosen],
        contradicts,
        (pairs.left_out, pairs.bounded),
    )


def visiting_order(table: pa.Table, key: str, rank: Rank, fixed: str | None) -> tuple[Rows, NDArray[np.bool_]]:
    """The rows in the order of their visits, and which of them stay whatever is found."""
    require_columns(table, key, rank, fixed)
    require_ids(table[key], key)
    stays = np.array(table[fixed].to_numpy(), bool) if fixed else np.zeros(len(table), bool)
    order = pc.sort_indices(table, sort_keys=[*rank, (key, "ascending")]).to_numpy().astype(np.int64)
    return np.concatenate([order[stays[order]], order[~stays[order]]]), stays


def require_columns(table: pa.Table, key: str, rank: Rank, fixed: str | None) -> None:
    for name in [*(name for name, _ in rank), key, *([fixed] if fixed else [])]:
        column(table, name)


def require_ids(ids: pa.ChunkedArray, name: str) -> None:
    if ids.null_count or len(ids.unique()) != len(ids):
        raise InputError(f"table: {name!r} has nulls or repeats; give each row an id of its own")


def _asked(table: pa.Table, pairs: Pairs, conflict: Conflict) -> tuple[Rows, NDArray[np.bool_]]:
    """(entries, contradicts): for each row its best twin that contradicts it, or else its best twin."""

    def values(row: int) -> dict[str, Any]:
        return {name: table[name][row].as_py() for name in table.column_names}

    firsts = pairs.firsts
    chosen, contradicts = firsts.copy(), np.zeros(len(firsts), bool)
    ends = np.append(firsts, len(pairs.rows))
    for number, (first, last) in enumerate(itertools.pairwise(ends.tolist())):
        row = values(int(pairs.rows[first]))
        for entry in range(first, last):
            if conflict(row, values(int(pairs.twins[entry]))):
                chosen[number], contradicts[number] = entry, True
                break
    return chosen, contradicts
