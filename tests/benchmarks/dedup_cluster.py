"""Deduplication through Ray on this machine: seconds after start-up, the peak memory of all processes, that of a shard.

    SEEDWRIGHT_DATA=DATA python tests/benchmarks/dedup_cluster.py [--rows 300000] [--words 150 | --short | --template]
        [--cpus 2] [--shards 2]

The texts are those of `enlarged`, cut to the given number of words; one in twenty is an edited copy. With fewer CPUs
than the machine has, all processes are held on so many. Memory is the sum of the unique set sizes of this process and
all its children, Ray's object store counted once, sampled four times a second. A shard's is the most that its process
had resident, its part of the object store included, beyond what one with next to nothing in it had.
"""

import argparse
import os
import threading
import time
from pathlib import Path

import psutil
import pyarrow as pa
import ray
from enlarged import enlarged, real_texts, short_texts, template_texts

from cluster.shards import dedup_on_ray
from pipeline.curate.dedup import DedupSettings
from pipeline.curate.settling import left_out
from pipeline.curate.slices import shard_bytes

MIB, EVERY_S = 2**20, 0.25


class Watch:
    """The peaks of memory, sampled in a thread."""

    def __init__(self) -> None:
        self.peak, self.shard, self._over = 0, 0, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(EVERY_S):
            total, shared = 0, 0
            mine = psutil.Process()
            for process in [mine, *mine.children(recursive=True)]:
                try:
                    used = process.memory_full_info()
                    if "ray::Shard" in " ".join(process.cmdline()):
                        self.shard = max(self.shard, used.rss)
                except psutil.Error:
                    continue
                total += used.uss
                shared = max(shared, used.shared)
            self.peak = max(self.peak, total + shared)


def texts_of(options: argparse.Namespace) -> pa.Array | list[str]:
    data = Path(os.environ["SEEDWRIGHT_DATA"])
    if options.short:
        return short_texts(data, options.rows)
    if options.template:
        return template_texts(options.rows)
    return enlarged([" ".join(text.split()[: options.words]) for text in real_texts(data)], options.rows)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=300_000)
    asked.add_argument("--words", type=int, default=150)
    asked.add_argument("--short", action="store_true", help="10 to 15 words")
    asked.add_argument("--template", action="store_true", help="one text, a few words changed in each")
    asked.add_argument("--cpus", type=int, default=2)
    asked.add_argument("--shards", type=int, default=2)
    options = asked.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cpus])
    table = pa.table({"row": range(options.rows), "text": texts_of(options)})
    ray.init("local", num_cpus=options.cpus, include_dashboard=False, log_to_driver=False)
    settings = DedupSettings()
    question = {"id": "row", "text": "text", "settings": settings, "shards": options.shards}
    with Watch() as little:
        dedup_on_ray(table.slice(0, 20_000), **question)
    predicted = shard_bytes(options.rows, settings.bands.count, options.shards)
    print(f"{options.rows:,} texts ({table['text'].nbytes / MIB:,.0f} MiB), {options.cpus} cores")
    print(f"predicted: {options.shards} shards of {predicted / MIB:,.0f} MiB", flush=True)
    steps: dict[str, float] = {}
    began = time.monotonic()
    with Watch() as watch:
        found = dedup_on_ray(table, **question, watch=lambda step, *_: steps.update({step: time.monotonic() - began}))
        seconds = time.monotonic() - began
    removed = len(found) - found["reason"].null_count
    until = ", ".join(f"{step} until {at:.1f} s" for step, at in steps.items())
    print(f"{seconds:.1f} s ({until}), {options.rows / seconds:,.0f} texts/s, {removed:,} removed; {left_out(found)}")
    shard = (watch.shard - little.shard) / MIB
    print(f"peak memory {watch.peak / 2**30:.2f} GiB; the largest shard took {shard:,.0f} MiB")
    ray.shutdown()


if __name__ == "__main__":
    main()
