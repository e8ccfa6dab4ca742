"""Deduplication on a cluster: shards bring rows with a common key together, tasks judge each group of them.

    blocks of rows -> keys (tasks) -> shards (actors, each for its range of keys) -> components -> verdicts (tasks)

Rows that could repeat each other share keys, directly or in a chain, so they are one component. A component is judged
by the same pure function as a whole table, and what it finds does not depend on the other rows. So neither blocks, nor
shards, nor their number, nor the order in which anything arrives can change a verdict.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import ray

from cluster.apply import unwrapped
from pipeline.curate.dedup import Conflict, DedupSettings, Rank, find_duplicates, require_ids, verdicts, visiting_order
from pipeline.curate.groups import Rows, batches, buckets, chains, components
from pipeline.curate.shingles import Hashes, require_texts

BLOCK_ROWS = 5_000
JUDGED_ROWS = 5_000
ATTEMPTS = 20
"""How often in a row a shard may lose its memory, with its machine, before the run gives up."""

Ref = Any
Part = tuple[Hashes, Rows]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the rows: the arguments of `find_duplicates`."""

    id: str
    text: str
    settings: DedupSettings
    rank: Rank
    conflict: Conflict | None
    fixed: str | None

    def verdicts(self, table: pa.Table) -> pa.Table:
        return find_duplicates(
            table,
            id=self.id,
            text=self.text,
            settings=self.settings,
            rank=self.rank,
            conflict=self.conflict,
            fixed=self.fixed,
        )

    def columns(self) -> list[str] | None:
        """The columns that the answer depends on; None for all."""
        if self.conflict is not None:
            return None
        return list(dict.fromkeys([self.id, self.text, *(name for name, _ in self.rank), *filter(None, [self.fixed])]))


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
    block_rows: int = BLOCK_ROWS,
) -> pa.Table:
    """The same table as `find_duplicates` gives, row for row (for a dataset: in the order of its blocks).

    One processor in the whole cluster is enough. Raises what `find_duplicates` raises.
    """
    question = Question(id, text, settings, rank, conflict, fixed)
    with unwrapped():
        refs, sizes = _blocks(rows, question, block_rows)
        starts = np.cumsum([0, *sizes])
        ids, parts = _spread(refs, starts, question, shards)
        require_ids(ids, id)
        groups = batches(components(len(ids), *_edges(parts)), JUDGED_ROWS)
        return _collect(ids, groups, _judge(refs, starts, groups, question))


def _blocks(rows: "pa.Table | ray.data.Dataset", question: Question, block_rows: int) -> tuple[list[Ref], list[int]]:
    if not isinstance(rows, pa.Table):
        refs = rows.to_arrow_refs()
        sizes = ray.get([_length.remote(ref) for ref in refs])
        return [ref for ref, size in zip(refs, sizes, strict=True) if size], [size for size in sizes if size]
    require_texts(rows, question.text)
    visiting_order(rows, question.id, question.rank, question.fixed)
    table = rows.select(question.columns() or rows.column_names)
    pieces = [table.slice(start, block_rows) for start in range(0, max(len(table), 1), block_rows)]
    return [ray.put(piece) for piece in pieces], [len(piece) for piece in pieces]


@ray.remote
def _length(table: pa.Table) -> int:
    return len(table)


def _spread(refs: list[Ref], starts: Rows, question: Question, shards: int) -> tuple[pa.ChunkedArray, list[list[Ref]]]:
    """All ids, and for each shard its part of every block."""
    task = _keys.options(num_returns=shards + 1)
    answers = [task.remote(ref, int(start), question, shards) for ref, start in zip(refs, starts[:-1], strict=True)]
    ids = ray.get([answer[0] for answer in answers])
    every = pa.chunked_array([chunk for one in ids for chunk in one.chunks], ids[0].type if ids else pa.null())
    return every, [[answer[1 + shard] for answer in answers] for shard in range(shards)]


@ray.remote
def _keys(table: pa.Table, start: int, question: Question, shards: int) -> tuple[Any, ...]:
    """The ids, and for each shard the keys in its range with the rows that have them, counted from `start`."""
    visiting_order(table, question.id, question.rank, question.fixed)
    require_texts(table, question.text)
    sketches = question.settings.sketches(table[question.text])
    keys, rows = sketches.keys(question.settings.bands)
    shard = (keys >> np.uint64(32)) * np.uint64(shards) >> np.uint64(32)
    return table[question.id], *((keys[shard == one], rows[shard == one] + start) for one in range(shards))


@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)
class Shard:
    """Holds the keys of one range with their rows, and nothing else.

    A shard that had to be restarted has forgotten its parts: it says which are missing, and is given them again. A part
    that comes twice counts once.
    """

    def __init__(self) -> None:
        self._parts: dict[int, Part] = {}

    def insert(self, number: int, part: Part) -> None:
        self._parts[number] = part

    def joined(self, expected: int) -> tuple[list[int], tuple[Rows, Rows]]:
        """(the parts that are missing, edges that join rows with a common key); good when nothing is missing."""
        missing = [number for number in range(expected) if number not in self._parts]
        keys = np.concatenate([np.empty(0, np.uint64), *(keys for keys, _ in self._parts.values())])
        rows = np.concatenate([np.empty(0, np.int64), *(rows for _, rows in self._parts.values())])
        return missing, chains(*buckets(keys, rows).stars())


def _edges(parts: list[list[Ref]]) -> tuple[Rows, Rows]:
    """Sends each shard its parts; the edges of all of them."""
    actors = [Shard.remote() for _ in parts]
    try:
        sent = [[actor.insert.remote(*one) for one in enumerate(own)] for actor, own in zip(actors, parts, strict=True)]
        for refs in sent:
            ray.get(refs)
        edges = [joined(actor, own) for actor, own in zip(actors, parts, strict=True)]
    finally:
        for actor in actors:
            ray.kill(actor)
    return np.concatenate([left for left, _ in edges]), np.concatenate([right for _, right in edges])


def joined(shard: Any, parts: list[Ref]) -> tuple[Rows, Rows]:
    """The edges of one shard once it holds all its parts, again if need be."""
    for _ in range(ATTEMPTS):
        missing, edges = ray.get(shard.joined.remote(len(parts)))
        if not missing:
            return edges
        ray.get([shard.insert.remote(number, parts[number]) for number in missing])
    raise RuntimeError(f"a shard of the deduplication was lost {ATTEMPTS} times in a row; see the logs of the cluster")


def _judge(refs: list[Ref], starts: Rows, groups: list[Rows], question: Question) -> list[pa.Table]:
    """The verdicts on each group of rows, each in its order; only rows that have candidates are moved at all."""
    members = np.sort(np.concatenate([np.empty(0, np.int64), *groups]))
    spans = zip(refs, starts, np.split(members, np.searchsorted(members, starts[1:-1])), strict=False)
    cuts = [_cut.remote(ref, rows - start) for ref, start, rows in spans if len(rows)]
    return ray.get([_verdicts.remote(question, np.searchsorted(members, group), *cuts) for group in groups])


@ray.remote
def _cut(table: pa.Table, rows: Rows) -> pa.Table:
    return table.take(rows)


@ray.remote
def _verdicts(question: Question, rows: Rows, *cuts: pa.Table) -> pa.Table:
    return question.verdicts(pa.concat_tables(cuts).take(rows))


def _collect(ids: pa.ChunkedArray, groups: list[Rows], found: list[pa.Table]) -> pa.Table:
    """One verdict for each id; rows in no group have nothing that they could repeat."""
    source = np.full(len(ids), -1)
    source[np.concatenate([np.empty(0, np.int64), *groups])] = np.arange(sum(map(len, groups)))
    rows = pa.concat_tables([verdicts(ids.slice(0, 0), {}), *found]).take(pa.array(source, mask=source < 0))
    return rows.set_column(0, "id", ids)
