"""What is compared, and how: sketches, classes of equal texts, pairs; against Python's sets and texts."""

import random

import numpy as np
import pyarrow as pa
import pytest

from pipeline.curate import twins
from pipeline.curate.minhash import bands
from pipeline.curate.shingles import ShingleRuns, ShingleSets, Shingling, normalise
from pipeline.curate.twins import Pairs, Sketches, bitmaps_of, exact_classes, find_pairs
from pipeline.curate.visits import GOES, STAYS

WORDS = Shingling("word", 2)


def column(texts: list[str]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(texts, pa.large_string())])


def random_texts(seed: int, count: int = 50) -> list[str]:
    generator = random.Random(seed)
    return [" ".join(generator.choices("abcdefgh", k=generator.randrange(1, 60))) for _ in range(count)]


def pairs_of(texts: list[str], roles: list[int] | None = None, threshold: float = 0.5, **options: int) -> Pairs:
    given = np.array(roles or [0] * len(texts), np.uint8)
    return find_pairs(
        column(texts),
        np.arange(len(texts)),
        given,
        threshold=threshold,
        shingling=WORDS,
        bands=bands(threshold),
        **options,
    )


def template(rows: int, words: int, changed: int) -> list[str]:
    """One text, some words changed in each."""
    generator = random.Random(5)
    texts = []
    for row in range(rows):
        one = [f"w{number}" for number in range(words)]
        for place in generator.sample(range(words), changed):
            one[place] = f"c{row}x{place}"
        texts.append(" ".join(one))
    return texts


def test_a_text_without_shingles_has_no_bands() -> None:
    sketches = Sketches.of(column(["🙂", "some words that make bands", ""]), WORDS, bands(0.8))
    assert (len(sketches.digests), sketches.filled.tolist(), sketches.keys.shape) == (3, [1], (21, 1))


@pytest.mark.slow
def test_texts_have_one_digest_exactly_where_their_normal_forms_are_equal() -> None:
    every = [chr(code) for code in (*range(0x20, 0x3400), *range(0xA640, 0xD7FF), *range(0xF900, 0x10FFF))]
    texts = [*every, *(f"a{letter}" for letter in every), *(f"A {letter} b" for letter in every), "straße", "STRASSE"]
    blanks = ["", " ", "\t a", "a \n", "a  \x1f b", "a b ", " A\u2003b", "a\xa0b", "K", "\u212a", "k \u212a", "k k"]
    texts += blanks
    found = ShingleRuns.of(texts, Shingling("char", 5)).digests.tolist()
    assert found == ShingleRuns.of(texts, Shingling("word", 5)).digests.tolist()
    assert dict(zip(found, map(normalise, texts), strict=True)) == {
        digest: normalise(text) for digest, text in zip(reversed(found), reversed(texts), strict=True)
    }
    assert len(set(found)) == len({normalise(text) for text in texts})


def test_texts_are_in_one_class_only_if_they_are_equal_and_not_because_a_digest_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(twins, "COMPARED_AT_ONCE", 2)
    texts = ["One  two", "one two", "other", "one two", "third", "THIRD", "alone"]
    found = exact_classes(column(texts), np.array([7, 7, 7, 7, 7, 7, 9], np.uint64)).tolist()
    assert found[0] == found[1] == found[3]
    assert found[4] == found[5]
    assert len({found[0], found[2], found[4]}) == 3
    assert found[6] == -1


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.8])
def test_bitmaps_never_differ_in_more_bits_than_the_sets_in_values(threshold: float) -> None:
    sets = ShingleSets.of(random_texts(4), WORDS)
    maps = bitmaps_of(sets, threshold)
    for one in range(len(sets)):
        for other in range(one):
            bits = sum(int(left ^ right).bit_count() for left, right in zip(maps[one], maps[other], strict=True))
            assert bits <= len(set(sets[one].tolist()) ^ set(sets[other].tolist()))


def test_every_twin_is_given_when_asked_for_the_most_similar_first() -> None:
    texts = ["a b c d e f g h", "a b c d e f x y", "x b c d e f g h", "a b c d e f g h i"]
    found = pairs_of(texts, [STAYS, STAYS, STAYS, 0], partners=8)
    assert found.rows.tolist() == [3, 3, 3]
    assert found.twins.tolist() == [0, 2, 1]
    assert found.similarities.tolist() == [7 / 8, 6 / 9, 5 / 10]
    assert pairs_of(texts, [STAYS, STAYS, STAYS, 0], partners=2).twins.tolist() == [0, 2]


def test_a_row_that_is_never_kept_is_compared_and_nothing_is_compared_with_it() -> None:
    texts = ["a b c d", "p q r s", "p q r s", "a b c d"]
    found = pairs_of(texts, [STAYS, GOES, GOES, GOES])
    assert (found.rows.tolist(), found.twins.tolist()) == ([3], [0])


def test_what_no_bound_meets_is_compared_with_the_kept_rows_of_its_buckets() -> None:
    found = pairs_of(template(120, 120, 6), threshold=0.8)
    assert (len(found.rows), found.left_out, found.bounded) == (0, 0, 0)
    assert 120 * 119 / 4 < found.compared <= 120 * 119 / 2


def test_where_everything_resembles_everything_the_bound_holds_and_says_what_it_left_out() -> None:
    texts = template(120, 120, 6)
    whole, bounded = pairs_of(texts, threshold=0.8), pairs_of(texts, threshold=0.8, limit=10)
    assert 10 * 100 < bounded.compared <= 10 * 120
    assert bounded.compared + bounded.left_out >= whole.compared
    assert 100 < bounded.bounded <= 110


def test_within_the_bound_buckets_of_few_come_first() -> None:
    """Of rows that all share some buckets, a true twin also shares one with nobody else, and is found."""
    texts = template(120, 120, 6)
    found = pairs_of([*texts, f"{texts[60]} more"], threshold=0.8, limit=10)
    assert (found.rows.tolist(), found.twins.tolist()) == ([120], [60])
