"""Exact similarity, whole or in blocks, against Python's sets."""

import random

import numpy as np

from pipeline.curate.minhash import bands
from pipeline.curate.shingles import ShingleRuns, ShingleSets, Shingling, normalise
from pipeline.curate.twins import Sketches, similarity


def texts(seed: int) -> list[str]:
    generator = random.Random(seed)
    return [" ".join(generator.choices("abcdefgh", k=generator.randrange(1, 60))) for _ in range(50)]


def test_similarity_is_shared_over_all_distinct_shingles() -> None:
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


def test_texts_have_one_digest_exactly_where_their_normal_forms_are_equal() -> None:
    every = [chr(code) for code in (*range(0x20, 0x3400), *range(0xA640, 0xD7FF), *range(0xF900, 0x10FFF))]
    texts = [*every, *(f"a{letter}" for letter in every), *(f"A {letter} b" for letter in every), "straße", "STRASSE"]
    found = ShingleRuns.of(texts, Shingling("char", 5)).digests.tolist()
    assert found == ShingleRuns.of(texts, Shingling("word", 5)).digests.tolist()
    assert dict(zip(found, map(normalise, texts), strict=True)) == {
        digest: normalise(text) for digest, text in zip(reversed(found), reversed(texts), strict=True)
    }
    assert len(set(found)) == len({normalise(text) for text in texts})
