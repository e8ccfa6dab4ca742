"""Groups against a walk over the same graph."""

import random

import numpy as np
import pytest

from pipeline.curate.groups import batches, blocks, buckets, components, repeats


def walk(count: int, edges: list[tuple[int, int]]) -> list[int]:
    near: dict[int, set[int]] = {row: set() for row in range(count)}
    for left, right in edges:
        near[left].add(right)
        near[right].add(left)
    roots = [-1] * count
    for start in range(count):
        todo = [start] if roots[start] < 0 else []
        while todo:
            row = todo.pop()
            if roots[row] < 0:
                roots[row] = start
                todo.extend(near[row])
    return roots


def edges_of(seed: int, count: int) -> list[tuple[int, int]]:
    generator = random.Random(seed)
    return [(generator.randrange(count), generator.randrange(count)) for _ in range(generator.randrange(2 * count))]


@pytest.mark.parametrize("seed", range(12))
def test_components_are_those_that_a_walk_finds(seed: int) -> None:
    edges = edges_of(seed, 60)
    left, right = np.array(edges, np.int32).reshape(-1, 2).T.copy()
    assert components(60, left, right).tolist() == walk(60, edges)


def test_a_long_path_in_the_worst_order_is_one_component() -> None:
    order = np.random.default_rng(3).permutation(5_000).astype(np.int32)
    assert components(5_000, order[:-1].copy(), order[1:].copy()).tolist() == [0] * 5_000


def test_without_edges_every_row_is_alone() -> None:
    nothing = np.empty(0, np.int32)
    assert components(3, nothing, nothing).tolist() == [0, 1, 2]
    assert len(components(0, nothing, nothing)) == 0


def test_the_rows_of_each_key_that_several_have_are_together() -> None:
    keys = np.array([5, 9, 5, 1, 9, 5], np.uint64)
    rows, numbers = repeats(keys)
    assert (rows.tolist(), numbers.tolist()) == ([0, 2, 5, 1, 4], [0, 0, 0, 1, 1])
    assert [len(found) for found in repeats(np.empty(0, np.uint64))] == [0, 0]


def test_every_band_has_buckets_of_its_own() -> None:
    keys = np.array([[5, 9, 5], [1, 2, 3], [9, 9, 5]], np.uint64)
    found = buckets(keys, np.array([10, 20, 30]))
    assert found.count == 2
    assert list(zip(found.rows.tolist(), found.numbers.tolist(), strict=True)) == [(10, 0), (30, 0), (10, 1), (20, 1)]


def test_no_keys_make_no_buckets() -> None:
    for bands in (0, 3):
        found = buckets(np.empty((bands, 0), np.uint64), np.empty(0, np.int64))
        assert len(found.rows) == len(found.numbers) == found.count == 0


@pytest.mark.parametrize("limit", [1, 4, 7, 1000])
def test_blocks_cover_everything_in_order_and_keep_to_the_limit(limit: int) -> None:
    sizes = np.array([3, 0, 4, 9, 1, 1, 0, 2])
    found = list(blocks(sizes, limit))
    assert [row for block in found for row in range(block.start, block.stop)] == list(range(len(sizes)))
    assert all(sizes[block].sum() <= limit or block.stop - block.start == 1 for block in found)


def test_nothing_is_cut_into_no_blocks() -> None:
    assert list(blocks(np.empty(0, np.int64), 5)) == []


@pytest.mark.parametrize("limit", [1, 5, 1000])
def test_batches_keep_components_whole_and_leave_out_rows_that_are_alone(limit: int) -> None:
    roots = np.array(walk(60, edges_of(4, 60)), np.int32)
    found = [batch.tolist() for batch in batches(roots, limit)]
    together = [row for batch in found for row in batch]
    assert sorted(together) == [row for row in range(60) if (roots == roots[row]).sum() > 1]
    assert all(batch == sorted(batch) for batch in found)
    assert len({(int(roots[row]), number) for number, batch in enumerate(found) for row in batch}) == len(
        set(roots[together].tolist())
    )


def test_batches_hold_more_rows_where_there_would_be_too_many_of_them() -> None:
    roots = np.repeat(np.arange(0, 100, 2, dtype=np.int32), 2)
    assert [len(batch) for batch in batches(roots, 10)] == [10] * 10
    assert [len(batch) for batch in batches(roots, 10, 3)] == [34, 34, 32]
    assert [len(batch) for batch in batches(roots, 10, 3, cap=20)] == [20] * 5
