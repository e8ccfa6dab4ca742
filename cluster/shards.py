"""Deduplication on a cluster: shards bring rows with a common key together, tasks judge each group of them.

    blocks of rows -> keys (tasks) -> shards (actors, each for its range of keys) -> components -> verdicts (tasks)

Rows that could repeat each other share keys, directly or in a chain, so they are one component. A component is judged
by the same pure function as a whole table, and what it finds does not depend on the other rows. So neither blocks, nor
shards, nor their number, nor the order in which anything arrives can change a verdict.
"""

import itertools
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import ray
from numpy.typing import NDArray

from cluster import giants
from cluster.apply import unwrapped
from cluster.giants import PLACE, judged_in_parts
from cluster.resources import spread
from pipeline.curate.dedup import Conflict, DedupSettings, Rank, choices, judge, require_columns, require_ids
from pipeline.curate.groups import Rows, batches, components
from pipeline.curate.progress import Watch, unwatched
from pipeline.curate.settling import Choices, Verdicts
from pipeline.curate.shingles import column, require_texts
from pipeline.curate.slices import Edges, Part, edges_of, parts_of, ranges_for, shards_for

BLOCK_ROWS, BLOCK_BYTES = 5_000, 1 << 26
"""The fewest rows of a block, where there are more, and how large it is at most."""
JUDGED_ROWS = 5_000
"""The fewest rows, where there are more, that are judged together, in whole components."""
TASKS_A_CORE = 4
"""Blocks, and groups of rows, for each processor: a task takes some hundredths of a second beside its work."""
ATTEMPTS = 20
"""How often in a row a shard may lose its memory, with its machine, before the run gives up."""

Ref = Any


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the rows: the arguments of `find_duplicates`."""

    id: str
    text: str
    settings: DedupSettings
    rank: Rank
    conflict: Conflict | None
    fixed: str | None

    def judged(self, table: pa.Table) -> Verdicts:
        return judge(
            table,
            id=self.id,
            text=self.text,
            settings=self.settings,
            rank=self.rank,
            conflict=self.conflict,
            fixed=self.fixed,
        )

    def chosen(self, table: pa.Table, order: Rows, roles: NDArray[np.uint8]) -> Choices:
        return choices(table, order, roles, text=self.text, settings=self.settings, conflict=self.conflict)

    def fixed_rows(self, table: pa.Table) -> NDArray[np.bool_]:
        return table[self.fixed].to_numpy().astype(bool) if self.fixed else np.zeros(len(table), bool)

    def order_columns(self) -> list[str]:
        """The columns that decide who is visited first."""
        return [self.id, *(name for name, _ in self.rank), *filter(None, [self.fixed])]

    def require(self, table: pa.Table) -> None:
        require_columns(table, self.id, self.rank, self.fixed)
        require_texts(table, self.text)

    def columns(self) -> list[str] | None:
        """The columns that the answer depends on; None for all."""
        if self.conflict is not None:
            return None
        return list(dict.fromkeys([self.text, *self.order_columns()]))


def dedup_on_ray(
    rows: "pa.Table | ray.data.Dataset",
    *,
    id: str,  # noqa: A002
    text: str,
    settings: DedupSettings,
    rank: Rank = (),
    conflict: Conflict | None = None,
    fixed: str | None = None,
    shards: int = 2,
    block_rows: int | None = None,
    watch: Watch = unwatched,
) -> pa.Table:
    """The same table as `find_duplicates` gives, row for row (for a dataset: in the order of its blocks).

    One processor in the whole cluster is enough. Raises what `find_duplicates` raises.
    """
    question = Question(id, text, settings, rank, conflict, fixed)
    with unwrapped():
        refs, ids = _blocks(rows, question, block_rows)
        starts = np.cumsum([0, *map(len, ids)])
        every = pa.chunked_array([chunk for one in ids for chunk in one.chunks], ids[0].type if ids else pa.null())
        require_ids(every, id)
        edges = _edges(_spread(refs, starts, question, shards), starts, question, watch)
        roots = components(len(every), *edges)
        return _judge(refs, starts, roots, question, watch).table(every)


def _blocks(
    rows: "pa.Table | ray.data.Dataset", question: Question, block_rows: int | None
) -> tuple[list[Ref], list[pa.ChunkedArray]]:
    """The blocks that are not empty, and the ids in each."""
    if not isinstance(rows, pa.Table):
        refs = rows.to_arrow_refs()
        ids = ray.get([_ids.remote(ref, question.id) for ref in refs])
        return [ref for ref, own in zip(refs, ids, strict=True) if len(own)], [own for own in ids if len(own)]
    question.require(rows)
    table = rows.select(question.columns() or rows.column_names)
    blocks = max(min(_tasks(), -(-len(table) // BLOCK_ROWS)), -(-table.nbytes // BLOCK_BYTES), 1)
    size = block_rows or -(-len(table) // blocks) or 1
    pieces = [table.slice(start, size) for start in range(0, max(len(table), 1), size)]
    return [ray.put(piece) for piece in pieces], [piece[question.id] for piece in pieces]


def _tasks() -> int:
    return TASKS_A_CORE * max(int(ray.cluster_resources().get("CPU", 1)), 1)


@ray.remote
def _ids(table: pa.Table, name: str) -> pa.ChunkedArray:
    return column(table, name)


def _spread(refs: list[Ref], starts: Rows, question: Question, asked: int) -> list[list[Ref]]:
    """For each shard its part of every block."""
    rows, bands = int(starts[-1]), question.settings.bands.count
    shards = shards_for(rows, bands, asked)
    task = _keys.options(num_returns=shards)
    answers = [task.remote(ref, question, shards, ranges_for(rows, bands, shards)) for ref in refs]
    return [[one[shard] if shards > 1 else one for one in answers] for shard in range(shards)]


@ray.remote
def _keys(table: pa.Table, question: Question, shards: int, ranges: int) -> Any:
    question.require(table)
    parts = parts_of(question.settings.sketches(table[question.text]), shards, ranges)
    return parts if shards > 1 else parts[0]


@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)
class Shard:
    """Holds the keys of some ranges with their rows, and nothing else.

    A shard that had to be restarted has forgotten its parts: it says which are missing, and is given them again. A part
    that comes twice counts once.
    """

    def __init__(self, starts: Rows, ranges: int) -> None:
        self._starts, self._ranges = starts, ranges
        self._parts: dict[int, Part] = {}

    def insert(self, number: int, part: Part) -> None:
        self._parts[number] = part

    def joined(self) -> tuple[list[int], Edges | None]:
        """(the parts that are missing, edges that join rows with a common key once none is)."""
        missing = [number for number in range(len(self._starts) - 1) if number not in self._parts]
        if missing:
            return missing, None
        parts = ((int(self._starts[number]), part) for number, part in self._parts.items())
        return [], edges_of(int(self._starts[-1]), parts, self._ranges)


def _edges(parts: list[list[Ref]], starts: Rows, question: Question, watch: Watch) -> Edges:
    """Sends each shard its parts; the edges of all of them."""
    ranges = ranges_for(int(starts[-1]), question.settings.bands.count, len(parts))
    actors = [Shard.options(**place).remote(starts, ranges) for place in spread(len(parts))]
    try:
        sent = [[actor.insert.remote(*one) for one in enumerate(own)] for actor, own in zip(actors, parts, strict=True)]
        _await([ref for refs in zip(*sent, strict=True) for ref in refs], "keys", watch)
        edges = joined(actors, parts, watch)
    finally:
        for actor in actors:
            ray.kill(actor)
    return np.concatenate([left for left, _ in edges]), np.concatenate([right for _, right in edges])


def _await(refs: list[Ref], step: str, watch: Watch) -> None:
    """Waits until all are there, and says how many are. Raises what one of them raised."""
    left = refs
    while left:
        done, left = ray.wait(left, num_returns=min(len(left), max(len(refs) // 50, 1)), fetch_local=False)
        ray.get(done)
        watch(step, len(refs) - len(left), len(refs))


def joined(actors: list[Any], parts: list[list[Ref]], watch: Watch = unwatched) -> list[Edges]:
    """The edges of each shard once it holds all its parts, again if need be."""
    found: dict[int, Edges] = {}
    for _ in range(ATTEMPTS):
        waiting = [shard for shard in range(len(actors)) if shard not in found]
        answers = [actors[shard].joined.remote() for shard in waiting]
        watch("components", len(found), len(actors))
        for shard, answer in zip(waiting, answers, strict=True):
            missing, edges = ray.get(answer)
            if edges is not None:
                found[shard] = edges
            ray.get([actors[shard].insert.remote(number, parts[shard][number]) for number in missing])
        watch("components", len(found), len(actors))
        if len(found) == len(actors):
            return [found[shard] for shard in range(len(actors))]
    raise RuntimeError(f"a shard of the deduplication was lost {ATTEMPTS} times in a row; see the logs of the cluster")


def _judge(refs: list[Ref], starts: Rows, roots: NDArray[np.int32], question: Question, watch: Watch) -> Verdicts:
    """The verdicts on all rows; only rows that have candidates are moved at all."""
    found = Verdicts.none(len(roots))
    groups = batches(roots, JUDGED_ROWS, _tasks(), giants.PART_ROWS)
    cut = partial(_cuts, refs, starts, question)
    small = [rows for rows in groups if len(rows) <= 2 * giants.PART_ROWS]
    answers = [_verdicts.remote(question, *pieces) for pieces in cut(small)]
    _await(answers, "groups", watch)
    for rows, own in map(ray.get, answers):
        found = found.with_those(rows, own)
    for rows in groups:
        if len(rows) > 2 * giants.PART_ROWS:
            found = found.with_those(*judged_in_parts(question, rows, cut))
    return found


def _cuts(refs: list[Ref], starts: Rows, question: Question, groups: list[Rows]) -> list[list[Ref]]:
    """For each group of rows the pieces of blocks that they lie in."""
    if not groups:
        return []
    of_row = np.full(int(starts[-1]), -1, np.int32)
    for number, group in enumerate(groups):
        of_row[group] = number
    task = _cut.options(num_returns=len(groups))
    cuts = [
        task.remote(ref, int(first), of_row[first:last], len(groups), question)
        for ref, first, last in zip(refs, starts[:-1], starts[1:], strict=True)
        if of_row[first:last].max() >= 0
    ]
    return [list(pieces) for pieces in zip(*cuts, strict=True)] if len(groups) > 1 else [cuts]


@ray.remote
def _cut(table: pa.Table, start: int, groups: Any, count: int, question: Question) -> Any:
    """The rows of each group, with their places among all rows."""
    rows = np.argsort(groups, kind="stable")
    ends = np.searchsorted(groups[rows], np.arange(count + 1))
    table = table.select(question.columns() or table.column_names)
    pieces = [
        table.take(rows[first:last]).append_column(PLACE, pa.array(rows[first:last] + start))
        for first, last in itertools.pairwise(ends)
    ]
    return pieces if count > 1 else pieces[0]


@ray.remote
def _verdicts(question: Question, *cuts: pa.Table) -> tuple[Rows, Verdicts]:
    """The rows that are not kept, by their places among all rows, and what is found of each."""
    table = pa.concat_tables([cut for cut in cuts if len(cut)])
    places = table[PLACE].to_numpy()
    found = question.judged(table.drop_columns([PLACE]))
    rows = np.flatnonzero(found.reasons)
    return places[rows], found.only(rows, places)
