"""Batch prediction on Ray Data: actors that hold a model each, texts in order of length so that batches pad little.

What passes through Ray Data is a piece's number alone, and the piece that was made of it in one row: Ray Data wants a
batch size where GPUs are asked for, and may bundle or cut blocks of many rows, but a row stays whole.
"""

import gc
import pickle
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import ray

from cluster.apply import ERROR, raise_error, unboxed, unwrapped
from cluster.resources import cpus_each, evaluation_actors
from pipeline.config import Cluster
from pipeline.errors import SeedwrightError
from pipeline.finetune.memory import within_memory
from pipeline.stage import Stage, Step

ROUNDS = 4
"""Blocks an actor gets at least, in multiples of its batch: few enough to fill batches, enough to share out evenly."""
Work = tuple[int, pa.Table]
"""A piece, and the number of the stage that it is to go through."""


def predict_on_ray(
    asked: Sequence[tuple[pa.Table, Stage]], settings: Cluster, *, gpu: bool, batch: int
) -> Iterator[pa.Table]:
    """Each table after its stage, rows in their order, handed over as soon as it and those before it are done.

    One set of actors serves all stages: to start an actor takes longer than to load another model into it. Raises the
    project errors that a stage raises, InputError when more actors are wanted than find room, and SeedwrightError when
    a piece does not come back.
    """
    actors = evaluation_actors(settings, gpu)
    work = [(number, piece) for number, (table, _) in enumerate(asked) for piece in _by_length(table, batch, actors)]
    actors = min(actors, len(work))
    cpus = 1 if gpu else cpus_each(actors)
    texts = f"evaluation.batch: {batch} texts at a time"
    stages = [within_memory(stage, texts, "lower it, or evaluation.max_new_tokens") for _, stage in asked]
    missing, found, done = Counter(number for number, _ in work), defaultdict[int, list[pa.Table]](list), 0
    for number, piece in through_actors(work, stages, actors=actors, cpus=cpus, gpu=gpu):
        found[number].append(piece)
        while done < len(asked) and len(found[done]) == missing[done]:
            whole = pa.concat_tables(found.pop(done))
            yield whole.take(pc.sort_indices(whole, [("__row", "ascending")])).drop_columns(["__row"])
            done += 1


def _by_length(table: pa.Table, batch: int, actors: int) -> Iterator[pa.Table]:
    order = pc.sort_indices(pa.table({"length": pc.utf8_length(table["text"])}), [("length", "ascending")])
    by_length = table.append_column("__row", pa.array(range(table.num_rows))).take(order)
    size = batch * max(1, table.num_rows // (batch * actors * ROUNDS))
    for start in range(0, max(table.num_rows, 1), size):
        yield by_length.slice(start, size)


def through_actors(
    work: Sequence[Work], stages: Sequence[Stage], *, actors: int, cpus: int, gpu: bool
) -> Iterator[tuple[int, pa.Table]]:
    """The pieces after the stage that their number names, in any order, from actors that hold one stage at a time, each
    with so many CPUs or one GPU.

    Raises the project errors that a stage raises, and SeedwrightError when a piece does not come back.
    """
    pieces = [ray.put(piece) for _, piece in work]
    found = ray.data.from_blocks([pa.table({"piece": [at]}) for at in range(len(work))]).map_batches(
        _Loaded,
        fn_constructor_args=([ray.put(list(stages))], [number for number, _ in work], pieces, cpus),
        batch_size=1,
        batch_format="pyarrow",
        num_cpus=1 if gpu else cpus / 2,  # the rest is for Ray Data's own tasks, which take little
        num_gpus=1 if gpu else 0,
        compute=ray.data.ActorPoolStrategy(size=actors),
    )
    missing = set(range(len(work)))
    with unwrapped():
        for rows in found.iter_batches(batch_size=None, batch_format="pyarrow"):
            raise_error(rows)
            for at, made in zip(rows["piece"].to_pylist(), rows["made"], strict=True):
                missing.remove(at)
                yield work[at][0], _table(made.as_buffer())
    if missing:
        raise SeedwrightError(
            f"cluster: {len(missing)} of {len(work)} pieces of work did not come back from the actors; run the same "
            "command again"
        )


MADE = pa.schema([("piece", pa.int64()), ("made", pa.large_binary())])


def _bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def _table(made: pa.Buffer) -> pa.Table:
    return pa.ipc.open_stream(made).read_all()


class _Loaded:
    """The actor's body: a stage is loaded once, and kept until a piece of another one comes."""

    def __init__(self, box: list[Any], numbers: list[int], pieces: list[Any], cpus: int) -> None:
        self.box, self.numbers, self.pieces, self.cpus = box, numbers, pieces, cpus
        self.held: tuple[int, Step] | None = None

    def __call__(self, batch: pa.Table) -> pa.Table:
        places = batch["piece"].to_pylist()
        try:
            made = [_bytes(self._step(self.numbers[at])(ray.get(self.pieces[at]))) for at in places]
        except SeedwrightError as error:
            return pa.table({ERROR: [pickle.dumps(error)]})
        return pa.table({"piece": places, "made": made}, schema=MADE)

    def _step(self, number: int) -> Step:
        if self.held is None or self.held[0] != number:
            import torch

            self.held = None
            gc.collect()  # the weights of the model before, of which two may not fit
            torch.cuda.empty_cache()
            torch.set_num_threads(self.cpus)
            self.held = number, unboxed(self.box[0])[number].load()
        return self.held[1]
