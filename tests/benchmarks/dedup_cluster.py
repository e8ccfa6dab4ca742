"""Deduplication through Ray on this machine: seconds after start-up and the peak memory of all processes.

    SEEDWRIGHT_DATA=DATA python tests/benchmarks/dedup_cluster.py [--rows 300000] [--words 150] [--cpus 2] [--shards 2]

The texts are those of `enlarged`, cut to the given number of words; one in twenty is an edited copy. Memory is the sum
of the unique set sizes of this process and all its children, Ray's object store counted once, sampled four times a
second.
"""

import argparse
import os
import threading
import time
from pathlib import Path

import psutil
import pyarrow as pa
import ray
from enlarged import enlarged, real_texts

from cluster.shards import dedup_on_ray
from pipeline.curate.dedup import DedupSettings


def memory() -> float:
    """GiB that are in use by this process and its children and shared with nobody, and the shared object store."""
    total, shared = 0, 0
    mine = psutil.Process()
    for process in [mine, *mine.children(recursive=True)]:
        try:
            used = process.memory_full_info()
            total += used.uss
            shared = max(shared, used.shared)
        except psutil.Error:
            continue
    return (total + shared) / 2**30


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=300_000)
    asked.add_argument("--words", type=int, default=150)
    asked.add_argument("--cpus", type=int, default=2)
    asked.add_argument("--shards", type=int, default=2)
    options = asked.parse_args()
    texts = [" ".join(text.split()[: options.words]) for text in real_texts(Path(os.environ["SEEDWRIGHT_DATA"]))]
    table = pa.table({"row": range(options.rows), "text": enlarged(texts, options.rows)})
    ray.init("local", num_cpus=options.cpus, include_dashboard=False, log_to_driver=False)
    settings = DedupSettings()
    question = {"id": "row", "text": "text", "settings": settings, "shards": options.shards}
    dedup_on_ray(table.slice(0, 2_000), **question)
    peak, over = [memory()], threading.Event()

    def watch() -> None:
        while not over.wait(0.25):
            peak.append(memory())

    thread = threading.Thread(target=watch)
    thread.start()
    began = time.monotonic()
    found = dedup_on_ray(table, **question)
    seconds = time.monotonic() - began
    over.set()
    thread.join()
    removed = len(found) - found["reason"].null_count
    size = table["text"].nbytes / 2**20
    print(f"{options.rows:,} texts of {options.words} words ({size:,.0f} MiB), {options.cpus} cores")
    print(
        f"{seconds:.1f} s, {options.rows / seconds:,.0f} texts/s, {removed:,} removed; peak memory {max(peak):.2f} GiB"
    )
    ray.shutdown()


if __name__ == "__main__":
    main()
