"""Embeddings on Ray Data: actors that hold the model, a GPU each where there are GPUs, else some CPUs each."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from cluster.prediction import through_actors
from cluster.resources import count_gpus, cpus_each, node_cpus, rooms
from pipeline.embedding.encoder import Encoder
from pipeline.embedding.vectors import Vectors, collected, embedding_stage, pieces

THREADS = 8
"""CPUs beyond which one more serves a model less than a model of its own would."""


def embed_on_ray(
    texts: pa.ChunkedArray, encoder: Encoder, tell: Callable[[int], None] = lambda _: None
) -> tuple[Vectors, int]:
    """The same as `embed` gives (to the last bits of float32 on GPUs), whatever the number of actors.

    Raises InputError as `embed` does, also when a node does not see the model's folder, and SeedwrightError where no
    node has a CPU.
    """
    if not len(texts):
        return np.empty((0, 0), np.float32), 0
    gpus, parts = count_gpus(), pieces(texts)
    cpus = 1 if gpus else min(THREADS, cpus_each(1), *node_cpus())  # every node can have one
    actors = gpus or rooms(cpus)
    stage = embedding_stage(encoder, "cuda" if gpus else "cpu")
    found: list[pa.Table] = []
    work = [(0, part) for part in parts]
    for _, piece in through_actors(work, [stage], actors=min(actors, len(parts)), cpus=cpus, gpu=bool(gpus)):
        found.append(piece)
        tell(sum(map(len, found)))
    return collected(found)
