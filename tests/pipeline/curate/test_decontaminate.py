"""Contamination against a brute-force comparison of every sample with every item."""

import pickle
import random
import re
from typing import Any

import pyarrow as pa
import pytest

from pipeline.curate import decontaminate
from pipeline.curate.decontaminate import Cuts, check, contamination
from pipeline.curate.exam import Exam
from pipeline.errors import InputError

ITEM = "the supplier shall deliver the goods to the buyer within thirty days of the order date"


def exam_of(texts: list[str], shingle: str = "word:5") -> Exam:
    table = pa.table({"id": [f"item-{row}" for row in range(len(texts))], "text": texts})
    return Exam.of({"final": table}, id="id", text="text", shingle=shingle)


def verdict(text: str, items: list[str], cuts: Cuts | None = None, shingle: str = "word:5") -> tuple[Any, Any, Any]:
    row = check([text], exam_of(items, shingle), cuts or Cuts()).to_pylist()[0]
    return row["reason"], row["twin_item"], row["similarity"]


def corpus(seed: int) -> tuple[list[str], list[str]]:
    """Items of all lengths, and samples that repeat parts of them."""
    generator = random.Random(seed)
    vocabulary = [f"w{number}" for number in range(150)]
    items = [" ".join(generator.choices(vocabulary, k=generator.choice([1, 2, 3, 4, 5, 7, 20, 40]))) for _ in range(80)]
    items += ["", "🙂", "Exactly Equal"]
    samples = []
    for _ in range(150):
        found = generator.choice(items).split(" ")
        for _ in range(generator.choice([0, 0, 1, 3])):
            found[generator.randrange(len(found))] = generator.choice(vocabulary)
        filler = generator.choices(vocabulary, k=generator.choice([0, 0, 2, 30]))
        samples.append(" ".join([*filler, *found, *filler[:5]]))
    return [*samples, "", "🙂", "exactly  equal", "nothing like it"], items


def cut(text: str, size: int) -> tuple[list[str], set[str]]:
    """The words, and the shingles."""
    words = re.findall(r"\w+", text.lower())
    return words, {" ".join(words[at : at + size]) for at in range(max(1, len(words) - size + 1))} if words else set()


def brute_force(
    text: str, items: list[tuple[list[str], set[str]]], size: int
) -> tuple[tuple[float, int | None], tuple[float, int | None]]:
    """The nearest item by Jaccard similarity and the best contained one, the first of several."""
    jaccard: tuple[float, int | None] = (0.0, None)
    containment: tuple[float, int | None] = (0.0, None)
    words, mine = cut(text, size)
    for number, (theirs_in_order, theirs) in enumerate(items):
        count = len(theirs_in_order)
        shared = len(mine & theirs)
        if shared and shared / len(mine | theirs) > jaccard[0]:
            jaccard = (shared / len(mine | theirs), number)
        if count >= max(5, size):
            part = shared / len(theirs)
        else:
            part = float(count >= 3 and f" {' '.join(theirs_in_order)} " in f" {' '.join(words)} ")
        if part > containment[0]:
            containment = (part, number)
    return jaccard, containment


@pytest.mark.parametrize("size", [2, 5, 8])
@pytest.mark.parametrize("seed", range(3))
def test_every_sample_is_compared_with_every_item_exactly(seed: int, size: int) -> None:
    samples, items = corpus(seed)
    found = check(samples, exam_of(items, f"word:{size}"), Cuts()).to_pylist()
    shingled = [cut(item, size) for item in items]
    for text, row in zip(samples, found, strict=True):
        jaccard, containment = brute_force(text, shingled, size)
        assert (row["jaccard"], row["jaccard_item"]) == jaccard
        assert (row["containment"], row["containment_item"]) == containment


def test_the_reasons_come_in_their_order_each_with_its_own_figure() -> None:
    samples, items = corpus(3)
    found = check(samples, exam_of(items), Cuts()).to_pylist()
    plain = [" ".join(item.lower().split()) for item in items]
    for text, row in zip(samples, found, strict=True):
        if (same := " ".join(text.lower().split())) in plain:
            expected = ("contaminated_exact", plain.index(same), 1.0)
        elif row["jaccard"] >= 0.65:
            expected = ("contaminated_jaccard", row["jaccard_item"], row["jaccard"])
        elif row["containment"] >= 0.8:
            expected = ("contaminated_containment", row["containment_item"], row["containment"])
        else:
            expected = (None, None, None)
        assert (row["reason"], row["twin_item"], row["similarity"]) == expected
        assert row["twin_id"] == (None if expected[1] is None else f"item-{expected[1]}")
        assert row["twin_set"] == (None if expected[1] is None else "final")
    assert len({row["reason"] for row in found}) == 4


def test_a_short_item_inside_a_long_sample_is_found_by_containment() -> None:
    reason, item, similarity = verdict(
        f"{'filler words ' * 60}{ITEM}{' more words' * 60}", ["other words entirely", ITEM]
    )
    assert (reason, item, similarity) == ("contaminated_containment", 1, 1.0)


def test_three_words_must_stand_together_to_be_contained() -> None:
    assert verdict("please block my card at once, I say", ["block my card"])[0] == "contaminated_containment"
    assert verdict("please block the card, my friend, at once", ["block my card"])[0] is None


def test_two_words_prove_nothing_unless_the_sample_is_no_more() -> None:
    assert verdict("I want to order a new card arrival please", ["card arrival"])[0] is None
    assert verdict("Card   ARRIVAL", ["card arrival"]) == ("contaminated_exact", 0, 1.0)
    assert verdict("card, arrival!", ["card arrival"]) == ("contaminated_jaccard", 0, 1.0)


def test_a_similarity_exactly_at_the_cut_counts() -> None:
    common = " ".join(f"c{number}" for number in range(11))
    assert verdict(f"{common} x", [f"{common} y"], Cuts(7 / 9, 1.0)) == ("contaminated_jaccard", 0, 7 / 9)
    assert verdict(f"{common} x", [f"{common} y"], Cuts(0.78, 1.0))[0] is None


def test_seven_tenths_reach_the_cut_of_seven_tenths() -> None:
    common = " ".join(f"c{number}" for number in range(11))
    assert verdict(f"{common} x y", [f"{common} z"], Cuts(0.7, 1.0)) == ("contaminated_jaccard", 0, 0.7)


@pytest.mark.parametrize("text", ["🙂🙂", "  ", "價格"])
def test_texts_without_a_word_in_common_are_equal_or_nothing(text: str) -> None:
    assert verdict(text, [text])[0] == "contaminated_exact"
    assert verdict(text, ["🙃 other"])[0] is None


def test_character_shingles_compare_too() -> None:
    assert verdict(f"{ITEM}!!", [ITEM], shingle="char:9")[0] == "contaminated_jaccard"
    assert (
        verdict(f"{' '.join(map(str, range(900)))} {ITEM}", [ITEM], shingle="char:9")[0] == "contaminated_containment"
    )


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    samples, items = corpus(4)
    exam = exam_of(items)
    whole = check(samples, exam, Cuts())
    monkeypatch.setattr(decontaminate, "BLOCK", 7)
    assert check(samples, exam, Cuts()).equals(whole)


def test_no_samples_give_no_rows_of_the_same_columns() -> None:
    exam = exam_of([ITEM])
    assert check([], exam, Cuts()).num_rows == 0
    assert check([], exam, Cuts()).schema == check(["a"], exam, Cuts()).schema


def test_the_stage_appends_what_the_check_finds_and_travels() -> None:
    exam = exam_of([ITEM])
    stage = contamination(exam, Cuts(), text="body")
    found = stage.load()(pa.table({"body": [ITEM, "clean"], "row": [0, 1]}))
    assert found.column_names == ["body", "row", *stage.writes]
    assert found["reason"].to_pylist() == ["contaminated_exact", None]
    assert check([ITEM], pickle.loads(pickle.dumps(exam)), Cuts()).equals(check([ITEM], exam, Cuts()))


def test_a_sample_without_text_is_refused_and_not_called_clean() -> None:
    with pytest.raises(InputError, match="null at row 1"):
        contamination(exam_of([ITEM]), Cuts()).load()(pa.table({"text": ["a", None]}))


@pytest.mark.parametrize("cuts", [(0, 0.8), (1.1, 0.8), (0.65, 0), (0.65, 1.5)])
def test_cuts_out_of_range_are_refused(cuts: tuple[float, float]) -> None:
    with pytest.raises(InputError, match=r"outside \(0, 1\]"):
        Cuts(*cuts)


def test_one_long_run_of_words_in_common_is_counted_and_removes_only_if_asked() -> None:
    item = " ".join(f"i{place}" for place in range(100))
    exam = Exam.of({"dev": pa.table({"row": [7], "text": [item]})}, id="row", text="text")
    texts = [f"a sample that holds {' '.join(item.split()[20:33])} and no more", " ".join(item.split()[:12])]
    found = check(texts, exam, Cuts()).to_pylist()
    assert [(row["reason"], row["ngram_item"]) for row in found] == [(None, 0), (None, None)]
    assert found[0]["ngram"] == 1 / 88
    removed = check(texts, exam, Cuts(ngram=True)).to_pylist()
    assert [(row["reason"], row["twin_id"], row["similarity"]) for row in removed] == [
        ("contaminated_ngram", 7, 1 / 88),
        (None, None, None),
    ]


def test_an_item_shorter_than_the_long_run_has_none() -> None:
    exam = Exam.of({"dev": pa.table({"row": [0], "text": ["only six words are in this"]})}, id="row", text="text")
    assert check(["only six words are in this"], exam, Cuts(ngram=True))["ngram"].to_pylist() == [0]
