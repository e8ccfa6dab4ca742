"""Tests of reading CUAD: on a toy of invented contracts laid out as CUAD is, and on CUAD itself where it is at hand."""

import csv
import json
import os
import unicodedata
from itertools import combinations
from pathlib import Path

import jsonschema_rs
import pytest

from jobs.check import read_checked
from pipeline.errors import InputError
from pipeline.layers import load_settings
from pipeline.seeds.cuad import COLUMNS, FIELDS, CuadRows, Section, cuad_rows, read_cuad, split_by_document
from pipeline.seeds.cuad_answers import contract_type, names_in, us_date, wordings
from pipeline.seeds.cuad_groups import near_pairs
from pipeline.seeds.cuad_text import clean, cut, locate
from pipeline.tasks import contracts
from pipeline.tasks.contracts.normalise import grounded
from pipeline.tasks.task import load_task, read_source

pytestmark = pytest.mark.slow

SCHEMA = json.loads((Path(next(iter(contracts.__path__))) / "schema.json").read_text())

PREAMBLE = (
    "EXHIBIT 10.1\n\nHOSTING AGREEMENT This Hosting Agreement (the “Agreement”) is made and entered into as of the "
    "20t h day of May, 2014 (the “Effective Date”) by and  between BLUE LAKE FOODS INC., a Delaware corporation "
    "(“Provider”), and Tarn & Sons Ltd., a company of England (“Customer”). Provider and Customer agree as follows:"
)
FILLER = (
    "The Provider keeps the servers in good order and answers each request of the Customer within two working days. "
    "Both of them name a person who speaks for them in all questions of the daily work.\n\n- 3 -\n\n"
    "Source: BLUE LAKE FOODS INC., 10-K/A, 12/2/2019\n\n"
)
END = (
    "9. Ending. Either party may terminate this Agreement at any time for any reason or for none on thirty (30) days’ "
    "written notice to the other party."
)
LAW = (
    "10. Law. This Agreement is governed by and construed in accordance with the laws of the Province of Ontario and "
    "the federal laws of Canada, without regard to the rules on conflict of laws."
)
ROW = {
    "Filename": "BLUELAKE_20140520_8-K_EX-10.1_1_EX-10.1_Hosting Agreement.pdf",
    "Parties": str(["Customer", "BLUE LAKE FOODS INC.", "Provider", "Tarn & Sons Ltd."]),
    "Parties-Answer": 'Blue Lake Foods Inc ("Provider"); Tarn & Sons Ltd. ("Customer"); '
    'Provider and Customer ("Parties")',
    "Agreement Date": str(["20t h day of May, 2014"]),
    "Agreement Date-Answer": "5/20/14",
    "Effective Date": str(["20t h day of May, 2014"]),
    "Effective Date-Answer": "5/20/14",
    "Governing Law": str([LAW.partition("Law. ")[2]]),
    "Governing Law-Answer": "Ontario, Canada",
    "Termination For Convenience": str([END.replace("’", "'").partition("Ending. ")[2]]),
    "Termination For Convenience-Answer": "Yes",
}
TEXT = "\n\n".join([PREAMBLE, FILLER * 3, END, FILLER * 3, LAW])


def toy(folder: Path, *contracts: tuple[dict[str, str], str], name: str | None = None) -> Path:
    """A folder laid out as CUAD is; the text of a contract stands under its file name unless `name` is given."""
    (folder / "full_contract_txt").mkdir(parents=True)
    with (folder / "master_clauses.csv").open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(row for row, _ in contracts)
    for row, text in contracts:
        (folder / "full_contract_txt" / (name or row["Filename"].replace(".pdf", ".txt"))).write_text(text)
    return folder


def section(found: CuadRows, field: str) -> Section:
    return next(one for one in found.sections if field in one.scored_fields)


def reasons(found: CuadRows) -> list[str]:
    return [one.reason for one in found.bad]


def test_each_label_gives_a_section_that_is_scored_for_it_alone(tmp_path: Path) -> None:
    found = read_cuad(toy(tmp_path, (ROW, TEXT)))
    assert (found.bad, found.contracts) == ([], 1)
    assert [one.scored_fields for one in found.sections] == [
        ["parties", "effective_date"],
        ["governing_law"],
        ["termination_clause_type"],
    ]
    assert section(found, "parties").answer == {
        "parties": ["BLUE LAKE FOODS INC.", "Tarn & Sons Ltd."],
        "effective_date": "2014-05-20",
        "termination_clause_type": None,
        "payment_amount": None,
        "governing_law": None,
    }
    assert section(found, "governing_law").answer["governing_law"] == "Ontario"
    assert section(found, "termination_clause_type").answer["termination_clause_type"] == "for_convenience"
    assert {one.contract_type for one in found.sections} == {"SaaS"}
    assert {one.document_id for one in found.sections} == {ROW["Filename"].removesuffix(".pdf")}
    assert {one.place for one in found.sections} == {"master_clauses.csv:2"}


def test_sections_have_40_to_120_words_and_none_of_the_marks_of_the_pdf(tmp_path: Path) -> None:
    for one in read_cuad(toy(tmp_path, (ROW, TEXT))).sections:
        assert 40 <= len(one.text.split()) <= 120
        assert "Source:" not in one.text
        assert "- 3 -" not in one.text
        assert one.text[0].isupper() or one.text[0].isdigit()
        assert one.text[-1] in ".:"
    assert "20th day of May, 2014" in section(read_cuad(tmp_path), "parties").text


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        (
            {"Parties-Answer": 'Lake Blue Corp ("Provider"); Tarn & Sons Ltd. ("Customer")'},
            "parties",
            "company is not in",
        ),
        ({"Parties-Answer": 'Customer; Blue Lake Foods Inc ("Provider")'}, "parties", "no plain name"),
        ({"Parties-Answer": 'Blue Lake Foods Inc ("Provider"); [] ("Customer")'}, "parties", "fewer than two names"),
        ({"Effective Date-Answer": "05/[]/2014"}, "effective_date", "cannot be read"),
        ({"Effective Date-Answer": "5/21/14"}, "effective_date", "not in the highlighted text: '5/21/14'"),
        ({"Governing Law-Answer": "New York"}, "governing_law", "is not in the section: 'New York'"),
        ({"Governing Law-Answer": "Ontario; Quebec"}, "governing_law", "more than one jurisdiction"),
        ({"Governing Law-Answer": "[***]"}, "governing_law", "cannot be read"),
        ({"Governing Law": "['It is governed by the laws of Ontario.']"}, "governing_law", "clause is not in the text"),
        (
            {"Termination For Convenience": "['Either party<omitted>elsewhere in the text']"},
            "termination_clause_type",
            "clause is not in the text",
        ),
    ],
)
def test_a_label_that_its_contract_does_not_bear_out_is_reported_and_not_scored(
    tmp_path: Path, changes: dict[str, str], field: str, reason: str
) -> None:
    found = read_cuad(toy(tmp_path, ({**ROW, **changes}, TEXT)))
    assert [one.place for one in found.bad] == ["master_clauses.csv:2"]
    assert found.bad[0].reason.startswith(f"{field}: ")
    assert reason in found.bad[0].reason
    assert all(field not in one.scored_fields and one.answer[field] is None for one in found.sections)
    assert len({name for one in found.sections for name in one.scored_fields}) == 3


def test_a_highlighted_span_with_a_gap_counts_where_its_pieces_stand_together(tmp_path: Path) -> None:
    span = "Either party may terminate this Agreement<omitted>on thirty (30) days' written notice"
    found = read_cuad(toy(tmp_path, ({**ROW, "Termination For Convenience": str([span])}, TEXT)))
    assert found.bad == []
    assert END in section(found, "termination_clause_type").text


def test_a_right_to_end_something_else_than_the_agreement_is_no_right_to_end_it(tmp_path: Path) -> None:
    fund = "Provider may terminate the Advertising Fund at any time on thirty days written notice."
    row = {**ROW, "Termination For Convenience": str([fund])}
    assert reasons(read_cuad(toy(tmp_path, (row, TEXT.replace(END, fund))))) == [
        "termination_clause_type: what may be ended is not said to be the agreement itself"
    ]


def test_a_date_beside_a_signature_is_not_the_effective_date(tmp_path: Path) -> None:
    text = TEXT.replace(" as of the 20t h day of May, 2014", "") + "\n\nBy: /s/ A. Tarn\n\nDate: May 20, 2014"
    row = {**ROW, "Agreement Date": "['May 20, 2014']", "Effective Date": "[]", "Effective Date-Answer": ""}
    found = read_cuad(toy(tmp_path, (row, text)))
    assert "effective_date: the date stands in a signature, or without a word about the start" in reasons(found)
    assert section(found, "parties").scored_fields == ["parties"]


def test_the_agreement_date_counts_only_where_lawyers_found_no_clause_on_the_start(tmp_path: Path) -> None:
    none = {**ROW, "Effective Date": "[]", "Effective Date-Answer": ""}
    assert (
        section(read_cuad(toy(tmp_path / "a", (none, TEXT))), "effective_date").answer["effective_date"] == "2014-05-20"
    )
    event = {**none, "Effective Date": "['upon approval by the board']"}
    found = read_cuad(toy(tmp_path / "b", (event, TEXT)))
    assert not any("effective_date" in one.scored_fields for one in found.sections)


def test_an_effective_date_far_from_the_parties_has_a_section_of_its_own(tmp_path: Path) -> None:
    clause = '"Effective Date" means June 1, 2014.'
    row = {**ROW, "Effective Date": str([clause]), "Effective Date-Answer": "6/1/14"}
    found = read_cuad(toy(tmp_path, (row, TEXT.replace(END, f"{END}\n\n{FILLER}{clause}"))))
    assert section(found, "effective_date").answer["effective_date"] == "2014-06-01"
    assert section(found, "parties").scored_fields == ["parties"]


def test_parties_stand_in_the_order_of_the_text_and_a_name_inside_another_is_not_taken_for_it(tmp_path: Path) -> None:
    text = TEXT.replace("Tarn & Sons Ltd.", "Lake Foods Inc.")
    row = {
        **ROW,
        "Parties": str(["Lake Foods Inc.", "BLUE LAKE FOODS INC."]),
        "Parties-Answer": 'Lake Foods Inc. ("Customer"); Blue Lake Foods Inc. ("Provider")',
    }
    found = read_cuad(toy(tmp_path, (row, text)))
    assert section(found, "parties").answer["parties"] == ["BLUE LAKE FOODS INC.", "Lake Foods Inc."]
    assert section(found, "parties").text.index("Lake Foods Inc.") > 0


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        ('Acme (Asia) Ltd. ("Acme"); Bee, Inc. (the “Buyer”)', ["Acme (Asia) Ltd.", "Bee, Inc."]),
        ('The Acme Bank ("A"); Bee Ltd. ("B"); A and B (each a "Party")', ["Acme Bank", "Bee Ltd."]),
        ('Acme Inc. d/b/a Cheap Acme ("A"); Bee Ltd. ("B")("Party" or "Parties")', ["Acme Inc.", "Bee Ltd."]),
        (
            'Acme Inc. "Acme"; Bee Ltd.; individually as a “Party,” and collectively as the “Parties”',
            ["Acme Inc.", "Bee Ltd."],
        ),
        ("", []),
    ],
)
def test_names_are_taken_from_free_form_answers_without_aliases(answer: str, names: list[str]) -> None:
    assert names_in(answer) == names


def test_a_misspelt_answer_is_put_into_the_words_that_were_highlighted() -> None:
    spans = ["MOUNT KNOWLEDGE HOLDINGS INC.", "Party B: Bee Ltd.", "Company"]
    assert wordings('Mount Kowledge Holdings Inc. ("Company"); Bee Ltd.', spans) == [spans[0], "Bee Ltd."]
    with pytest.raises(ValueError, match=r"a highlighted company is not in the answer: 'Cow LLC'"):
        wordings('Mount Knowledge Holdings Inc. ("Company"); Bee Ltd.', [*spans, "Cow LLC"])


@pytest.mark.parametrize(
    ("answer", "iso"),
    [
        ("5/8/14", "2014-05-08"),
        ("12/31/1999", "1999-12-31"),
        ("3/3/98", "1998-03-03"),
        ("[]/[]/2013", None),
        ("2/30/10", None),
    ],
)
def test_answers_write_dates_the_american_way(answer: str, iso: str | None) -> None:
    assert us_date(answer) == iso


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("X_20090120_8-K_EX-99.2_3672910_EX-99.2_Hosting Agreement.pdf", "SaaS"),
        ("SERVICECORP_03_21_2005-EX-10.17-ENDORSEMENT AGREEMENT.PDF", "other"),
        ("X_06_02_2020-EX-10.7-CONSULTING AGREEMENT(1).PDF", "services"),
        ("X - UNCONDITIONAL CAPITAL MAINTENANCE AGREEMENT.PDF", "other"),
        ("X_01_01_2020-EX-99.(H)(2)-Non-Disclosure Agreement.pdf", "NDA"),
        ("X_01_01_2020-EX-10-EMPLOYMENT AGREEMENT.pdf", "employment"),
    ],
)
def test_the_contract_type_is_read_off_the_title_and_not_off_the_company(name: str, kind: str) -> None:
    assert contract_type(name) == kind


def test_texts_are_found_although_their_names_differ_and_what_is_not_found_is_reported(tmp_path: Path) -> None:
    row = {**ROW, "Filename": "LECLANCHÉ & CO - HOSTING AGREEMENT.PDF'"}
    on_disk = unicodedata.normalize("NFD", "LECLANCHÉ _ CO -  Hosting Agreement .txt")
    assert read_cuad(toy(tmp_path / "a", (row, TEXT), name=on_disk)).contracts == 1
    typo = read_cuad(toy(tmp_path / "b", (row, TEXT), name="LECLANCHE & COO - HOSTING AGREEMENT.txt"))
    assert (typo.contracts, typo.bad) == (1, [])
    lost = read_cuad(toy(tmp_path / "c", (row, TEXT), name="Something else.txt"))
    assert (lost.contracts, lost.sections) == (0, [])
    assert lost.bad[0].place == "master_clauses.csv:2"
    assert lost.bad[0].reason.startswith('contract text not found: "LECLANCHÉ & CO')


def test_a_text_that_is_not_utf_8_is_left_out_with_its_file_and_byte(tmp_path: Path) -> None:
    folder = toy(tmp_path, (ROW, TEXT))
    file = next((folder / "full_contract_txt").iterdir())
    file.write_bytes(b"A \x93quoted\x94 word. " + TEXT.encode())
    found = read_cuad(folder)
    assert (found.sections, found.contracts) == ([], 0)
    where = f"full_contract_txt/{file.name}, byte 2"
    assert reasons(found) == [f"contract text is not UTF-8: {where}; re-save the file as UTF-8"]


def test_a_folder_that_is_not_cuad_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no master_clauses.csv; give the folder of CUAD v1"):
        read_cuad(tmp_path)
    folder = toy(tmp_path / "cuad", (ROW, TEXT))
    (folder / "master_clauses.csv").write_text("Filename,Parties\nx.pdf,[]\n")
    with pytest.raises(InputError, match=r"no column 'Parties-Answer'; give the CSV of CUAD v1 unchanged"):
        read_cuad(folder)


def test_a_span_is_found_whatever_space_and_quotes_are_in_between() -> None:
    text = clean("The  “Effective\n\n\nDate”\u00ad is 7 th day of May.  (SERVICES)")
    assert text == "The “Effective\nDate” is 7th day of May. (SERVICES)"
    assert [text[a:b] for a, b in locate(text, 'the "effective date" is 7t h day')] == [
        "The “Effective\nDate” is 7th day"
    ]
    assert locate(text, "SERVICE") == []
    assert locate(text, "“”") == []


def test_a_sentence_that_is_too_long_is_cut_at_clauses() -> None:
    words = ", ".join(f"item {number} of the list" for number in range(60))
    text = f"One. The list has {words}, and no more. Two."
    start = text.index("item 30")
    low, high = cut(text, start, start + 7)
    assert 100 < len(text[low:high].split()) <= 120
    assert text[:low].endswith((", ", ". "))
    assert text[low:high].endswith(",")


def copies(folder: Path) -> Path:
    """Four contracts: a copy by name, a copy by text, and one of its own."""
    words = iter(f"w{number}" for number in range(10_000))
    own = " ".join(next(words) for _ in range(400)) + "."
    second = {**ROW, "Filename": ROW["Filename"].replace(".pdf", "(1).pdf")}
    third = {**ROW, "Filename": "Another name.pdf"}
    fourth = {name: "[]" if value.startswith("[") else "" for name, value in ROW.items()} | {
        "Filename": "Own.pdf",
        "Governing Law": "['Alpine law governs in Norway alone']",
        "Governing Law-Answer": "Norway",
    }
    other = TEXT.replace("Provider", "Host").replace("servers", "cooling towers")
    return toy(
        folder,
        (ROW, TEXT),
        (second, other),
        (third, TEXT),
        (fourth, f"{own} Alpine law governs in Norway alone. {own}"),
    )


def test_copies_by_name_and_by_text_are_one_group_and_stay_in_one_set(tmp_path: Path) -> None:
    found = read_cuad(copies(tmp_path))
    groups = {one.document_id: one.group for one in found.sections}
    assert len(groups) == 4
    assert len(set(groups.values())) == 2
    assert groups["Own"] == "Own"
    sets = split_by_document(found.sections, {"seeds": 0.9, "final": 0.1})
    assert [{one.group for one in rows} for rows in sets.values()] == [{"Another name"}, {"Own"}]


def test_contracts_that_share_a_section_are_one_group(tmp_path: Path) -> None:
    words = iter(f"w{number}" for number in range(10_000))
    rows = []
    for name in ("One", "Two"):
        fill = [" ".join(next(words) for _ in range(60)).capitalize() + "." for _ in range(5)]
        text = "\n\n".join(
            [*fill, LAW + " Each of the heirs is bound by it, and no change holds unless it is written." * 3, *fill]
        )
        empty = {key: "[]" if value.startswith("[") else "" for key, value in ROW.items()}
        law = {key: ROW[key] for key in ("Governing Law", "Governing Law-Answer")}
        rows.append(({**empty, **law, "Filename": f"{name}.pdf"}, text))
    found = read_cuad(toy(tmp_path, *rows))
    assert [one.document_id for one in found.sections] == ["One", "Two"]
    assert {one.group for one in found.sections} == {"One"}


def sections_of_groups(sizes: list[int]) -> list[Section]:
    answer = dict.fromkeys(FIELDS)
    return [
        Section(f"text {group} {number}", answer, [], f"d{group}", "other", f"d{group}", "x:1")
        for group, size in enumerate(sizes)
        for number in range(size)
    ]


def test_a_split_keeps_groups_whole_meets_the_shares_and_is_the_same_every_time() -> None:
    sections = sections_of_groups([1, 2, 3, 4, 2, 2, 1, 5] * 12)
    shares = {"seeds": 0.25, "calibration": 0.2, "dev": 0.2, "final": 0.35}
    sets = split_by_document(sections, shares)
    assert sorted(one.text for rows in sets.values() for one in rows) == sorted(one.text for one in sections)
    for one, other in combinations(sets.values(), 2):
        assert not {row.group for row in one} & {row.group for row in other}
    for name, share in shares.items():
        assert abs(len(sets[name]) - share * len(sections)) <= 2
    assert split_by_document(list(reversed(sections)), shares).keys() == sets.keys()
    again = split_by_document(list(reversed(sections)), shares)
    assert {name: {row.text for row in rows} for name, rows in again.items()} == {
        name: {row.text for row in rows} for name, rows in sets.items()
    }
    assert split_by_document(sections, shares, seed=1) != sets


@pytest.mark.parametrize("shares", [{}, {"a": 0.5}, {"a": 1.5, "b": -0.5}])
def test_shares_that_do_not_add_up_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(InputError, match="must be positive and add up to 1"):
        split_by_document(sections_of_groups([1]), shares)


def test_near_pairs_are_exactly_those_that_reach_the_jaccard_similarity() -> None:
    words = [f"w{number}" for number in range(104)]
    edited = [*words[:50], "new", *words[51:]]  # 5 of 100 shingles differ: 95 / 105
    texts = [" ".join(words), " ".join(edited), "short one", "Short ONE!", "something else altogether"]
    assert near_pairs(texts, 95 / 105) == [(0, 1), (2, 3)]
    assert near_pairs(texts, 0.91) == [(2, 3)]


def test_rows_carry_the_provenance_of_a_human_label(tmp_path: Path) -> None:
    rows, bad = cuad_rows(toy(tmp_path, (ROW, TEXT)))
    assert bad == []
    assert [place for place, _ in rows] == ["master_clauses.csv:2"] * 3
    row = rows[0][1]
    assert (row["label_source"], row["scored_fields"]) == ("human", ["parties", "effective_date"])
    assert all(row[name] for name in ("text", "document_id", "contract_type", "group", "labelled_by", "labelled_at"))


@pytest.fixture(scope="module")
def released() -> CuadRows:
    folder = Path(os.environ.get("SEEDWRIGHT_DATA", "")) / "cuad"
    if not os.environ.get("SEEDWRIGHT_DATA") or not folder.is_dir():
        pytest.skip("needs CUAD v1 in $SEEDWRIGHT_DATA/cuad")
    return read_cuad(folder)


@pytest.mark.slow
def test_released_cuad_gives_hundreds_of_sections_and_a_reason_for_each_label_not_used(released: CuadRows) -> None:
    assert released.contracts == 255
    assert len(released.sections) > 500
    for field, least in (
        ("parties", 190),
        ("effective_date", 165),
        ("governing_law", 200),
        ("termination_clause_type", 75),
    ):
        assert sum(field in one.scored_fields for one in released.sections) >= least
    assert len(released.bad) < 140
    assert all(one.reason.split(":")[0] in FIELDS for one in released.bad)


@pytest.mark.slow
def test_every_scored_answer_of_released_cuad_fits_the_schema_and_stands_in_its_section(released: CuadRows) -> None:
    schema = jsonschema_rs.validator_for(SCHEMA)
    for one in released.sections:
        assert one.scored_fields
        assert 40 <= len(one.text.split()) <= 120
        assert list(schema.iter_errors(one.answer)) == []
        for field in FIELDS:
            assert (one.answer[field] is not None) == (field in one.scored_fields)
            if field in one.scored_fields and field != "termination_clause_type":
                assert grounded(field, one.answer[field], one.text), (one.place, field)


@pytest.mark.slow
def test_no_near_duplicates_of_released_cuad_are_in_two_sets(released: CuadRows) -> None:
    sets = split_by_document(released.sections, {"seeds": 0.25, "calibration": 0.2, "dev": 0.2, "final": 0.35})
    where = {one.document_id: name for name, rows in sets.items() for one in rows}
    assert len(where) == len({one.document_id for one in released.sections})
    for i, j in near_pairs([one.text for one in released.sections], 0.65):
        assert where[released.sections[i].document_id] == where[released.sections[j].document_id]
    copies = [name for name in where if name.endswith("(1)")]
    assert copies
    assert all(where[name] == where[name.removesuffix("(1)")] for name in copies)


@pytest.mark.slow
def test_cuad_gives_seeds_and_three_real_sets_by_lawyers_that_share_no_contract(
    released: CuadRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.seeds.cuad.read_cuad", lambda _: released)
    tables, notes = read_checked(load_task(read_source(load_settings("cuad")[0])))
    rows = {name: table.num_rows for name, table in tables.items()}
    assert sum(rows.values()) > 450
    assert abs(rows["seeds"] / sum(rows.values()) - 0.2) < 0.02
    assert abs(rows["final"] / sum(rows.values()) - 0.4) < 0.02
    documents = [set(table["document_id"].to_pylist()) for table in tables.values()]
    assert sum(map(len, documents)) == len(set.union(*documents))
    for name in ("calibration", "dev", "final"):
        assert set(tables[name]["label_source"].to_pylist()) == {"human"}
        assert {field for fields in tables[name]["scored_fields"].to_pylist() for field in fields} == {
            "parties",
            "effective_date",
            "termination_clause_type",
            "governing_law",
        }
    assert all(note.place.startswith("master_clauses.csv:") for note in notes)
