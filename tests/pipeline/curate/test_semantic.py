"""The semantic tier against a brute-force reading of its own rule."""

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipeline.curate import semantic
from pipeline.curate.dedup import DedupSettings, find_duplicates
from pipeline.curate.semantic import find_semantic
from pipeline.embedding import neighbours
from pipeline.errors import InputError


def vectors_of(texts: pa.ChunkedArray) -> np.ndarray:
    """The toy model: the number in a text is its angle in degrees."""
    angles = np.radians([float(text.split()[0]) for text in texts.to_pylist()])
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def lexical(table: pa.Table) -> pa.Table:
    return find_duplicates(table, id="id", text="text", settings=DedupSettings(), fixed="stays")


def judged(table: pa.Table, degrees: float, **options: Any) -> dict[Any, tuple[str | None, Any]]:
    conflict, rank = options.get("conflict"), options.get("rank", ())

    def before(part: pa.Table) -> pa.Table:
        settings = DedupSettings()
        return find_duplicates(
            part, id="id", text="text", settings=settings, rank=rank, conflict=conflict, fixed="stays"
        )

    cosine = float(np.cos(np.radians(degrees)))
    found = find_semantic(table, before, vectors_of, id="id", text="text", cosine=cosine, **options)
    assert found["id"].to_pylist() == table["id"].to_pylist()
    return {row["id"]: (row["reason"], row["twin_id"]) for row in found.to_pylist()}


def table_of(texts: list[str], **columns: list[Any]) -> pa.Table:
    return pa.table({"id": range(len(texts)), "text": texts, **columns})


def angle(degrees: float, number: int) -> str:
    """Texts of different words, so that only the angle can join them."""
    return f"{degrees} " + " ".join(f"w{number}x{place}" for place in range(8))


def test_texts_that_mean_the_same_go_and_name_the_nearest_kept_one() -> None:
    found = judged(table_of([angle(d, n) for n, d in enumerate([0, 40, 9, 33, 90])]), 10)
    assert found == {
        0: (None, None),
        1: (None, None),
        2: ("semantic", 0),
        3: ("semantic", 1),
        4: (None, None),
    }


def test_a_chain_is_not_collapsed_for_only_kept_rows_take_others_away() -> None:
    found = judged(table_of([angle(d, n) for n, d in enumerate([0, 8, 16, 24])]), 10)
    assert [reason for reason, _ in found.values()] == [None, "semantic", None, "semantic"]


def test_the_better_by_rank_stays() -> None:
    table = table_of([angle(0, 0), angle(5, 1)], score=[1, 2])
    assert judged(table, 10, rank=[("score", "descending")]) == {0: ("semantic", 1), 1: (None, None)}


def brute_force(angles: list[float], degrees: float) -> list[int | None]:
    """The twin of each row, visited in order: the nearest kept one, the first of several."""
    kept: list[int] = []
    twins: list[int | None] = []
    for row, one in enumerate(angles):
        near = [other for other in kept if np.cos(np.radians(one - angles[other])) >= np.cos(np.radians(degrees))]
        twins.append(max(near, key=lambda other: np.cos(np.radians(one - angles[other]))) if near else None)
        kept += [] if near else [row]
    return twins


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("block", "cells"), [(1, 1), (7, 50), (512, 1 << 23)])
def test_the_result_is_that_of_all_pairs_whatever_the_blocks(
    monkeypatch: pytest.MonkeyPatch, seed: int, block: int, cells: int
) -> None:
    monkeypatch.setattr(semantic, "BLOCK", block)
    monkeypatch.setattr(neighbours, "CELLS", cells)
    draw = random.Random(seed)
    angles = [float(draw.randrange(0, 3600)) / 10 for _ in range(80)]
    found = judged(table_of([angle(d, n) for n, d in enumerate(angles)]), 7.03)
    assert [twin for _, twin in found.values()] == brute_force(angles, 7.03)


def test_rows_that_are_fixed_stay_and_take_new_ones_away() -> None:
    table = table_of([angle(3, 0), angle(0, 1), angle(2, 2)], old=[False, True, True])
    assert judged(table, 10, fixed="old") == {0: ("semantic", 2), 1: (None, None), 2: (None, None)}


LONG = "one two three four five six seven eight nine ten eleven twelve"


def test_a_row_whose_twin_went_is_compared_anew_and_comes_back_if_nothing_is_like_it() -> None:
    """Row 2 repeats row 1 by its words, row 1 means the same as row 0, and row 2 means something else."""
    table = table_of([angle(0, 0), f"5 {LONG} thirteen", f"80 {LONG} thirteen"])
    assert find_duplicates(table, id="id", text="text", settings=DedupSettings())["twin_id"].to_pylist() == [
        None,
        None,
        1,
    ]
    assert judged(table, 10) == {0: (None, None), 1: ("semantic", 0), 2: (None, None)}


def test_a_row_whose_twin_went_goes_with_it_where_it_means_the_same() -> None:
    table = table_of(
        [angle(0, 0), f"5 {LONG} thirteen", f"6 {LONG} thirteen", f"80 {LONG} thirteen", f"81 {LONG} thirteen"]
    )
    assert judged(table, 10) == {
        0: (None, None),
        1: ("semantic", 0),
        2: ("semantic", 0),
        3: (None, None),
        4: ("near", 3),
    }


def differ(row: Mapping[str, Any], kept: Mapping[str, Any]) -> bool:
    return bool(row["label"] != kept["label"])


def test_texts_that_mean_the_same_under_different_labels_are_set_aside_with_all_that_was_removed_for_them() -> None:
    texts = [f"0 {LONG} thirteen", f"1 {LONG} thirteen", angle(4, 2), angle(5, 3), angle(90, 4)]
    found = judged(table_of(texts, label=["a", "a", "a", "b", "b"]), 10, conflict=differ)
    assert found == {
        0: ("near_conflict", 3),
        1: ("near_conflict", 0),
        2: ("near_conflict", 0),
        3: ("near_conflict", 0),
        4: (None, None),
    }


def test_existing_data_stay_even_in_conflict() -> None:
    table = table_of([angle(0, 0), angle(1, 1)], label=["a", "b"], old=[True, False])
    assert judged(table, 10, conflict=differ, fixed="old") == {0: (None, None), 1: ("near_conflict", 0)}


def test_what_remains_holds_no_pair_and_every_removed_row_names_a_kept_one() -> None:
    draw = random.Random(5)
    texts = []
    for _ in range(60):
        words = [f"v{draw.randrange(3)}" for _ in range(3)]
        texts.append(f"{draw.randrange(0, 90)} {LONG} {' '.join(words)}")
    cosine = float(np.cos(np.radians(6)))
    table = table_of(texts)
    found = find_semantic(table, lexical, vectors_of, id="id", text="text", cosine=cosine)
    kept = {row["id"] for row in found.to_pylist() if row["reason"] is None}
    assert all(row["twin_id"] in kept for row in found.to_pylist() if row["reason"])
    vectors = vectors_of(table["text"]).astype(float)
    for row in found.to_pylist():
        if row["reason"] == "semantic":
            assert row["similarity"] == pytest.approx(vectors[row["id"]] @ vectors[row["twin_id"]])
            assert row["similarity"] >= cosine
    left = table.filter(pa.array([row in kept for row in range(60)]))
    again = find_semantic(left, lexical, vectors_of, id="id", text="text", cosine=cosine)
    assert again["reason"].null_count == len(kept) < 60


def test_one_row_and_no_row_are_kept() -> None:
    assert judged(table_of([angle(0, 0)]), 10) == {0: (None, None)}
    empty = pa.table({"id": pa.array([], pa.int64()), "text": pa.array([], pa.string())})
    assert judged(empty, 10) == {}


@pytest.mark.parametrize("cosine", [0, 1.01, -1])
def test_a_cosine_out_of_range_is_refused(cosine: float) -> None:
    with pytest.raises(InputError, match="--embed-threshold"):
        find_semantic(table_of(["0 a"]), lexical, vectors_of, id="id", text="text", cosine=cosine)
