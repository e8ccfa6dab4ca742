import numpy as np
import pytest

from pipeline.embedding import neighbours
from pipeline.embedding.neighbours import ExactKept, IndexedKept, cosines, kept_rows, nearest
from pipeline.embedding.vectors import Vectors


def unit(rows: int, width: int = 16, seed: int = 0) -> Vectors:
    drawn = np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


@pytest.mark.parametrize("cells", [1, 7, 1 << 20])
def test_the_nearest_item_is_that_of_all_pairs_whatever_the_blocks(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    vectors, items = unit(50), unit(20, seed=1)
    monkeypatch.setattr(neighbours, "CELLS", cells)
    best, at = nearest(vectors, items)
    every = vectors.astype(float) @ items.astype(float).T
    assert at.tolist() == every.argmax(axis=1).tolist()
    assert best == pytest.approx(every.max(axis=1))


def test_of_equal_items_the_first_is_named() -> None:
    items = unit(3)[[0, 1, 1, 0]]
    assert nearest(unit(3), items)[1].tolist()[:2] == [0, 1]


def test_a_vector_is_at_cosine_one_to_itself_and_no_more() -> None:
    vectors = unit(100, 384)
    assert cosines(vectors, vectors).max() <= 1


def near_pairs(kept: ExactKept | IndexedKept, rows: np.ndarray, threshold: float) -> set[tuple[int, int]]:
    found = set()
    for mine, theirs in kept.near(rows):
        exact = cosines(kept.vectors[mine], kept.vectors[theirs])
        found |= {
            (a, b) for a, b, c in zip(mine.tolist(), theirs.tolist(), exact.tolist(), strict=True) if c >= threshold
        }
    return found


@pytest.mark.parametrize("cells", [1, 1 << 20])
def test_all_kept_rows_at_the_threshold_are_found(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    monkeypatch.setattr(neighbours, "CELLS", cells)
    vectors = unit(60, 4)
    kept = ExactKept(vectors, 0.8)
    kept.add(np.arange(0, 20))
    kept.add(np.arange(20, 40))
    rows = np.arange(40, 60)
    every = vectors.astype(float) @ vectors.astype(float).T
    truth = {(a, b) for a in range(40, 60) for b in range(40) if every[a, b] >= 0.8}
    assert near_pairs(kept, rows, 0.8) == truth
    assert truth


def test_the_index_finds_what_lies_close_and_nothing_that_does_not() -> None:
    pytest.importorskip("faiss")
    vectors = unit(4_000, 32)
    close = vectors[:500] + 0.05 * unit(500, 32, seed=2)
    vectors = np.concatenate([vectors, close / np.linalg.norm(close, axis=1, keepdims=True)]).astype(np.float32)
    order, rows = np.arange(4_500), np.arange(4_000, 4_500)
    exact, index = ExactKept(vectors, 0.92), IndexedKept.of(vectors, 0.92, order)
    for kept in (exact, index):
        kept.add(np.arange(4_000))
    truth, found = near_pairs(exact, rows, 0.92), near_pairs(index, rows, 0.92)
    assert len(truth) >= 500
    assert found <= truth
    assert len(found) >= 0.99 * len(truth)


def test_an_index_is_built_above_a_size_alone_and_only_where_faiss_is(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("faiss")
    vectors = unit(200)
    assert isinstance(kept_rows(vectors, 0.9, np.arange(200)), ExactKept)
    monkeypatch.setattr(neighbours, "EXACT_UP_TO", 100)
    assert isinstance(kept_rows(vectors, 0.9, np.arange(200)), IndexedKept)
    monkeypatch.setattr(neighbours, "has_index", lambda: False)
    assert isinstance(kept_rows(vectors, 0.9, np.arange(200)), ExactKept)
