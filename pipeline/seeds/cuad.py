"""CUAD v1 as released: `master_clauses.csv` beside `full_contract_txt/`, read as sections with what lawyers labelled.

Only what the lawyers' labels support is scored (`scored_fields`); any other field is null and *unlabelled* there:

- parties: around the first place where all their names stand together, in the contract's own wording;
- effective_date: the labelled date, or the agreement date where lawyers found no clause on the start;
- governing_law: around the highlighted clause, if it has the wording of the answer;
- termination_clause_type: `for_convenience` around a highlighted right, and nothing else. A highlighted expiry date
  does not prove that its section gives no right to end earlier (most say "unless terminated" or "renew"), so `expiry`
  is never derived from it;
- payment_amount: never labelled.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.seeds.cuad_answers import contract_type
from pipeline.seeds.cuad_groups import components, near_pairs
from pipeline.seeds.cuad_sections import drafts_of
from pipeline.seeds.cuad_text import clean
from pipeline.seeds.dealing import deal
from pipeline.seeds.readers import BadRow, read_records
from pipeline.seeds.rows import in_file

CLAUSES, TEXTS = "master_clauses.csv", "full_contract_txt"
FIELDS = ("parties", "effective_date", "termination_clause_type", "payment_amount", "governing_law")
LABELS = ("Parties", "Effective Date", "Agreement Date", "Governing Law", "Termination For Convenience")
COLUMNS = ("Filename", *(name + suffix for name in LABELS for suffix in ("", "-Answer")))
PROVENANCE = {
    "label_source": "human",
    "labelled_by": "lawyers of The Atticus Project (CUAD v1, CC BY 4.0)",
    "labelled_at": "2021-03",  # when v1 was released; CUAD does not date its labels
}
NEAR_CONTRACT, NEAR_SECTION = 0.5, 0.65  # Jaccard of word 5-grams from which two texts are one group
ALIKE = 0.9  # likeness of names from which a text without a row belongs to a row without a text


@dataclass(frozen=True, slots=True)
class Section:
    """A piece of a contract; `answer` has all five fields, and means something for those in `scored_fields` only.

    `group` is the document id of the first contract, by name, among those that must stay in one set with this one.
    """

    text: str
    answer: dict[str, Any]
    scored_fields: list[str]
    document_id: str
    contract_type: str
    group: str
    place: str


@dataclass(frozen=True, slots=True)
class CuadRows:
    """`contracts` counts the rows of the CSV whose text was found; `bad` has one entry for each label not used."""

    sections: list[Section]
    bad: list[BadRow]
    contracts: int


def read_cuad(folder: str | Path) -> CuadRows:
    """Sections of all contracts; raises InputError if the folder is not CUAD as released."""
    folder = Path(folder)
    if missing := next((name for name in (CLAUSES, TEXTS) if not (folder / name).exists()), None):
        raise InputError(f"{folder}: no {missing}; give the folder of CUAD v1 that has {CLAUSES} and {TEXTS}/")
    found, unread = read_records(folder / CLAUSES)
    rows = [(in_file(place), row) for place, row in found]  # a run keeps them, wherever the folder lies
    bad = [BadRow(in_file(one.place), one.reason) for one in unread]
    if rows and (lacking := [name for name in COLUMNS if name not in rows[0][1]]):
        raise InputError(f"{folder / CLAUSES}: no column {lacking[0]!r}; give the CSV of CUAD v1 unchanged")
    files = match_names([row["Filename"] for _, row in rows], sorted((folder / TEXTS).glob("*.txt")))
    sections: list[Section] = []
    texts: dict[str, str] = {}
    for (place, row), file in zip(rows, files, strict=True):
        if file is None:
            bad.append(BadRow(place, f"contract text not found: {row['Filename']!r} in {TEXTS}/"))
            continue
        try:
            text = texts[file.stem.strip()] = clean(file.read_text(encoding="utf-8"))
        except UnicodeDecodeError as error:
            where = f"{TEXTS}/{file.name}, byte {error.start}"
            bad.append(BadRow(place, f"contract text is not UTF-8: {where}; re-save the file as UTF-8"))
            continue
        drafts, reasons = drafts_of(text, row)
        bad += [BadRow(place, reason) for reason in reasons]
        kind = contract_type(row["Filename"])
        for draft in drafts:
            scored = [name for name in FIELDS if name in draft.answers]
            answer = {name: draft.answers.get(name) for name in FIELDS}
            sections.append(Section(draft.text, answer, scored, file.stem.strip(), kind, "", place))
    groups = group_contracts(texts, sections)
    return CuadRows([replace(one, group=groups[one.document_id]) for one in sections], bad, len(texts))


def match_names(names: Iterable[str], files: list[Path]) -> list[Path | None]:
    """The text file of each name in the CSV, or None.

    They are equal in letters and digits (punctuation, space, case and accents aside); failing that, a file that no
    other row has, if it is the only one whose name is alike.
    """
    names = list(names)
    by_key = {_key(file.name): file for file in files}
    found = [by_key.get(_key(name)) for name in names]
    left = [file for file in files if file not in found]
    for at in (at for at, file in enumerate(found) if file is None):
        alike = [file for file in left if SequenceMatcher(None, _key(names[at]), _key(file.name)).ratio() >= ALIKE]
        if len(alike) == 1:
            found[at] = alike[0]
            left.remove(alike[0])
    return found


def group_contracts(texts: dict[str, str], sections: list[Section]) -> dict[str, str]:
    """Document id → group id. Near-duplicate contracts or sections, and names that differ in a copy number, are one."""
    ids = sorted(texts)
    at = {name: number for number, name in enumerate(ids)}
    pairs = near_pairs([texts[name] for name in ids], NEAR_CONTRACT)
    for i, j in near_pairs([one.text for one in sections], NEAR_SECTION):
        pairs.append((at[sections[i].document_id], at[sections[j].document_id]))
    first: dict[str, int] = {}
    for number, name in enumerate(ids):
        pairs.append((number, first.setdefault(_key(re.sub(r"(?:\(\d+\)|\d)$", "", name)), number)))
    return {name: ids[lowest] for name, lowest in zip(ids, components(len(ids), pairs), strict=True)}


def split_by_document(sections: list[Section], shares: dict[str, float], seed: int = 0) -> dict[str, list[Section]]:
    """Deals whole groups to named sets, so that no contract and no near-duplicate of one is in two of them.

    The deal follows from `seed`, the group ids and their sizes alone. Raises InputError unless the shares are positive
    and add up to 1.
    """
    if not shares or min(shares.values()) <= 0 or abs(sum(shares.values()) - 1) > 1e-6:
        raise InputError(f"shares: {shares} must be positive and add up to 1; change them")
    names = deal([f"{seed} {one.group}" for one in sections], shares)
    return {name: [one for one, dealt in zip(sections, names, strict=True) if dealt == name] for name in shares}


def cuad_rows(folder: str | Path) -> tuple[list[tuple[str, dict[str, Any]]], list[BadRow]]:
    """(place, row) as other files of real rows give them, with provenance; and what could not be used.

    Of sections with the same words, which copies of a contract have, the first is used.
    """
    found = read_cuad(folder)
    first: dict[str, str] = {}
    rows, bad = [], list(found.bad)
    for one in found.sections:
        if first.setdefault(one.text, one.place) == one.place:
            rows.append((one.place, {**asdict(one), **PROVENANCE}))
        else:
            bad.append(BadRow(one.place, f"section: the same words as another's: {first[one.text]}"))
    return rows, bad


def _key(name: str) -> str:
    name = re.sub(r"\.(?:pdf|txt)\W*$", "", name, flags=re.IGNORECASE)
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", name).lower())
