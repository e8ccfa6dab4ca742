"""MinHash against datasketch, and bands against their own arithmetic."""

import random

import numpy as np
import pytest
from datasketch import MinHash

from pipeline.curate import shingles
from pipeline.curate.minhash import Bands, band_keys, bands, keys_of, signatures
from pipeline.curate.shingles import ShingleRuns, ShingleSets, Shingling


def corpus(seed: int, rows: int = 60) -> list[str]:
    generator = random.Random(seed)
    return [" ".join(generator.choices("abcdefghij", k=generator.randrange(0, 40))) for _ in range(rows)]


@pytest.mark.parametrize("seed", range(3))
def test_signatures_are_those_of_datasketch_bit_for_bit(seed: int) -> None:
    sets = ShingleSets.of(corpus(seed), Shingling("word", 2))
    found = signatures(sets)
    for row in range(len(sets)):
        theirs = MinHash(num_perm=128, scheme="affine32", hashfunc=lambda value: value)
        theirs.update_batch((sets[row] & np.uint64(0xFFFFFFFF)).tolist())
        assert np.array_equal(found[row], theirs.hashvalues)


def test_signatures_do_not_depend_on_how_many_texts_are_cut_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [*corpus(7), "x " * 9, "", "one 🙂 two", "ΣΑΣ İ"]
    whole = signatures(ShingleSets.of(texts, Shingling("word", 2)))
    monkeypatch.setattr(shingles, "CUT_AT_ONCE", 13)
    assert np.array_equal(signatures(ShingleSets.of(texts, Shingling("word", 2))), whole)


def test_no_rows_have_no_signatures() -> None:
    found = signatures(ShingleSets.of([], Shingling("word", 5)))
    assert found.shape == (0, 128)
    assert band_keys(found, bands(0.8)).shape == (21, 0)


@pytest.mark.parametrize(("threshold", "expected"), [(0.8, Bands(21, 6)), (0.65, Bands(32, 4)), (1.0, Bands(1, 128))])
def test_bands_are_the_most_selective_that_hardly_miss(threshold: float, expected: Bands) -> None:
    assert bands(threshold) == expected
    assert bands(threshold).miss(threshold) <= 0.003
    if expected.rows < 128:
        assert Bands(128 // (expected.rows + 1), expected.rows + 1).miss(threshold) > 0.003


def test_a_threshold_too_low_for_any_bands_gets_single_values_and_an_honest_miss() -> None:
    assert bands(0.01) == Bands(128, 1)
    assert bands(0.01).miss(0.01) == pytest.approx(0.99**128)


def test_band_keys_are_equal_exactly_where_the_values_of_the_band_are() -> None:
    generator = np.random.default_rng(1)
    values = generator.integers(0, 2, (80, 128), dtype=np.uint32)
    shape = Bands(21, 6)
    keys = band_keys(values, shape)
    for band in range(shape.count):
        part = values[:, band * 6 : band * 6 + 6]
        same = (part[:, None] == part[None]).all(axis=2)
        assert np.array_equal(keys[band][:, None] == keys[band][None], same)
    assert len(np.intersect1d(keys[0], keys[1])) == 0


def test_pairs_at_the_threshold_share_a_band_about_as_often_as_stated() -> None:
    generator = np.random.default_rng(5)
    pairs, shared, own = 3_000, 40, 5
    sets = []
    for _ in range(pairs):
        values = np.unique(generator.integers(0, 1 << 63, shared + 2 * own, dtype=np.uint64))
        order = generator.permutation(values)
        sets += [np.sort(order[own:]), np.sort(order[:-own])]
    flat = ShingleSets(np.concatenate(sets), np.arange(0, 2 * pairs + 1, dtype=np.int64) * (shared + own))
    keys = band_keys(signatures(flat), bands(0.8))
    assert (~(keys[:, ::2] == keys[:, 1::2]).any(axis=0)).mean() < 0.005


def test_keys_straight_from_the_shingles_are_those_of_the_signatures() -> None:
    runs = ShingleRuns.of(corpus(4), Shingling("word", 2))
    assert np.array_equal(keys_of(runs, bands(0.65)), band_keys(signatures(runs), bands(0.65)))
