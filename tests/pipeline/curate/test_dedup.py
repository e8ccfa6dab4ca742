"""Deduplication against a brute-force reading of its own rules, which compares every row with every kept row."""

import random
import re
import unicodedata
from typing import Any

import pyarrow as pa
import pytest

from pipeline.curate.dedup import Conflict, DedupSettings, find_duplicates
from pipeline.errors import InputError

Verdict = tuple[str | None, Any, float | None]

WORDS = [f"w{number}" for number in range(400)]


def table_of(texts: list[str], **columns: list[Any]) -> pa.Table:
    return pa.table({"id": range(len(texts)), "text": pa.array(texts, pa.string()), **columns})


def judged(table: pa.Table, threshold: float = 0.8, **options: Any) -> dict[Any, Verdict]:
    settings = DedupSettings(threshold, options.pop("shingle", "word:5"))
    found = find_duplicates(table, id="id", text="text", settings=settings, **options)
    assert found["id"].to_pylist() == table["id"].to_pylist()
    return {row["id"]: (row["reason"], row["twin_id"], row["similarity"]) for row in found.to_pylist()}


def shingles(text: str, size: int = 5) -> frozenset[str]:
    found = re.findall(r"\w+", text.lower())
    return (
        frozenset(" ".join(found[at : at + size]) for at in range(max(1, len(found) - size + 1)))
        if found
        else frozenset()
    )


def plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def brute_force(rows: list[dict[str, Any]], threshold: float, conflict: Conflict | None = None) -> dict[Any, Verdict]:
    """`rows` in the order of visits, each with id, text and perhaps `fixed`."""
    kept: list[dict[str, Any]] = []
    verdicts: dict[Any, Verdict] = {row["id"]: (None, None, None) for row in rows}
    partners: dict[Any, list[tuple[float, int, Any]]] = {}
    sets = {row["id"]: shingles(row["text"]) for row in rows}
    plains = {row["id"]: plain(row["text"]) for row in rows}
    for place, row in enumerate(rows):
        twins = [(1.0, "exact", other) for other in kept if plains[other["id"]] == plains[row["id"]]]
        for other in kept if not twins else []:
            mine, theirs = sets[row["id"]], sets[other["id"]]
            if mine and theirs and len(mine & theirs) / len(mine | theirs) >= threshold:
                twins.append((len(mine & theirs) / len(mine | theirs), "near", other))
        if row.get("fixed") or not twins:
            kept.append(row)
            continue
        twins.sort(key=lambda twin: -twin[0])
        against = [twin for twin in twins if conflict and conflict(row, twin[2])]
        similarity, reason, twin = (against or twins)[0]
        verdicts[row["id"]] = (reason, twin["id"], similarity)
        if against:
            partners.setdefault(twin["id"], []).append((-similarity, place, row["id"]))
    fixed = {row["id"] for row in rows if row.get("fixed")}
    for own, (reason, twin_id, similarity) in list(verdicts.items()):
        if reason and twin_id in partners:
            verdicts[own] = ("near_conflict", twin_id, similarity)
        elif own in partners and own not in fixed:
            best = min(partners[own])
            verdicts[own] = ("near_conflict", best[2], -best[0])
    return verdicts


def corpus(seed: int, originals: int = 60) -> list[str]:
    """Random texts, and copies of some with words changed, case changed, or parts cut off."""
    generator = random.Random(seed)
    texts = [" ".join(generator.choices(WORDS, k=generator.choice([2, 4, 30, 60, 120]))) for _ in range(originals)]
    for _ in range(2 * originals):
        found = generator.choice(texts).split(" ")
        for _ in range(generator.choice([0, 0, 1, 1, 2, 5])):
            found[generator.randrange(len(found))] = generator.choice(WORDS)
        found = found[: generator.choice([len(found), len(found), 25])]
        texts.append(" ".join(found).upper() if generator.random() < 0.2 else " ".join(found))
    texts += ["", "🙂", "🙂", " ", "!?"]
    generator.shuffle(texts)
    return texts


@pytest.mark.parametrize("threshold", [0.5, 0.65, 0.8, 1.0])
@pytest.mark.parametrize("seed", range(6))
def test_every_verdict_is_that_of_brute_force(seed: int, threshold: float) -> None:
    texts = corpus(seed)
    found = judged(table_of(texts), threshold)
    assert found == brute_force([{"id": row, "text": text} for row, text in enumerate(texts)], threshold)
    assert {reason for reason, _, _ in found.values()} >= {None, "exact"}


@pytest.mark.parametrize("seed", range(4))
def test_conflicts_are_set_aside_as_brute_force_sets_them_aside(seed: int) -> None:
    texts = corpus(seed)
    answers = [random.Random(row + seed).choice("AAAAB") for row in range(len(texts))]
    rows = [
        {"id": row, "text": text, "answer": answer}
        for row, (text, answer) in enumerate(zip(texts, answers, strict=True))
    ]

    def differ(row: Any, kept: Any) -> bool:
        return bool(row["answer"] != kept["answer"])

    found = judged(table_of(texts, answer=answers), conflict=differ)
    assert found == brute_force(rows, 0.8, differ)
    assert {"exact", "near", "near_conflict"} == {reason for reason, _, _ in found.values() if reason}


@pytest.mark.parametrize("seed", range(4))
def test_existing_rows_stay_and_others_are_compared_with_them(seed: int) -> None:
    texts = corpus(seed)
    fixed = [random.Random(row).random() < 0.3 for row in range(len(texts))]
    rows = [
        {"id": row, "text": text, "fixed": stays} for row, (text, stays) in enumerate(zip(texts, fixed, strict=True))
    ]
    found = judged(table_of(texts, old=fixed), fixed="old")
    assert found == brute_force(sorted(rows, key=lambda row: not row["fixed"]), 0.8)
    assert all(found[row] == (None, None, None) for row, stays in enumerate(fixed) if stays)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_input_decides_nothing(seed: int) -> None:
    texts = corpus(seed)
    table = table_of(texts, score=[random.Random(row).choice([1.0, 2.0, None]) for row in range(len(texts))])
    order = random.Random(seed + 100).sample(range(len(texts)), len(texts))
    rank = [("score", "descending")]
    assert judged(table.take(order), rank=rank) == judged(table, rank=rank)


def test_the_best_by_rank_stays_and_equals_go_by_the_smallest_id() -> None:
    texts = ["one two three four five six"] * 4
    table = pa.table({"id": ["d", "c", "b", "a"], "text": texts, "score": [2.0, 9.0, None, 9.0]})
    found = judged(table, rank=[("score", "descending")])
    assert found["a"] == (None, None, None)
    assert {found[other] for other in "bcd"} == {("exact", "a", 1.0)}


def test_a_similarity_exactly_at_the_threshold_is_a_duplicate() -> None:
    common = " ".join(f"c{number}" for number in range(11))
    found = judged(table_of([f"{common} x", f"{common} y"]), 7 / 9)
    assert found[1] == ("near", 0, 7 / 9)
    assert judged(table_of([f"{common} x", f"{common} y"]), 0.78)[1] == (None, None, None)


def test_the_twin_is_the_most_similar_kept_row_and_not_the_first() -> None:
    base = [f"c{number}" for number in range(64)]
    first, second = [*base[:52], *WORDS[:8]], [*base, "some", "more"]
    texts = [" ".join(text) for text in (first, second, base[:60])]
    found = judged(table_of(texts), 0.7)
    assert found[0][0] is found[1][0] is None
    assert found[2] == ("near", 1, 56 / 62)


def test_a_chain_of_near_duplicates_keeps_what_is_apart() -> None:
    base = [f"c{number}" for number in range(80)]
    texts = [" ".join([*base[step:], *(f"d{number}" for number in range(step))]) for step in (0, 5, 10)]
    found = judged(table_of(texts), 0.8)
    assert [found[row][0] for row in range(3)] == [None, "near", None]


def test_a_conflict_sets_the_whole_group_aside_and_names_the_partner() -> None:
    base = " ".join(f"c{number}" for number in range(40))
    table = table_of([base, f"{base} x", f"{base} y", "something else"], answer=["A", "A", "B", "B"])
    found = judged(table, conflict=lambda row, kept: row["answer"] != kept["answer"])
    assert {row: verdict[:2] for row, verdict in found.items()} == {
        0: ("near_conflict", 2),
        1: ("near_conflict", 0),
        2: ("near_conflict", 0),
        3: (None, None),
    }
    assert found[0][2] == found[2][2] == 36 / 37


@pytest.mark.parametrize("texts", [[], ["alone"], ["nothing in", "common here"]])
def test_without_duplicates_nobody_is_asked_about_conflicts(texts: list[str]) -> None:
    def refuse(_row: Any, _kept: Any) -> bool:
        raise AssertionError

    assert judged(table_of(texts), conflict=refuse) == dict.fromkeys(range(len(texts)), (None, None, None))


def test_an_existing_row_stays_even_in_a_conflict() -> None:
    table = table_of(["a b c d e f"] * 2, answer=["A", "B"], old=[True, False])
    found = judged(table, fixed="old", conflict=lambda row, kept: row["answer"] != kept["answer"])
    assert found == {0: (None, None, None), 1: ("near_conflict", 0, 1.0)}


def test_texts_without_words_are_duplicates_only_of_their_equals() -> None:
    found = judged(table_of(["🙂", "🙃", "🙂", "", " ", "…"]))
    assert [found[row][:2] for row in range(6)] == [
        (None, None),
        (None, None),
        ("exact", 0),
        (None, None),
        ("exact", 3),
        (None, None),
    ]


def test_composed_and_decomposed_letters_are_equal() -> None:
    assert judged(table_of(["un café, s'il vous plaît", "un cafe\u0301, s'il vous plai\u0302t"]))[1] == (
        "exact",
        0,
        1.0,
    )


@pytest.mark.parametrize(
    "text",
    [
        "价 格 为 五 元 整 含 税 费 用 由 买 方 承 担",
        "שלום עולם זה טקסט קצר מאוד של אותנו",
        "nul \x00 a b c d e f g \x00 h",
    ],
)
def test_every_script_and_even_nul_has_near_duplicates(text: str) -> None:
    found = judged(table_of([text, f"{text}!", f"{text} {'x ' * 40}"]))
    assert [found[row][:2] for row in range(3)] == [(None, None), ("near", 0), (None, None)]


def test_character_shingles_find_what_word_shingles_do_not() -> None:
    texts = [
        "The payment is due within thirty days of the invoice.",
        "The payments are due within thirty days of the invoice!",
    ]
    assert judged(table_of(texts), 0.6, shingle="char:4")[1][0] == "near"
    assert judged(table_of(texts), 0.6)[1][0] is None


def test_no_rows_and_one_row_are_fine() -> None:
    empty = find_duplicates(table_of([]), id="id", text="text", settings=DedupSettings())
    assert empty.num_rows == 0
    assert empty.column_names == ["id", "reason", "twin_id", "similarity"]
    assert judged(table_of(["alone"])) == {0: (None, None, None)}


def test_of_rows_that_are_all_equal_one_stays() -> None:
    found = judged(table_of(["the same text again and again"] * 500))
    assert [row for row, (reason, _, _) in found.items() if reason is None] == [0]


@pytest.mark.slow
def test_a_row_of_five_megabytes_is_compared_like_any_other() -> None:
    generator = random.Random(1)
    long = " ".join(generator.choices(WORDS, k=1_000_000))
    found = judged(table_of(["short text of only six words", long, f"{long} and a little more"]))
    assert [found[row][:2] for row in range(3)] == [(None, None), (None, None), ("near", 1)]


@pytest.mark.parametrize("seed", range(3))
def test_planted_pairs_just_above_the_threshold_are_found(seed: int) -> None:
    generator = random.Random(seed)
    texts = []
    for pair in range(400):
        base = [f"p{pair}x{number}" for number in range(64)]
        other = list(base)
        other[generator.choice([0, 63])] = "changed"
        other[generator.randrange(20, 40)] = "altered"
        texts += [" ".join(base), " ".join(other)]
    found = judged(table_of(texts))
    near = [similarity for reason, _, similarity in found.values() if reason == "near"]
    assert 0.81 < min(near) == max(near) < 0.83
    assert len(near) >= 398


@pytest.mark.parametrize("threshold", [0, -0.1, 1.01, float("nan")])
def test_a_threshold_out_of_range_is_refused(threshold: float) -> None:
    with pytest.raises(InputError, match=r"outside \(0, 1\]"):
        DedupSettings(threshold)


@pytest.mark.parametrize("ids", [[1, 1], [1, None]])
def test_ids_that_cannot_decide_are_refused(ids: list[int | None]) -> None:
    with pytest.raises(InputError, match="an id of its own"):
        judged(pa.table({"id": ids, "text": ["a", "b"]}))


def test_missing_columns_and_null_texts_are_refused() -> None:
    with pytest.raises(InputError, match="no column 'score'"):
        judged(table_of(["a"]), rank=[("score", "ascending")])
    with pytest.raises(InputError, match="null at row 1"):
        judged(table_of(["a", None]))  # type: ignore[list-item]
