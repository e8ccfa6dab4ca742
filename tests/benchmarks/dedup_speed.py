"""Near-duplicates from text to kept rows, verification included, on one core: ours, datasketch's usual loop, rensa.

    SEEDWRIGHT_DATA=DATA python tests/benchmarks/dedup_speed.py [--rows 20000] [--threshold 0.8] [--rounds 3]

All three take turns in one process, on the same texts with word 5-grams; the best round of each is shown, in CPU
seconds. The other two are written as their own documentation has it: sets of shingles in Python, 128 permutations, an
LSH index at the threshold, a first-come rule by estimated similarity. rensa is no dependency: `pip install rensa`.
"""

import argparse
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import xxhash
from datasketch import MinHash, MinHashLSH
from enlarged import enlarged, real_texts

from pipeline.curate.dedup import DedupSettings, find_duplicates

WORD = re.compile(r"\w+")
PERMUTATIONS = 128


def shingles(text: str) -> set[str]:
    words = WORD.findall(text.lower())
    return {" ".join(words[at : at + 5]) for at in range(max(1, len(words) - 4))}


def ours(texts: list[str], threshold: float) -> int:
    table = pa.table({"row": range(len(texts)), "text": texts})
    found = find_duplicates(table, id="row", text="text", settings=DedupSettings(threshold))
    return len(texts) - int(found["reason"].null_count)


def usual_datasketch(texts: list[str], threshold: float) -> int:
    sets = ([piece.encode() for piece in shingles(text)] for text in texts)
    index = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
    kept: dict[int, MinHash] = {}
    sketches = MinHash.generator(sets, num_perm=PERMUTATIONS, hashfunc=xxhash.xxh32_intdigest)
    for row, sketch in enumerate(sketches):
        if not any(kept[other].jaccard(sketch) >= threshold for other in index.query(sketch)):
            index.insert(row, sketch)
            kept[row] = sketch
    return len(texts) - len(kept)


def usual_rensa(texts: list[str], threshold: float) -> int:
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, num_bands=16)
    kept: dict[int, RMinHash] = {}
    for row, text in enumerate(texts):
        sketch = RMinHash(num_perm=PERMUTATIONS, seed=42)
        sketch.update(list(shingles(text)))
        if not any(kept[other].jaccard(sketch) >= threshold for other in index.query(sketch)):
            index.insert(row, sketch)
            kept[row] = sketch
    return len(texts) - len(kept)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=20_000)
    asked.add_argument("--threshold", type=float, default=0.8)
    asked.add_argument("--rounds", type=int, default=3)
    options = asked.parse_args()
    texts = enlarged(real_texts(Path(os.environ["SEEDWRIGHT_DATA"])), options.rows)
    ways: dict[str, Callable[[list[str], float], int]] = {
        "seedwright": ours,
        "datasketch, usual loop": usual_datasketch,
        "rensa, usual loop": usual_rensa,
    }
    ours(texts[:100], options.threshold)  # compiles what no run has compiled on this machine yet
    best: dict[str, float] = {}
    removed: dict[str, int] = {}
    for _ in range(options.rounds):
        for name, way in ways.items():
            began = time.process_time()
            removed[name] = way(texts, options.threshold)
            best[name] = min(best.get(name, float("inf")), time.process_time() - began)
    print(
        f"{len(texts):,} texts, {sum(map(len, texts)) / len(texts):,.0f} characters each, Jaccard {options.threshold}"
    )
    for name, seconds in best.items():
        figures = f"{seconds:7.2f} s  {len(texts) / seconds:9,.0f} texts/s  {removed[name]:6,} removed"
        print(f"{name:24} {figures}  {seconds / best['seedwright']:5.1f} x")


if __name__ == "__main__":
    main()
