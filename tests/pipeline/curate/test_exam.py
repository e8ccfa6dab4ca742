"""The inverted index against Python's sets, and which items of an exam can be found inside a text."""

import random

import numpy as np
import pyarrow as pa
import pytest

from pipeline.curate import exam as room
from pipeline.curate.exam import Exam, Postings
from pipeline.curate.shingles import ShingleSets, Shingling
from pipeline.errors import InputError


def exam_of(texts: list[str], shingle: str = "word:5") -> Exam:
    return Exam.of({"final": pa.table({"id": range(len(texts)), "text": texts})}, id="id", text="text", shingle=shingle)


@pytest.mark.parametrize("at_once", [1, 40, 1 << 20])
@pytest.mark.parametrize("seed", range(3))
def test_overlaps_count_every_shared_shingle_of_every_pair(
    seed: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "LOOKED_UP_AT_ONCE", at_once)
    generator = random.Random(seed)
    texts = [" ".join(generator.choices("abcdefg", k=generator.randrange(0, 30))) for _ in range(60)]
    sets = ShingleSets.of(texts, Shingling("word", 2))
    samples, items = sets.take(np.arange(30)), sets.take(np.arange(30, 60))
    found = Postings.of(items, np.arange(30)).overlaps(samples)
    plain = [set(sets[row].tolist()) for row in range(60)]
    expected = {
        (sample, item): len(plain[sample] & plain[30 + item])
        for sample in range(30)
        for item in range(30)
        if plain[sample] & plain[30 + item]
    }
    assert {(s, i): n for s, i, n in zip(*(side.tolist() for side in found), strict=True)} == expected


def test_an_index_of_items_without_shingles_finds_nothing() -> None:
    nothing = ShingleSets.of(["🙂", ""], Shingling("word", 2))
    found = Postings.of(nothing, np.arange(2)).overlaps(ShingleSets.of(["a b c"], Shingling("word", 2)))
    assert [len(side) for side in found] == [0, 0, 0]


def test_items_of_under_three_words_are_counted_as_too_short() -> None:
    exam = exam_of(["card lost", "🙂", "", "my card lost", "my blue card is lost"])
    assert exam.too_short == 3
    assert [str(shingling) for shingling, _ in exam.runs] == ["word:3"]
    assert exam.shared_by_part.tolist() == [False, False, False, False, True]


def test_items_shorter_than_a_long_shingle_must_be_found_whole() -> None:
    exam = exam_of(["one two three four five six", "a b c d e f g h i"], "word:8")
    assert [str(shingling) for shingling, _ in exam.runs] == ["word:6"]
    assert exam.shared_by_part.tolist() == [False, True]


def test_several_sets_keep_their_names_and_ids() -> None:
    tables = {
        "calibration": pa.table({"key": ["c1"], "body": ["a b c"]}),
        "final": pa.table({"key": ["f1", "f2"], "body": ["d e f", "g h i"]}),
    }
    exam = Exam.of(tables, id="key", text="body")
    assert exam.sets == ("calibration", "final", "final")
    assert exam.ids.to_pylist() == ["c1", "f1", "f2"]
    assert len(exam) == 3


def test_an_exam_without_rows_is_refused_and_named() -> None:
    full, empty = pa.table({"id": [1], "text": ["a"]}), pa.table({"id": [], "text": []})
    with pytest.raises(InputError, match="dev: no rows to check against"):
        Exam.of({"final": full, "dev": empty}, id="id", text="text")
    with pytest.raises(InputError, match="exam: no rows to check against"):
        Exam.of({}, id="id", text="text")


def test_an_item_without_text_is_refused_and_not_passed_over() -> None:
    with pytest.raises(InputError, match="final: 'text' is null at row 1"):
        exam_of(["a", None])  # type: ignore[list-item]


def test_a_missing_column_names_the_set() -> None:
    with pytest.raises(InputError, match="final: no column 'id'"):
        Exam.of({"final": pa.table({"text": ["a"]})}, id="id", text="text")
