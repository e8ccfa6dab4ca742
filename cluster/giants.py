"""Components too large for one task, judged in parts: each part of the visits against all that was kept before it.

    rows in the order of their visits -> parts -> against each set of kept rows (tasks) -> within the part -> kept rows

No task holds more than two parts, whatever the size of the component, and what comes out is what one visit of the whole
would give: a row is compared with everything kept before it, part by part.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import ray

from pipeline.curate.dedup import visiting_order
from pipeline.curate.groups import Rows
from pipeline.curate.settling import Choices, Verdicts, merged, settled
from pipeline.curate.visits import GOES, STAYS

if TYPE_CHECKING:
    from cluster.shards import Question

PART_ROWS = 100_000
"""Rows that are visited at a time; a component of twice as many is judged in parts."""
PLACE = "row of all"
"""The column in which a row that was moved carries its number among all rows."""

Ref = Any
Cut = Callable[[list[Rows]], list[list[Ref]]]


def judged_in_parts(question: "Question", component: Rows, cut: Cut) -> tuple[Rows, Verdicts]:
    """The rows of the component that are not kept, and what is found of each.

    `cut` gives for each of some groups of rows the pieces that they lie in.
    """
    order, stays = _order(question, cut([component])[0])
    chunks = [order[start : start + PART_ROWS] for start in range(0, len(order), PART_ROWS)]
    kept: list[tuple[Ref, int]] = []
    found: list[Choices] = []
    for chunk, pieces in zip(chunks, cut(chunks), strict=True):
        part = _gathered.remote(question, *pieces)
        outside: list[Choices] = ray.get([_against.remote(question, one, part) for one, _ in kept])
        gone = np.unique(np.concatenate([np.empty(0, np.int64), *(one.rows for one in outside)]))
        refs: Any = _within.remote(question, part, gone)
        own, left = ray.get(refs[0]), refs[1]
        found += [*outside, own]
        _add(kept, left, len(chunk) - len(np.union1d(gone, own.rows)))
    return _settled(component, stays, _merged(found, order))


def _order(question: "Question", pieces: list[Ref]) -> tuple[Rows, Rows]:
    """The rows in the order of their visits, and those of them that stay whatever is found."""
    keys = pa.concat_tables(ray.get([_keys_of_order.remote(question, piece) for piece in pieces]))
    order, stays = visiting_order(keys, question.id, question.rank, question.fixed)
    places = keys[PLACE].to_numpy()
    return places[order], places[stays]


@ray.remote
def _keys_of_order(question: "Question", piece: pa.Table) -> pa.Table:
    return piece.select(list(dict.fromkeys([*question.order_columns(), PLACE])))


def _add(kept: list[tuple[Ref, int]], rows: Ref, count: int) -> None:
    """Puts more kept rows aside, with those before them while both are no more than a part."""
    if kept and kept[-1][1] + count <= PART_ROWS:
        before, had = kept.pop()
        kept.append((_together.remote(before, rows), had + count))
    elif count:
        kept.append((rows, count))


@ray.remote
def _together(*tables: pa.Table) -> pa.Table:
    return pa.concat_tables(tables).combine_chunks()


@ray.remote
def _gathered(question: "Question", *pieces: pa.Table) -> pa.Table:
    """The rows of a part, in the order of their visits."""
    table = pa.concat_tables(pieces)
    return table.take(visiting_order(table, question.id, question.rank, question.fixed)[0])


def _choices(question: "Question", table: pa.Table, roles: Any) -> Choices:
    """What the visit of the table finds, in its order; rows by their numbers among all."""
    found = question.chosen(table.drop_columns([PLACE]), np.arange(len(table)), roles)
    return found.renamed(table[PLACE].to_numpy())


@ray.remote
def _against(question: "Question", kept: pa.Table, part: pa.Table) -> Choices:
    """Which rows of a part repeat kept ones; the part's own are not compared with each other."""
    roles = np.append(np.full(len(kept), STAYS), np.where(question.fixed_rows(part), STAYS, GOES))
    return _choices(question, pa.concat_tables([kept, part]), roles.astype(np.uint8))


@ray.remote(num_returns=2)
def _within(question: "Question", part: pa.Table, gone: Rows) -> tuple[Choices, pa.Table]:
    """Which rows of a part repeat others of it, and the rows that are kept; those gone before are kept no more."""
    places = part[PLACE].to_numpy()
    roles = np.where(question.fixed_rows(part), STAYS, np.where(np.isin(places, gone), GOES, 0))
    found = _choices(question, part, roles.astype(np.uint8))
    return found, part.filter(~np.isin(places, np.union1d(gone, found.rows)))


def _merged(found: list[Choices], order: Rows) -> Choices:
    places = np.empty(int(order.max()) + 1, np.int64)
    places[order] = np.arange(len(order))
    return merged(found, places)


def _settled(component: Rows, stays: Rows, chosen: Choices) -> tuple[Rows, Verdicts]:
    """Verdicts on the component's rows, by their numbers in it, and then by those among all."""
    own = np.sort(component)
    numbers = Choices(
        np.searchsorted(own, chosen.rows),
        np.searchsorted(own, chosen.twins),
        chosen.exact,
        chosen.similarities,
        chosen.contradicts,
        chosen.left_out,
    )
    found = settled(len(own), numbers, np.isin(own, stays))
    rows = np.flatnonzero(found.reasons)
    return own[rows], found.only(rows, own)
