from typing import Any

import pyarrow as pa
import pytest

from pipeline.curate.settings import Contamination
from pipeline.records import REAL, SEED
from pipeline.seeds.wall import breaches

LONG = "the supplier shall deliver the goods to the warehouse in Lyon before the end of each calendar month and " * 2


def rows(schema: pa.Schema, identity: str, *texts: tuple[str, str]) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {identity: f"{identity}-{n}", "text": text, "document_id": document, "place": f"{identity}:{n}"}
            for n, (document, text) in enumerate(texts)
        ],
        schema=schema,
    )


def found(seeds: list[tuple[str, str]], final: list[tuple[str, str]], **settings: Any) -> list[str]:
    tables = {"seeds": rows(SEED, "seed_id", *seeds), "final": rows(REAL, "item_id", *final)}
    return [f"{bad.place}: {bad.reason}" for bad in breaches(tables, Contamination(**settings))]


def test_sets_that_share_nothing_pass() -> None:
    assert found([("a", LONG)], [("b", "something else entirely is written in this one")]) == []


def test_a_shared_document_is_named_with_both_places() -> None:
    assert found([("a", "one text")], [("a", "another text of it")]) == [
        "item_id:0: document 'a' of final is also in seeds (seed_id:0); keep each document in one set"
    ]


def test_a_seed_without_a_document_is_in_nobodys_document() -> None:
    seeds = [{"seed_id": "1", "text": "one text", "document_id": None, "place": "seeds:1"}]
    tables = {"seeds": pa.Table.from_pylist(seeds, schema=SEED), "dev": rows(REAL, "item_id", ("1", "another text"))}
    assert breaches(tables, Contamination()) == []


def test_one_id_in_two_real_sets_is_named_and_a_seed_may_have_any() -> None:
    dev, final = rows(REAL, "item_id", ("a", "a text")), rows(REAL, "item_id", ("b", "something else"))
    seeds = rows(SEED, "seed_id", ("c", "a third")).set_column(0, "seed_id", dev["item_id"])
    found = breaches({"seeds": seeds, "dev": dev, "final": final}, Contamination())
    assert [(bad.place, bad.reason) for bad in found] == [
        ("item_id:0", "id 'item_id-0' of final is that of a row of dev (item_id:0); give it another id")
    ]


def test_the_same_words_under_another_document_id_are_found() -> None:
    assert "Jaccard 1.00" in found([("a", LONG)], [("b", LONG.upper() + "  ")])[0]


def test_a_near_copy_is_found() -> None:
    assert "stands in seeds too (seed_id:0, Jaccard 0." in found([("a", LONG)], [("b", LONG + "more")])[0]


ROW = "The court finds for the plaintiff and orders the defendant to pay all costs within thirty days."


@pytest.mark.parametrize("shingle", ["word:5", "char:5"])
def test_a_text_that_stands_whole_inside_one_of_another_set_is_found_whichever_set_is_the_longer(shingle: str) -> None:
    longer = f"{LONG}. {ROW} And {LONG.upper()}"
    assert found([("a", longer)], [("b", ROW)], shingle=shingle) == [
        "item_id:0: text of final stands inside one of seeds (seed_id:0, 100% of the shorter); "
        "take it out of one of them"
    ]
    assert "final holds one of seeds" in found([("a", ROW)], [("b", longer)], shingle=shingle)[0]


def test_a_stock_phrase_of_a_few_words_inside_a_text_is_no_breach() -> None:
    assert found([("a", f"{LONG} time is of the essence here")], [("b", "Time is of the essence here.")]) == []


def test_a_text_is_refused_from_the_similarity_on_that_samples_are_removed_at() -> None:
    near = LONG.replace("calendar", "second")
    assert "Jaccard 0.7" in found([("a", LONG + ROW)], [("b", near + ROW)])[0]
    assert found([("a", LONG + ROW)], [("b", near + ROW)], cut=0.9, containment=0.9) == []
