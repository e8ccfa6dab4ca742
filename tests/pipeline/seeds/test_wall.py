import pyarrow as pa

from pipeline.curate.settings import Dedup
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


def found(seeds: list[tuple[str, str]], final: list[tuple[str, str]]) -> list[str]:
    tables = {"seeds": rows(SEED, "seed_id", *seeds), "final": rows(REAL, "item_id", *final)}
    return [f"{bad.place}: {bad.reason}" for bad in breaches(tables, Dedup())]


def test_sets_that_share_nothing_pass() -> None:
    assert found([("a", LONG)], [("b", "something else entirely is written in this one")]) == []


def test_a_shared_document_is_named_with_both_places() -> None:
    assert found([("a", "one text")], [("a", "another text of it")]) == [
        "item_id:0: document 'a' of final is also in seeds (seed_id:0); keep each document in one set"
    ]


def test_the_same_words_under_another_document_id_are_found() -> None:
    assert "Jaccard 1.00" in found([("a", LONG)], [("b", LONG.upper() + "  ")])[0]


def test_a_near_copy_is_found() -> None:
    assert "stands in seeds too (seed_id:0, Jaccard 0." in found([("a", LONG)], [("b", LONG + "more")])[0]
