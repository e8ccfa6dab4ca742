"""Batch prediction on Ray Data: actors that hold a model each, texts in order of length so that batches pad little."""

import pickle
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import ray

from cluster.apply import ERROR, raise_error, unboxed, unwrapped
from cluster.resources import count_gpus
from pipeline.config import Cluster
from pipeline.errors import SeedwrightError
from pipeline.stage import Stage, Step

ROUNDS = 4
"""Blocks an actor gets at least, in multiples of its batch: few enough to fill batches, enough to share out evenly."""


def predict_on_ray(table: pa.Table, stage: Stage, settings: Cluster, *, gpu: bool, batch: int) -> pa.Table:
    """The table after the stage, rows in their order. Raises the project errors that the stage raises."""
    actors = settings.evaluation_actors or (count_gpus() if gpu else 1)
    order = pc.sort_indices(pa.table({"length": pc.utf8_length(table["text"])}), [("length", "ascending")])
    by_length = table.append_column("__row", pa.array(range(table.num_rows))).take(order)
    rounds = max(1, by_length.num_rows // (batch * actors * ROUNDS))
    size = batch * rounds
    pieces = [by_length.slice(start, size) for start in range(0, by_length.num_rows, size)]
    actors = min(actors, len(pieces))
    cpus = 1 if gpu else max(1, int(ray.cluster_resources().get("CPU", 1)) // actors)
    whole = pa.concat_tables(through_actors(pieces, stage, actors=actors, cpus=cpus, gpu=gpu))
    return whole.take(pc.sort_indices(whole, [("__row", "ascending")])).drop_columns(["__row"])


def through_actors(
    pieces: Sequence[pa.Table], stage: Stage, *, actors: int, cpus: int, gpu: bool
) -> Iterator[pa.Table]:
    """The pieces after the stage, in any order, from actors that load it once, each with so many CPUs or one GPU.

    Raises the project errors that the stage raises.
    """
    found = ray.data.from_arrow(list(pieces)).map_batches(
        _Loaded,
        fn_constructor_args=([ray.put([stage])], cpus),
        batch_size=None,
        batch_format="pyarrow",
        zero_copy_batch=True,
        num_cpus=1 if gpu else cpus / 2,  # the rest is for Ray Data's own tasks, which take little
        num_gpus=1 if gpu else 0,
        compute=ray.data.ActorPoolStrategy(size=actors),
    )
    with unwrapped():
        for piece in found.iter_batches(batch_size=None, batch_format="pyarrow"):
            raise_error(piece)
            yield piece


class _Loaded:
    """The actor's body: the model is loaded once and kept."""

    def __init__(self, box: list[Any], cpus: int) -> None:
        self.box, self.cpus = box, cpus
        self.step: Step | None = None

    def __call__(self, table: pa.Table) -> pa.Table:
        try:
            if self.step is None:
                import torch

                torch.set_num_threads(self.cpus)
                self.step = unboxed(self.box[0])[0].load()
            return self.step(table)
        except SeedwrightError as error:
            return pa.table({ERROR: [pickle.dumps(error)]})
