"""The wall: no document and no text stands in two of the sets, as a document id or as words.

Two real rows that are near-duplicates across sets would make one set a rehearsal of the other; a seed that is one would
teach the exam.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations

import pyarrow as pa

from pipeline.curate.decontaminate import Cuts, check
from pipeline.curate.exam import Exam
from pipeline.curate.settings import Dedup
from pipeline.seeds.rows import BadRow


def breaches(tables: Mapping[str, pa.Table], settings: Dedup) -> list[BadRow]:
    """Every row that stands on both sides of the wall: the later set's row, with its twin. `settings` says from what
    similarity.
    """
    found = []
    for (one, left), (other, right) in combinations(tables.items(), 2):
        found += [*_documents(one, left, other, right), *_texts(one, left, other, right, settings)]
    return found


def _documents(one: str, left: pa.Table, other: str, right: pa.Table) -> Iterator[BadRow]:
    places = dict(zip(left["document_id"].to_pylist(), left["place"].to_pylist(), strict=True))
    for document, place in zip(right["document_id"].to_pylist(), right["place"].to_pylist(), strict=True):
        if document in places:
            reason = (
                f"document {document!r} of {other} is also in {one} ({places[document]}); keep each document in one set"
            )
            yield BadRow(place, reason)


def _texts(one: str, left: pa.Table, other: str, right: pa.Table, settings: Dedup) -> Iterator[BadRow]:
    identity = "seed_id" if "seed_id" in left.column_names else "item_id"
    exam = Exam.of({one: left}, id=identity, text="text", shingle=settings.shingle)
    found = check(right["text"].to_pylist(), exam, Cuts(settings.threshold, 1.0))
    documents = right["document_id"].to_pylist(), left["document_id"].to_pylist()
    for row, verdict in enumerate(found.to_pylist()):
        item = verdict["twin_item"]
        if (
            verdict["reason"] is None
            or verdict["reason"] == "contaminated_containment"
            or documents[0][row] == documents[1][item]
        ):
            continue
        place, similarity = left["place"][item].as_py(), verdict["similarity"]
        reason = f"text of {other} stands in {one} too ({place}, Jaccard {similarity:.2f}); take it out of one of them"
        yield BadRow(right["place"][row].as_py(), reason)
