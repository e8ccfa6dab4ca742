"""Semantic duplicates above the size for all pairs: recall and seconds of the index against exact blocks.

    python tests/benchmarks/embedding_index.py [rows]

Rows are random points round some thousand topics, 384 wide, one in ten a near copy of another (cosine 0.92 to 0.99).
"""

import sys
import time

import numpy as np

from pipeline.curate.semantic import _greedy
from pipeline.embedding.neighbours import ExactKept, IndexedKept
from pipeline.embedding.vectors import Vectors

WIDTH, COSINE = 384, 0.92


def unit(rows: np.ndarray) -> Vectors:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def corpus(count: int) -> Vectors:
    draw = np.random.default_rng(0)
    topics = unit(draw.normal(size=(max(count // 200, 1), WIDTH)))
    vectors = unit(topics[draw.integers(len(topics), size=count)] + unit(draw.normal(size=(count, WIDTH))))
    copies = draw.choice(count, count // 10, replace=False)
    sources = draw.integers(count, size=len(copies))
    wide = np.sqrt(1 / draw.uniform(0.92, 0.99, len(copies)) ** 2 - 1)[:, None]
    vectors[copies] = unit(vectors[sources] + wide * unit(draw.normal(size=(len(copies), WIDTH))))
    return vectors


def main(count: int) -> None:
    vectors, order = corpus(count), np.arange(count)
    found = {}
    for name in ("exact", "index"):
        started = time.perf_counter()
        kept = ExactKept(vectors, COSINE) if name == "exact" else IndexedKept.of(vectors, COSINE, order)
        built = time.perf_counter() - started
        found[name] = dict(_greedy(order, kept, vectors, COSINE, None))
        seconds = time.perf_counter() - started
        print(
            f"{name}: {count:,} rows in {seconds:.1f} s ({built:.1f} s to train), {len(found[name]):,} removed",
            flush=True,
        )
    both = len(found["exact"].keys() & found["index"].keys())
    shares = [both / len(found[name]) for name in ("exact", "index")]
    print(f"removed by both: {shares[0]:.5f} of what exact blocks remove, {shares[1]:.5f} of what the index removes")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
