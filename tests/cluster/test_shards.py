"""Deduplication through Ray against the pure function, on a cluster of one processor."""

import contextlib
import random
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from edited_copies import corpus

from cluster.session import session
from pipeline.curate.dedup import DedupSettings, find_duplicates
from pipeline.curate.slices import Part
from pipeline.errors import InputError

pytestmark = [pytest.mark.ray, pytest.mark.filterwarnings("ignore::DeprecationWarning:ray")]

SETTINGS = DedupSettings()


@pytest.fixture(scope="module", autouse=True)
def _one_processor(open_clusters: contextlib.ExitStack) -> Iterator[None]:
    import ray

    open_clusters.close()
    ray.init("local", num_cpus=1, include_dashboard=False, log_to_driver=False)
    with session():
        yield
    ray.shutdown()


@pytest.mark.parametrize(("shards", "block_rows"), [(1, 1_000), (3, 100)])
def test_neither_blocks_nor_shards_change_a_verdict(
    shards: int, block_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cluster import shards as room

    monkeypatch.setattr(room, "JUDGED_ROWS", 90)
    table = corpus(650)
    options: dict[str, Any] = {
        "id": "id",
        "text": "text",
        "settings": SETTINGS,
        "rank": [("score", "descending")],
        "conflict": lambda row, kept: row["answer"] != kept["answer"],
        "fixed": "old",
    }
    alone = find_duplicates(table, **options)
    found = room.dedup_on_ray(table, **options, shards=shards, block_rows=block_rows)
    assert found.equals(alone)
    assert set(alone["reason"].to_pylist()) == {None, "exact", "near", "near_conflict"}


@pytest.mark.parametrize(
    ("threshold", "options"),
    [
        (0.7, {"conflict": lambda row, kept: row["answer"] != kept["answer"]}),
        (0.65, {"fixed": "old", "conflict": lambda row, kept: row["answer"] != kept["answer"]}),
    ],
)
def test_a_component_too_large_for_one_task_is_judged_in_parts_with_the_same_verdicts(
    threshold: float, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from cluster import giants, shards

    sizes: list[int] = []

    def counted(question: Any, rows: Any, cut: Any) -> Any:
        sizes.append(len(rows))
        return giants.judged_in_parts(question, rows, cut)

    monkeypatch.setattr(giants, "PART_ROWS", 40)
    monkeypatch.setattr(shards, "judged_in_parts", counted)
    generator = random.Random(2)
    texts = []
    for text in corpus(200)["text"].to_pylist():
        words = [*(f"common{number}" for number in range(40)), *text.split()[:6]]
        words[generator.randrange(len(words))] = f"own{generator.randrange(9)}"
        texts.append(" ".join(words))
    rows = corpus(200).set_column(1, "text", pa.array(texts))
    asked = {"id": "id", "text": "text", "settings": DedupSettings(threshold), "rank": [("score", "descending")]}
    found = shards.dedup_on_ray(rows, **asked, **options, shards=1, block_rows=70)
    assert found.equals(find_duplicates(rows, **asked, **options))
    assert max(sizes) > 120
    assert 100 < found["reason"].null_count < 150


def test_a_dataset_gives_the_verdicts_of_its_rows() -> None:
    import ray

    from cluster.shards import dedup_on_ray

    table = corpus(120)
    dataset = ray.data.from_arrow([table.slice(0, 50), table.slice(50)])
    found = dedup_on_ray(dataset, id="id", text="text", settings=SETTINGS, shards=2)
    assert found.sort_by("id").equals(find_duplicates(table, id="id", text="text", settings=SETTINGS).sort_by("id"))


@pytest.mark.parametrize("rows", [0, 2])
def test_next_to_nothing_is_fine(rows: int) -> None:
    from cluster.shards import dedup_on_ray

    table = pa.table({"id": pa.array(range(rows), pa.int64()), "text": pa.array(["the same"] * rows, pa.string())})
    found = dedup_on_ray(table, id="id", text="text", settings=SETTINGS, shards=2)
    assert found.equals(find_duplicates(table, id="id", text="text", settings=SETTINGS))


def test_an_empty_dataset_has_no_verdicts() -> None:
    import ray

    from cluster.shards import dedup_on_ray

    empty = ray.data.from_arrow(pa.table({"id": pa.array([], pa.int64()), "text": pa.array([], pa.string())}))
    assert dedup_on_ray(empty, id="id", text="text", settings=SETTINGS).num_rows == 0


def slices(keys: list[int], rows: list[int]) -> Part:
    """What a shard of one range is given, of bands and of whole texts."""
    of_bands = np.array(keys, np.uint32), np.array(rows, np.int32), np.array([0, len(keys)])
    return of_bands, (np.empty(0, np.uint32), np.empty(0, np.int32), np.array([0, 0]))


def test_a_shard_that_was_lost_is_given_its_parts_again() -> None:
    import ray

    from cluster.shards import Shard, joined

    parts = [ray.put(slices([7, 8], [0, 1])), ray.put(slices([8], [1]))]
    shard = Shard.remote(np.array([0, 4, 6]), 1)
    ray.get([shard.insert.remote(number, part) for number, part in enumerate(parts)])
    ray.kill(shard, no_restart=False)
    deadline = time.monotonic() + 60
    while not (missing := ray.get(shard.joined.remote())[0]):
        assert time.monotonic() < deadline
    assert missing == [0, 1]
    [(left, right)] = joined([shard], [parts])
    assert (left.tolist(), right.tolist()) == ([1], [5])
    ray.kill(shard)


def test_a_part_that_comes_twice_counts_once() -> None:
    import ray

    from cluster.shards import Shard

    shard = Shard.remote(np.array([0, 9]), 1)
    part = slices([7, 7], [3, 4])
    ray.get([shard.insert.remote(0, part), shard.insert.remote(0, part)])
    _, (left, right) = ray.get(shard.joined.remote())
    assert (left.tolist(), right.tolist()) == ([3], [4])
    ray.kill(shard)


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        (pa.table({"id": [1, 1, 2], "text": ["a", "b", "c"]}), "an id of its own"),
        (pa.table({"id": [1, 2], "text": ["a", None]}), "null at row 1"),
        (pa.table({"id": [1], "body": ["a"]}), "no column 'text'"),
    ],
)
def test_mistakes_are_those_of_the_pure_function(table: pa.Table, complaint: str) -> None:
    import ray

    from cluster.shards import dedup_on_ray

    for rows in (table, ray.data.from_arrow([table.slice(row, 1) for row in range(len(table))])):
        with pytest.raises(InputError, match=complaint if rows is table else complaint.split(" at ")[0]) as caught:
            dedup_on_ray(rows, id="id", text="text", settings=SETTINGS)
        assert "Traceback" not in str(caught.value)
