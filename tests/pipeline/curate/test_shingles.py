"""Shingles against a second, plain way of cutting texts."""

import re
import sys
from collections.abc import Callable
from typing import Literal

import pyarrow as pa
import pytest

from pipeline.curate.letters import WORD, letters
from pipeline.curate.shingles import ShingleSets, Shingling, normalise, require_texts, words
from pipeline.errors import InputError

SCRIPTS = [
    "Pay within 30 days; else a fee of 5 % is due.",
    "snake_case and naïve café, ÉCOLE",
    "价格 为 五 元 整 含 税",
    "שלום עולם זה טקסט קצר מאוד",
    "مرحبا بالعالم هذا نص قصير",
    "one 🙂 two 👩‍👩‍👧 three four five six",
    "a\x00b c\x00d e f g",
    "e\u0301cole e\u0301te\u0301 combined marks stay apart here",
    "İstanbul ſtraße ǅ ﬁne",
    "".join(chr(code) for code in range(128)),
]


def plain(text: str, size: int) -> set[str]:
    found = re.findall(r"\w+", text.lower())
    if not found:
        return set()
    return {" ".join(found[start : start + size]) for start in range(max(1, len(found) - size + 1))}


def plain_characters(text: str, size: int) -> set[str]:
    whole = " ".join(text.lower().split())
    return {whole[start : start + size] for start in range(max(1, len(whole) - size + 1))} if whole else set()


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize(("unit", "cut"), [("word", plain), ("char", plain_characters)])
def test_shingles_are_runs_of_lower_cased_words_or_characters_in_every_script(
    unit: Literal["word", "char"], cut: Callable[[str, int], set[str]], size: int
) -> None:
    """As many distinct ones as the plain way finds, and as many in common for every two texts."""
    texts = [*SCRIPTS, *(text.upper() for text in SCRIPTS), *(text[: len(text) // 2] for text in SCRIPTS)]
    found = [set(Shingling(unit, size).hashes(text).tolist()) for text in texts]
    expected = [cut(text, size) for text in texts]
    for one in range(len(texts)):
        for other in range(one, len(texts)):
            assert len(found[one] & found[other]) == len(expected[one] & expected[other])


@pytest.mark.slow
def test_every_letter_has_the_lower_case_that_python_gives_it() -> None:
    kinds, lower, _ = letters()
    wrong = [code for code in range(sys.maxunicode + 1) if chr(lower[code]) != chr(code).lower()]
    assert wrong == [ord("İ")]
    assert {code for code in range(sys.maxunicode + 1) if kinds[code] & WORD} == {
        match.start() for match in re.finditer(r"\w", "".join(map(chr, range(sys.maxunicode + 1))))
    }


def test_a_text_shorter_than_a_shingle_is_one_shingle_whole() -> None:
    for spelling in ("word:5", "char:99"):
        shingling = Shingling.parse(spelling)
        assert len(shingling.hashes("Three little words")) == 1
        assert shingling.hashes("Three  LITTLE words").tolist() == shingling.hashes("three little words").tolist()
        assert shingling.hashes("Three little birds").tolist() != shingling.hashes("three little words").tolist()


def test_a_text_without_words_has_no_shingles() -> None:
    assert len(Shingling.parse("word:5").hashes("🙂 … !?")) == 0
    assert len(Shingling.parse("char:3").hashes(" \n\t")) == 0


def test_repeated_shingles_count_once() -> None:
    assert len(Shingling("word", 2).hashes("ho ho ho ho")) == 1


@pytest.mark.parametrize("spelling", ["word", "word:0", "word:-1", "word:05", "words:5", "char:x", "word:5 ", "", "5"])
def test_an_unknown_spelling_is_refused_with_an_example(spelling: str) -> None:
    with pytest.raises(InputError, match="word:5"):
        Shingling.parse(spelling)


def test_a_spelling_reads_back() -> None:
    assert str(Shingling.parse("char:13")) == "char:13"


def test_texts_that_differ_in_case_white_space_or_composition_are_equal_once_normalised() -> None:
    assert normalise("Cafe\u0301 \n\tSTRASSE ") == normalise("café straße")
    assert normalise("a b") != normalise("ab")
    assert normalise("🙂") != normalise("🙃")
    assert normalise(" \u3000 ") == ""


def test_sets_are_kept_side_by_side_and_can_be_picked() -> None:
    shingling = Shingling("word", 1)
    sets = ShingleSets.of(["b a", "", "c", "a b c d"], shingling)
    assert sets.sizes.tolist() == [2, 0, 1, 4]
    picked = sets.take(sets.sizes.argsort()[::-1].copy())
    assert picked.sizes.tolist() == [4, 2, 1, 0]
    assert picked[1].tolist() == shingling.hashes("a b").tolist()
    assert len(ShingleSets.of([], shingling)) == 0


@pytest.mark.slow
def test_a_row_of_five_megabytes_is_cut_like_any_other() -> None:
    text = "lorem ipsum dolor sit amet " * 200_000
    assert len(text) > 5_000_000
    assert len(Shingling("word", 5).hashes(text)) == 5
    assert len(words(text)) == 1_000_000


def test_a_missing_column_names_those_that_are_there() -> None:
    with pytest.raises(InputError, match="no column 'body'; the columns are id, text"):
        require_texts(pa.table({"id": [1], "text": ["a"]}), "body")


def test_nulls_are_named_by_their_places() -> None:
    table = pa.table({"text": ["a", None, None]})
    with pytest.raises(InputError, match=r"x\.jsonl: 'text' is null at x\.jsonl:2, x\.jsonl:9;"):
        require_texts(table, "text", where="x.jsonl", places=["x.jsonl:1", "x.jsonl:2", "x.jsonl:9"])


def test_a_column_of_numbers_holds_no_texts() -> None:
    with pytest.raises(InputError, match="holds int64, not texts"):
        require_texts(pa.table({"text": [1, 2]}), "text")


def test_an_empty_column_of_any_type_is_fine() -> None:
    assert require_texts(pa.table({"text": pa.array([], pa.null())}), "text") is None
