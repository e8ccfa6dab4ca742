"""The compiled loops of this room, compiled ahead: `python -m pipeline.curate.warm` after an installation.

Where nobody did, the first process that needs them compiles them, which takes some fifteen seconds; on a new machine
several do so at once.
"""

import pyarrow as pa

from pipeline.curate.dedup import DedupSettings, find_duplicates
from pipeline.curate.slices import edges_of, parts_of


def warm() -> None:
    """Deduplicates a few texts in every way that calls another loop, on one machine and as shards do."""
    texts = ["one two three four five six", "one two three four five six seven", "é", "", "one two three four five six"]
    rows = pa.table({"id": range(len(texts)), "text": texts, "old": [False] * len(texts)})
    for shingle in ("word:2", "char:4"):
        settings = DedupSettings(0.6, shingle)
        for more in ({}, {"conflict": lambda *_: True}, {"fixed": "old"}):
            find_duplicates(rows, id="id", text="text", settings=settings, **more)
        for part in parts_of(settings.sketches(rows["text"]), 2, 3):
            edges_of(len(rows), [(0, part)], 3)


if __name__ == "__main__":
    warm()
