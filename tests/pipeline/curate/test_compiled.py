"""How loops are compiled: anywhere, and once."""

import subprocess
import sys

import pytest
from numba.core import caching

from pipeline.curate.compiled import compiled

pytestmark = pytest.mark.slow

EVERY_WAY = """
import pyarrow as pa
from numba.core.dispatcher import Dispatcher
from pipeline.curate import joining, kernels, letters, sketching, slices, visits
from pipeline.curate.dedup import DedupSettings, find_duplicates

texts = ["one two three four five six", "One two three four five six seven", "é", "", "one two three four five six"]
for kind in (pa.string(), pa.large_string()):
    table = pa.table({"id": range(len(texts)), "text": pa.array(texts, kind), "old": [False] * len(texts)})
    for shingle in ("word:2", "char:4"):
        settings = DedupSettings(0.6, shingle)
        for more in ({}, {"conflict": lambda row, kept: True}, {"fixed": "old"}):
            find_duplicates(table.slice(1), id="id", text="text", settings=settings, **more)
        parts = slices.parts_of(settings.sketches(table["text"]), 2, 3)
        for part in parts:
            for one in part:
                for array in one:
                    array.setflags(write=False)  # as an object store hands them out
            slices.edges_of(len(texts), [(0, part)], 3)
for room in (joining, kernels, letters, sketching, visits):
    for name, loop in vars(room).items():
        if isinstance(loop, Dispatcher):
            print(name, len(loop.signatures))
"""


def test_where_no_folder_can_be_written_loops_are_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])

    def doubled(value: int) -> int:
        return 2 * value

    assert compiled(doubled)(21) == 42


def test_every_loop_is_compiled_for_one_kind_of_arguments() -> None:
    """Each kind more takes seconds on a new machine."""
    found = subprocess.run([sys.executable, "-c", EVERY_WAY], capture_output=True, text=True, check=True)
    counts = {name: int(count) for name, count in map(str.split, found.stdout.splitlines())}
    assert {"visited", "word_shingles", "char_shingles", "deal", "unite_equals"} <= counts.keys()
    assert {name: count for name, count in counts.items() if count > 1} == {}
