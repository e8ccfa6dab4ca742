"""The wall: no document and no text stands in two of the sets, as a document id, as words, or as a part of a text.

Two real rows that are near-duplicates across sets would make one set a rehearsal of the other; a seed that is one, or
holds one, would teach the exam. What would remove a sample as a leak is refused here, by the same cuts.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
import pyarrow as pa

from pipeline.curate.decontaminate import BLOCK, EXACT, JACCARD, Cuts, check
from pipeline.curate.exam import Exam
from pipeline.curate.settings import Contamination
from pipeline.curate.shingles import ShingleRuns
from pipeline.seeds.rows import BadRow

PART_WORDS, LETTERS_A_WORD = 10, 5
"""How long a text must be for standing inside another to prove anything; letters count where shingles are of them."""


def breaches(tables: Mapping[str, pa.Table], settings: Contamination) -> list[BadRow]:
    """Every row that stands on both sides of the wall: the later set's row, with its twin. `settings` says from what
    similarity.
    """
    found = []
    for (one, left), (other, right) in combinations(tables.items(), 2):
        found += [*_documents(one, left, other, right), *_texts(one, left, other, right, settings)]
        if "item_id" in left.column_names:
            found += _ids(one, left, other, right)
    return found


def _ids(one: str, left: pa.Table, other: str, right: pa.Table) -> Iterator[BadRow]:
    """Predictions know a real row by its id alone. Rows of one text, which without ids have one, are told as such."""
    known = {row["item_id"]: row for row in left.select(["item_id", "text", "place"]).to_pylist()}
    for row in right.select(["item_id", "text", "place"]).to_pylist():
        twin = known.get(row["item_id"])
        if twin and twin["text"] != row["text"]:
            reason = f"id {row['item_id']!r} of {other} is that of a row of {one} ({twin['place']}); give it another id"
            yield BadRow(row["place"], reason)


def _documents(one: str, left: pa.Table, other: str, right: pa.Table) -> Iterator[BadRow]:
    """Only a seed may name no document; what its text holds is compared in any case."""
    places = dict(zip(left["document_id"].to_pylist(), left["place"].to_pylist(), strict=True))
    for document, place in zip(right["document_id"].to_pylist(), right["place"].to_pylist(), strict=True):
        if document is not None and document in places:
            reason = (
                f"document {document!r} of {other} is also in {one} ({places[document]}); keep each document in one set"
            )
            yield BadRow(place, reason)


def _texts(one: str, left: pa.Table, other: str, right: pa.Table, settings: Contamination) -> Iterator[BadRow]:
    identity = "seed_id" if "seed_id" in left.column_names else "item_id"
    exam = Exam.of({one: left}, id=identity, text="text", shingle=settings.shingle)
    texts = right["text"].to_pylist()
    found = check(texts, exam, Cuts(settings.cut, 1.0)).to_pylist()
    parts = _parts(texts, exam, settings.containment)
    documents = right["document_id"].to_pylist(), left["document_id"].to_pylist()
    for row, verdict in enumerate(found):
        if verdict["reason"] in (EXACT, JACCARD):
            item, how, share = verdict["twin_item"], f"stands in {one} too", f"Jaccard {verdict['similarity']:.2f}"
        elif row in parts:
            item, part, is_inside = parts[row]
            how, share = f"{'stands inside' if is_inside else 'holds'} one of {one}", f"{part:.0%} of the shorter"
        else:
            continue
        if documents[0][row] != documents[1][item]:
            reason = f"text of {other} {how} ({left['place'][item].as_py()}, {share}); take it out of one of them"
            yield BadRow(right["place"][row].as_py(), reason)


def _parts(texts: list[str], exam: Exam, cut: float) -> dict[int, tuple[int, float, bool]]:
    """By text the item that it shares most of the shorter of the two with, where that reaches the cut: its number, the
    share, and whether the text is the shorter.
    """
    found: dict[int, tuple[int, float, bool]] = {}
    least = PART_WORDS * (LETTERS_A_WORD if exam.shingling.unit == "char" else 1) - exam.shingling.size + 1
    for start in range(0, len(texts), BLOCK):
        overlaps, sizes = exam.postings.overlaps_of(ShingleRuns.of(texts[start : start + BLOCK], exam.shingling))
        own, others = sizes[overlaps.samples], exam.sizes[overlaps.items]
        shorter = np.minimum(own, others)
        shares = overlaps.shared / shorter
        for at in np.flatnonzero((shares >= cut) & (shorter >= max(least, 1))).tolist():
            row, share = start + int(overlaps.samples[at]), float(shares[at])
            if row not in found or share > found[row][1]:
                found[row] = int(overlaps.items[at]), share, bool(own[at] <= others[at])
    return found
