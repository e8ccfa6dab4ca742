"""Keys dealt to shards and joined there, against the keys themselves; and what a shard takes."""

import random

import numpy as np
import pyarrow as pa
import pytest

from pipeline.curate.groups import components
from pipeline.curate.minhash import bands
from pipeline.curate.shingles import Shingling
from pipeline.curate.slices import SHARD_BYTES, edges_of, parts_of, ranges_for, shard_bytes, shards_for
from pipeline.curate.twins import Sketches


def texts(seed: int, count: int) -> list[str]:
    generator = random.Random(seed)
    found = [" ".join(generator.choices("abcdefghijklmnop", k=12)) for _ in range(count // 2)]
    found += [generator.choice(found).replace(generator.choice("abc"), "x") for _ in range(count - len(found) - 2)]
    return [*found, "", "…"]


@pytest.mark.parametrize(("shards", "ranges"), [(1, 1), (2, 3), (5, 1), (3, 16)])
def test_rows_are_joined_exactly_where_they_share_a_key_however_the_keys_are_dealt(shards: int, ranges: int) -> None:
    every = texts(1, 90)
    blocks = [every[:40], every[40:41], every[41:]]
    parts: list[list[tuple[int, list[object]]]] = []
    start, keys = 0, []
    for block in blocks:
        sketches = Sketches.of(pa.chunked_array([pa.array(block, pa.large_string())]), Shingling("word", 2), bands(0.5))
        parts.append([(start, part) for part in parts_of(sketches, shards, ranges)])
        for row, text in enumerate(sketches.digests.tolist()):
            keys.append({text})
            if row in sketches.filled:
                keys[-1] |= set(sketches.keys[:, sketches.filled.tolist().index(row)].tolist())
        start += len(block)
    edges = [edges_of(len(every), [block[shard] for block in parts], ranges) for shard in range(shards)]
    found = components(len(every), *(np.concatenate([edge[side] for edge in edges]) for side in (0, 1)))
    left, right = zip(
        *((a, b) for a in range(len(every)) for b in range(a, len(every)) if keys[a] & keys[b]), strict=True
    )
    assert found.tolist() == components(len(every), np.array(left, np.int32), np.array(right, np.int32)).tolist()
    assert 1 < len(set(found.tolist())) < len(every)


def test_a_shard_without_parts_joins_nothing() -> None:
    assert [len(side) for side in edges_of(4, [], 3)] == [0, 0]


def test_what_a_shard_takes_is_known_from_the_rows_and_is_what_its_parts_take() -> None:
    every = texts(2, 4_000)
    sketches = Sketches.of(pa.chunked_array([pa.array(every, pa.large_string())]), Shingling("word", 2), bands(0.8))
    parts = parts_of(sketches, 2, 1)
    held = max(sum(array.nbytes for one in part for array in one[:2]) for part in parts) + 4 * len(every)
    assert held == pytest.approx(shard_bytes(len(every), 21, 2), rel=0.05)


def test_there_are_more_shards_than_asked_for_where_one_would_hold_too_much() -> None:
    assert shards_for(300_000, 21, 2) == 2
    assert shards_for(100_000_000, 21, 2) == 17
    assert shard_bytes(100_000_000, 21, 17) - 4 * 100_000_000 <= SHARD_BYTES
    assert ranges_for(10, 21, 2) == 1
