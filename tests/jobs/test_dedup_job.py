"""The `dedup` command on files."""

import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs import dedup
from pipeline.errors import InputError

pytestmark = pytest.mark.slow

LONG = "the supplier shall deliver the goods to the buyer within thirty days of the order date and bear all the risk"
TEXTS = [LONG, "something else", f"{LONG.upper()} ", f"{LONG}, really", "something  ELSE", "alone"]


def jsonl(path: Path, texts: list[Any], **more: Any) -> Path:
    rows = [{"body": text, "label": number, **more} for number, text in enumerate(texts)]
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def quiet(_: str) -> None:
    """Takes the lines that a person would read."""


def test_kept_and_removed_together_are_the_input(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "rows.jsonl", TEXTS)
    summary = dedup.run(source, text="body", out=tmp_path / "out", say=quiet)
    kept, removed = (pq.read_table(tmp_path / "out" / f"{name}.parquet") for name in ("kept", "removed"))
    assert kept.column_names == ["body", "label", "row"]
    assert removed.column_names == ["body", "label", "row", "reason", "twin_row", "twin_source", "similarity"]
    assert sorted([*kept["row"].to_pylist(), *removed["row"].to_pylist()]) == list(range(len(TEXTS)))
    assert all(
        TEXTS[row["row"]] == row["body"] and row["label"] == row["row"]
        for row in [*kept.to_pylist(), *removed.to_pylist()]
    )
    assert kept["row"].to_pylist() == [0, 1, 5]
    assert [(row["row"], row["reason"], row["twin_row"]) for row in removed.to_pylist()] == [
        (2, "exact", 0),
        (3, "near", 0),
        (4, "exact", 1),
    ]
    assert all(row["similarity"] >= 0.8 and row["twin_source"] == "input" for row in removed.to_pylist())
    assert summary == json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["rows"], summary["kept"], summary["removed"]) == (6, 3, {"exact": 2, "near": 1})
    assert (summary["threshold"], summary["shingle"], summary["bands"]["count"]) == (0.8, "word:5", 21)
    assert set(summary["seconds"]) == {"read", "compare", "write"}


def test_only_new_rows_go_when_compared_with_existing_data(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "new.jsonl", ["fresh", LONG, "fresh", "also new"])
    existing = tmp_path / "old.parquet"
    pq.write_table(pa.table({"body": pa.array(["old", "old", f"{LONG} now"], pa.large_string())}), existing)
    summary = dedup.run(source, text="body", against=existing, out=tmp_path / "out", say=quiet)
    removed = pq.read_table(tmp_path / "out" / "removed.parquet").to_pylist()
    assert [(row["row"], row["reason"], row["twin_source"], row["twin_row"]) for row in removed] == [
        (1, "near", "against", 2),
        (2, "exact", "input", 0),
    ]
    assert (summary["rows"], summary["kept"]) == (4, 2)
    assert summary["against"] == {"file": str(existing), "rows": 3}


def test_a_file_without_duplicates_gives_an_empty_table_of_removed_rows(tmp_path: Path) -> None:
    dedup.run(jsonl(tmp_path / "rows.jsonl", ["one"]), text="body", out=tmp_path / "out", say=quiet)
    removed = pq.read_table(tmp_path / "out" / "removed.parquet")
    assert removed.num_rows == 0
    assert removed.schema.field("twin_row").type == pa.int64()


def test_the_folder_is_named_after_the_input_and_stands_where_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = jsonl(tmp_path / "rows.jsonl", ["one", "two"])
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert dedup.run(source, text="body", say=quiet)["out"] == "rows-dedup"
    assert (tmp_path / "here" / "rows-dedup" / "summary.json").exists()


def test_a_line_for_the_reader_says_what_was_found(tmp_path: Path) -> None:
    said: list[str] = []
    dedup.run(jsonl(tmp_path / "rows.jsonl", TEXTS), text="body", out=tmp_path / "out", say=said.append)
    assert said == [f"6 rows: 3 kept; removed: 2 exact, 1 near (Jaccard 0.8 or more, word:5); {tmp_path / 'out'}"]


def test_an_unreadable_line_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_text('{"body": "a"}\nnot json\n{"body": "b"}\n')
    with pytest.raises(InputError, match=r"1 rows cannot be read \(rows\.jsonl:2: "):
        dedup.run(source, text="body", out=tmp_path / "out", say=quiet)
    assert not (tmp_path / "out").exists()


def test_a_row_without_text_is_named_by_its_line(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "rows.jsonl", ["a", None])
    with pytest.raises(InputError, match=r"'body' is null at rows\.jsonl:2"):
        dedup.run(source, text="body", out=tmp_path / "out", say=quiet)
    assert not (tmp_path / "out").exists()


def test_a_missing_column_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column 'text'; the columns are body, label"):
        dedup.run(jsonl(tmp_path / "rows.jsonl", ["a"]), text="text", out=tmp_path / "out", say=quiet)


def test_what_one_command_wrote_the_next_can_read_and_no_column_is_lost(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "rows.jsonl", ["a b", "a b", "c d"], similarity=0.5)
    dedup.run(source, text="body", out=tmp_path / "once", say=quiet)
    assert pq.read_table(tmp_path / "once/kept.parquet")["input_similarity"].to_pylist() == [0.5, 0.5]
    dedup.run(tmp_path / "once/kept.parquet", text="body", out=tmp_path / "twice", say=quiet)
    again = pq.read_table(tmp_path / "twice/kept.parquet")
    assert (again["input_row"].to_pylist(), again["row"].to_pylist()) == ([0, 2], [0, 1])


def test_a_text_column_that_the_output_adds_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the text column is called 'row'"):
        dedup.run(jsonl(tmp_path / "rows.jsonl", ["a"], row="x"), text="row", out=tmp_path / "out", say=quiet)


@pytest.mark.parametrize("wrong", [{"threshold": 0.0}, {"threshold": 1.5}, {"shingle": "words"}])
def test_settings_out_of_range_are_refused_before_anything_is_read(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"threshold|shingle"):
        dedup.run(tmp_path / "not-there.jsonl", text="body", out=tmp_path / "out", say=quiet, **wrong)


def test_the_input_is_never_overwritten(tmp_path: Path) -> None:
    source = tmp_path / "kept.parquet"
    pq.write_table(pa.table({"body": ["a"]}), source)
    with pytest.raises(InputError, match="would overwrite the input"):
        dedup.run(source, text="body", out=tmp_path, say=quiet)
    assert pq.read_table(source).column_names == ["body"]


def test_a_folder_that_is_read_is_never_written_into_by_whatever_path(tmp_path: Path) -> None:
    parts = tmp_path / "parts"
    parts.mkdir()
    pq.write_table(pa.table({"body": ["a", "a"]}), parts / "kept.parquet")
    (tmp_path / "same").symlink_to(parts)
    fresh = jsonl(tmp_path / "rows.jsonl", ["a"])
    for source, against, out in [(parts, None, parts), (parts, None, tmp_path / "same"), (fresh, parts, parts)]:
        with pytest.raises(InputError, match=r"(parts|same): writing there would overwrite (the input|--against) "):
            dedup.run(source, text="body", against=against, out=out, say=quiet)
    assert pq.read_table(parts / "kept.parquet").num_rows == 2
    assert [file.name for file in parts.iterdir()] == ["kept.parquet"]
    dedup.run(parts, text="body", out=parts / "inside", say=quiet)
    assert dedup.run(parts, text="body", out=parts / "inside", say=quiet)["kept"] == 1


def test_a_link_in_a_folder_that_is_read_protects_what_it_leads_to(tmp_path: Path) -> None:
    dedup.run(jsonl(tmp_path / "rows.jsonl", ["a"]), text="body", out=tmp_path / "out", say=quiet)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "a.parquet").symlink_to(tmp_path / "out" / "kept.parquet")
    with pytest.raises(InputError, match="would overwrite the input"):
        dedup.run(tmp_path / "parts", text="body", out=tmp_path / "out", say=quiet)


def test_a_run_s_folder_and_its_dataset_are_not_written_into(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "rows.jsonl", ["a"])
    (tmp_path / "run" / "dataset").mkdir(parents=True)
    (tmp_path / "run" / "run.json").touch()
    for out in (tmp_path / "run", tmp_path / "run" / "dataset", tmp_path / "run" / "new"):
        with pytest.raises(InputError, match=r"belongs to the run in .*/run; choose a folder outside it"):
            dedup.run(source, text="body", out=out, say=quiet)


def test_a_folder_under_the_name_of_an_output_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "out" / "kept.parquet" / "part").mkdir(parents=True)
    with pytest.raises(InputError, match=r"kept\.parquet: is a folder, where a file is to be written"):
        dedup.run(jsonl(tmp_path / "rows.jsonl", ["a"]), text="body", out=tmp_path / "out", say=quiet)
    assert (tmp_path / "out" / "kept.parquet" / "part").is_dir()


@pytest.mark.parametrize("below", ["", "sub", "sub/sub"])
def test_a_file_in_the_place_of_the_folder_or_above_it_is_refused(tmp_path: Path, below: str) -> None:
    source = jsonl(tmp_path / "rows.jsonl", ["a"])
    with pytest.raises(InputError, match=r"rows\.jsonl: is a file, not a folder"):
        dedup.run(source, text="body", out=source / below, say=quiet)


def test_a_folder_whose_name_no_file_system_takes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be used \(File name too long\)"):
        dedup.run(jsonl(tmp_path / "rows.jsonl", ["a"]), text="body", out=tmp_path / ("x" * 300), say=quiet)


def test_what_is_no_text_among_texts_is_named_by_its_line(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "rows.jsonl", ["1", 1, {"a": 1}])
    with pytest.raises(InputError, match=r"2 rows .* \(rows\.jsonl:2: 'body' is 1, not text; .*:3: 'body' is"):
        dedup.run(source, text="body", out=tmp_path / "out", say=quiet)


@pytest.mark.parametrize("kind", [pa.string_view(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_texts_of_any_arrow_type_are_compared(tmp_path: Path, kind: pa.DataType) -> None:
    column = pa.array(["one", "two", "one"], pa.string()).cast(kind)
    pq.write_table(pa.table({"body": column, "other": column}), tmp_path / "rows.parquet")
    summary = dedup.run(tmp_path / "rows.parquet", text="body", out=tmp_path / "out", say=quiet)
    assert (summary["kept"], summary["removed"]["exact"]) == (2, 1)
    assert pq.read_table(tmp_path / "out" / "kept.parquet").select(["body", "other"]).to_pylist() == [
        {"body": text, "other": text} for text in ("one", "two")
    ]


def test_a_failed_run_leaves_no_summary_beside_tables_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = jsonl(tmp_path / "rows.jsonl", TEXTS)
    dedup.run(source, text="body", out=tmp_path / "out", say=quiet)

    def full(*_: Any, **__: Any) -> None:
        raise InputError("disk full")

    monkeypatch.setattr("pipeline.run_dir.write_parquet", full)
    with pytest.raises(InputError, match="disk full"):
        dedup.run(source, text="body", threshold=0.9, out=tmp_path / "out", say=quiet)
    assert not (tmp_path / "out" / "summary.json").exists()


FIFTY = " ".join(f"word{number}" for number in range(50))
HUGE = " ".join(f"w{number}" for number in range(700_000))


@pytest.mark.parametrize(
    ("texts", "kept", "removed"),
    [
        (["alone"], 1, {"exact": 0, "near": 0}),
        (["the same"] * 300, 1, {"exact": 299, "near": 0}),
        ([""] * 300, 1, {"exact": 299, "near": 0}),
        (["", " ", "\t\n", "\u3000"], 1, {"exact": 3, "near": 0}),
        ([HUGE, FIFTY, f"{HUGE} end", f"{FIFTY} end"], 2, {"exact": 0, "near": 2}),
        (["🙂 👩‍👩‍👧", "🙂  👩‍👩‍👧", "🙃", "👩‍👩‍👦"], 3, {"exact": 1, "near": 0}),
        (["Café noir", "cafe\u0301 NOIR", "café\u0301 noir", "cafe noir"], 2, {"exact": 1, "near": 1}),
        (["שלום עולם", "שלום  עולם", "\u200fשלום עולם", "مرحبا"], 2, {"exact": 1, "near": 1}),
        (["价格为五元整", "价格为五元整", "价格为六元整"], 2, {"exact": 1, "near": 0}),
        (["a\x00b", "a\x00b ", "a b", "ab"], 2, {"exact": 1, "near": 1}),
        (["one two three", "One two  three", "one two four"], 2, {"exact": 1, "near": 0}),
    ],
    ids=["one row", "equal", "empty", "blanks", "5 MB", "emoji", "marks", "rtl", "cjk", "nul", "short"],
)
@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_texts_of_every_sort_are_compared_as_they_are(
    tmp_path: Path, texts: list[str], kept: int, removed: dict[str, int], kind: str
) -> None:
    source = tmp_path / f"rows.{kind}"
    if kind == "jsonl":
        jsonl(source, texts)
    else:
        pq.write_table(pa.table({"body": texts}), source)
    summary = dedup.run(source, text="body", out=tmp_path / "out", say=quiet)
    assert (summary["kept"], summary["removed"]) == (kept, removed)
    assert set(pq.read_table(tmp_path / "out" / "kept.parquet")["body"].to_pylist()) <= set(texts)


@pytest.mark.parametrize("cell", ["", '"  "'])
def test_an_empty_cell_is_no_text_and_named_by_its_line(tmp_path: Path, cell: str) -> None:
    (tmp_path / "rows.csv").write_text(f"n,body\n1,a text\n2,{cell}\n3,another\n")
    with pytest.raises(InputError, match=r"rows\.csv: 1 rows cannot be read \(rows\.csv:3: 'body' is empty; give"):
        dedup.run(tmp_path / "rows.csv", text="body", out=tmp_path / "out", say=quiet)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.csv", "rows.parquet"])
def test_a_file_without_rows_is_refused(tmp_path: Path, name: str) -> None:
    if name.endswith("parquet"):
        pq.write_table(pa.table({"body": pa.array([], pa.string())}), tmp_path / name)
    else:
        (tmp_path / name).write_text("body\n" if name.endswith("csv") else "")
    with pytest.raises(InputError, match=rf"{name}: .*(empty|no rows)"):
        dedup.run(tmp_path / name, text="body", out=tmp_path / "out", say=quiet)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.csv"])
def test_what_is_not_utf_8_is_named_by_its_line_and_what_to_do(tmp_path: Path, name: str) -> None:
    rows = [b'{"body": "fine"}', b'{"body": "caf\xe9"}'] if name.endswith("jsonl") else [b"body", b"fine", b"caf\xe9"]
    (tmp_path / name).write_bytes(b"\n".join(rows) + b"\n")
    with pytest.raises(InputError, match=rf"{name}.*UTF-8"):
        dedup.run(tmp_path / name, text="body", out=tmp_path / "out", say=quiet)
    assert not (tmp_path / "out").exists()


def test_texts_that_the_shingle_does_not_fit_are_pointed_out(tmp_path: Path) -> None:
    short = jsonl(tmp_path / "short.jsonl", ["价格为五元整含税费用由买方承担", "价格为六元整含税费用由买方承担", FIFTY])
    said: list[str] = []
    summary = dedup.run(short, text="body", out=tmp_path / "out", say=said.append)
    assert (summary["kept"], len(summary["notes"])) == (3, 1)
    assert "2 of 3 texts looked at are one single word:5 shingle" in summary["notes"][0]
    assert summary["notes"][0] in said[0]
    letters = dedup.run(short, text="body", shingle="char:2", threshold=0.7, out=tmp_path / "out", say=quiet)
    assert (letters["kept"], letters["notes"]) == (2, [])


def test_a_bound_that_was_met_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [f"w{number}" for number in range(120)]
    texts = []
    for row in range(60):
        one = list(words)
        for place in range(row % 10, 120, 20):
            one[place] = f"c{row}x{place}"
        texts.append(" ".join(one))
    source = jsonl(tmp_path / "rows.jsonl", texts)
    assert dedup.run(source, text="body", shingle="word:2", out=tmp_path / "out", say=quiet)["notes"] == []
    monkeypatch.setattr("pipeline.curate.twins.MOST_COMPARED", 10)
    notes = dedup.run(source, text="body", shingle="word:2", out=tmp_path / "out", say=quiet)["notes"]
    assert len(notes) == 1
    assert re.fullmatch(
        r"\d+ rows had more than 10 candidates each .* at most [\d,]+ pairs were not compared.*", notes[0]
    )


def test_ray_is_started_where_it_saves_time_and_not_for_a_number_of_rows() -> None:
    assert not dedup.ray_pays(26_000, 26_000 * 70, 2)
    assert not dedup.ray_pays(10**8, 10**11, 1)
    assert dedup.ray_pays(10_000_000, 10**10, 8)


@pytest.mark.ray
@pytest.mark.usefixtures("ray_here")
def test_many_rows_go_through_ray_with_the_same_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = jsonl(tmp_path / "rows.jsonl", TEXTS)
    alone = dedup.run(source, text="body", out=tmp_path / "alone", say=quiet)
    monkeypatch.setattr(dedup, "ray_pays", lambda *_: True)
    through = dedup.run(source, text="body", out=tmp_path / "ray", say=quiet)
    for name in ("kept", "removed"):
        assert pq.read_table(tmp_path / "ray" / f"{name}.parquet").equals(
            pq.read_table(tmp_path / "alone" / f"{name}.parquet")
        )
    assert through["removed"] == alone["removed"]
