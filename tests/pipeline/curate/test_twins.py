"""Exact similarity, whole or in blocks, against Python's sets."""

import random

import numpy as np
import pytest

from pipeline.curate import twins
from pipeline.curate.minhash import bands
from pipeline.curate.shingles import ShingleSets, Shingling
from pipeline.curate.twins import Sketches, similarity


def texts(seed: int) -> list[str]:
    generator = random.Random(seed)
    return [" ".join(generator.choices("abcdefgh", k=generator.randrange(1, 60))) for _ in range(50)]


@pytest.mark.parametrize("at_once", [1, 100, 1 << 20])
def test_similarity_is_shared_over_all_distinct_shingles(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twins, "COMPARED_AT_ONCE", at_once)
    sets = ShingleSets.of(texts(2), Shingling("word", 2))
    plain = [set(sets[row].tolist()) for row in range(len(sets))]
    others = np.arange(1, len(sets))[::-1].copy()
    expected = [len(plain[0] & plain[other]) / len(plain[0] | plain[other]) for other in others]
    assert similarity(sets, 0, others).tolist() == expected
    assert 0 < max(expected) < 1


def test_nothing_to_compare_with_gives_nothing() -> None:
    sets = ShingleSets.of(["a b"], Shingling("word", 2))
    assert len(similarity(sets, 0, np.empty(0, np.int64))) == 0


def test_a_text_without_shingles_has_the_key_of_its_whole_text_alone() -> None:
    sketches = Sketches.of(["🙂", "some words that make bands"], Shingling("word", 2))
    keys, rows = sketches.keys(bands(0.8))
    assert np.bincount(rows).tolist() == [1, 22]
    assert len(np.unique(keys)) == 23
