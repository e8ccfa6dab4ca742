"""Lexical decontamination of 100,000 samples against 1,000 evaluation items: seconds, and planted copies found.

    SEEDWRIGHT_DATA=../shared/data python tests/benchmarks/decontaminate_lexical.py [samples]

The samples are real answers of language models and as many new texts mixed from their words as make the number; the
items are other real answers, of which 300 copies each are planted whole, in other case and spacing, and inside another
sample. Once through Ray, as the command does it, and once in this process on one core.
"""

import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from enlarged import enlarged, real_texts

from jobs import decontaminate

ITEMS, PLANTED = 1_000, 300


def main(count: int) -> None:
    texts = [text for text in dict.fromkeys(real_texts(Path(os.environ["SEEDWRIGHT_DATA"]))) if len(text) < 2_000]
    draw = random.Random(0)
    items, rest = texts[:ITEMS], texts[ITEMS:]
    samples = enlarged(rest, count)
    places = draw.sample(range(count), 3 * PLANTED)
    whole, other, nested = places[:PLANTED], places[PLANTED : 2 * PLANTED], places[2 * PLANTED :]
    chosen = [draw.choice(items) for _ in places]
    for place, item in zip(places, chosen, strict=True):
        if place in set(other):
            samples[place] = "  ".join(item.upper().split())
        else:
            samples[place] = item if place in set(whole) else f"{samples[place]} {item} {samples[place - 1]}"
    words = sum(len(text.split()) for text in samples) / count
    print(
        f"{count:,} samples of {words:.0f} words, {ITEMS:,} items of {sum(len(i.split()) for i in items) / ITEMS:.0f}"
    )
    with tempfile.TemporaryDirectory() as folder:
        source, exam = Path(folder) / "samples.jsonl", Path(folder) / "exam.jsonl"
        for path, rows in ((source, samples), (exam, items)):
            path.write_text("".join(json.dumps({"text": row}) + "\n" for row in rows))
        for name, limit in (("one process", 10**9), ("through Ray, start included", 0)):
            decontaminate.RAY_FROM = limit
            started = time.perf_counter()
            out = Path(folder) / "out"
            summary = decontaminate.run(source, against=exam, text="text", out=out, say=lambda _: None)
            seconds = time.perf_counter() - started
            print(f"{name}: {seconds:.1f} s in all, by step {summary['seconds']}; {summary['removed']}")
            found = removed(out)
            for kind, rows in (("whole", whole), ("in other case", other), ("nested", nested)):
                print(f"  copies {kind}: recall {sum(place in found for place in rows) / len(rows):.4f}")


def removed(out: Path) -> set[int]:
    import pyarrow.parquet as pq

    return set(pq.read_table(out / "removed.parquet")["row"].to_pylist())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
