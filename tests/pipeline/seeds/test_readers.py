"""Tests of reading rows from files: what comes back, where it stood, and what was wrong with the rest."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import InputError
from pipeline.seeds.readers import BadRow, read_records, read_rows


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the folder of the files, so that a place is a file's name."""
    monkeypatch.chdir(tmp_path)


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_json_lines_keep_nested_values_and_places_count_physical_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "seeds.jsonl", '{"text":"a","answer":{"x":[1,null]}}\n\n   \n{"text":"b"}\n')
    rows, bad = read_records(path)
    assert rows == [("seeds.jsonl:1", {"text": "a", "answer": {"x": [1, None]}}), ("seeds.jsonl:4", {"text": "b"})]
    assert bad == []
    table = read_rows(path).table
    assert table.to_pydict() == {"text": ["a", "b"], "answer": ['{"x":[1,null]}', None]}


def test_a_broken_json_line_costs_only_itself_and_says_where_it_broke(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", '{"a":1}\n{"a":1,,}\n[1,2]\n{}\n{"a":NaN}\n{"a":1e999}\n{"a":2}\n')
    rows = read_rows(path)
    assert rows.table.to_pydict() == {"a": [1, 2]}
    assert rows.places == ["x.jsonl:1", "x.jsonl:7"]
    assert [row.place for row in rows.bad] == [f"x.jsonl:{line}" for line in (2, 3, 4, 5, 6)]
    reasons = [row.reason for row in rows.bad]
    assert reasons[0].startswith("column 8: not JSON")
    assert "not a JSON object but [1, 2]" in reasons[1]
    assert "without any field" in reasons[2]
    assert "NaN is not JSON" in reasons[3]
    assert "too large" in reasons[4]


def test_a_line_that_is_not_utf8_is_reported_with_its_byte_offset_in_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", b'{"a":"ok"}\n{"a":"caf\xe9"}\n')
    rows, bad = read_records(path)
    assert rows == [("x.jsonl:1", {"a": "ok"})]
    reason = "byte 0xe9 at byte offset 20 of the file is not UTF-8; re-save the file as UTF-8"
    assert bad == [BadRow("x.jsonl:2", reason)]
    assert path.read_bytes()[20] == 0xE9


def test_an_escaped_nul_is_text_and_an_escaped_half_character_is_a_bad_row(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", '{"a":"\\u0000"}\n{"a":"\\ud83d\\ude00"}\n{"a":"\\ud83d"}\n')
    rows = read_rows(path)
    assert rows.table.to_pydict() == {"a": ["\x00", "😀"]}
    assert [row.place for row in rows.bad] == ["x.jsonl:3"]
    assert "\\ud83d is half a character" in rows.bad[0].reason


def test_a_byte_order_mark_and_a_line_separator_inside_a_string_do_no_harm(tmp_path: Path) -> None:
    lines = '{"a":"one\u2028line"}\r\n{"a":"two"}'
    assert read_rows(write(tmp_path / "x.jsonl", "\ufeff" + lines)).table.to_pydict() == {"a": ["one\u2028line", "two"]}
    table = read_rows(write(tmp_path / "x.csv", "\ufeffa,b\n1,2\n")).table
    assert table.to_pydict() == {"a": ["1"], "b": ["2"]}


@pytest.mark.parametrize(
    ("values", "kind", "read"),
    [
        (["x", None], pa.string(), ["x", None]),
        ([True, None], pa.bool_(), [True, None]),
        ([1, -2], pa.int64(), [1, -2]),
        ([1, 0.5], pa.float64(), [1.0, 0.5]),
        ([2**53 + 1, 0.5], pa.string(), ["9007199254740993", "0.5"]),
        ([2**63], pa.string(), ["9223372036854775808"]),
        ([True, 1], pa.string(), ["true", "1"]),
        (["007\n", 8, None, {"b": 1, "a": 2}], pa.string(), ["007\n", "8", None, '{"a":2,"b":1}']),
        ([None, None], pa.string(), [None, None]),
    ],
)
def test_a_json_column_has_a_type_only_if_all_its_values_have_it(
    tmp_path: Path, values: list[object], kind: pa.DataType, read: list[object]
) -> None:
    path = write(tmp_path / "x.jsonl", "".join(json.dumps({"id": "x", "v": value}) + "\n" for value in values))
    column = read_rows(path).table["v"]
    assert column.type == kind
    assert column.to_pylist() == read


def test_a_json_file_may_hold_lines_or_one_array_but_not_one_object_over_lines(tmp_path: Path) -> None:
    assert read_records(write(tmp_path / "l.json", '{"a":1}\n{"a":2}')) == (
        [("l.json:1", {"a": 1}), ("l.json:2", {"a": 2})],
        [],
    )
    rows, bad = read_records(write(tmp_path / "a.json", '[{"a":1},\n 7, {"a":"\\udead"}, {"a":2}]'))
    assert rows == [("a.json:item 0", {"a": 1}), ("a.json:item 3", {"a": 2})]
    assert [row.place for row in bad] == ["a.json:item 1", "a.json:item 2"]
    with pytest.raises(InputError, match="one JSON object over several lines"):
        read_rows(write(tmp_path / "o.json", '{\n "a": 1\n}'))
    with pytest.raises(InputError, match=r"b.json: line 2 column 1: not JSON"):
        read_rows(write(tmp_path / "b.json", '[{"a":1}\n'))


def test_csv_values_stay_strings_and_a_record_over_lines_stands_where_it_starts(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", 'id,text\r\n007,"two\r\nlines, one ""field"""\r\n\r\n1e5,\r\n')
    rows = read_rows(path)
    assert rows.table.to_pydict() == {"id": ["007", "1e5"], "text": ['two\r\nlines, one "field"', ""]}
    assert rows.places == ["x.csv:2", "x.csv:5"]
    assert rows.bad == []
    assert read_rows(write(tmp_path / "x.tsv", "id\ttext\n1\ta,b\n")).table.to_pydict() == {
        "id": ["1"],
        "text": ["a,b"],
    }


def test_csv_rows_with_too_many_or_few_fields_are_bad_and_the_rest_is_read(tmp_path: Path) -> None:
    rows = read_rows(write(tmp_path / "x.csv", "a,b\n1,2\n1,2,3\n4\n5,6\n"))
    assert rows.table.to_pydict() == {"a": ["1", "5"], "b": ["2", "6"]}
    assert [row.place for row in rows.bad] == ["x.csv:3", "x.csv:4"]
    assert rows.bad[0].reason.startswith("3 fields where the header has 2")
    assert rows.bad[1].reason.startswith("1 fields where the header has 2")


def test_a_quote_that_is_never_closed_costs_one_line_and_not_the_rest_of_the_file(tmp_path: Path) -> None:
    rows = read_rows(write(tmp_path / "x.csv", 'a,b\n1,"open\n2,x\n3,"y"\n4,"open again\n5,z\n'))
    assert rows.table.to_pydict() == {"a": ["2", "3", "5"], "b": ["x", "y", "z"]}
    assert rows.places == ["x.csv:3", "x.csv:4", "x.csv:6"]
    assert [(row.place, row.reason[:14]) for row in rows.bad] == [
        ("x.csv:2", "broken quoting"),
        ("x.csv:5", "broken quoting"),
    ]


def test_a_csv_row_that_is_not_utf8_is_bad_also_where_its_record_spans_lines(tmp_path: Path) -> None:
    data = b'\xef\xbb\xbfa,b\n1,2\n3,"x\ncaf\xe9"\n5,6\n'
    rows = read_rows(write(tmp_path / "x.csv", data))
    assert rows.table.to_pydict() == {"a": ["1", "5"], "b": ["2", "6"]}
    offset = data.index(b"\xe9")
    assert rows.bad == [
        BadRow("x.csv:3", f"byte 0xe9 at byte offset {offset} of the file is not UTF-8; re-save the file as UTF-8")
    ]


def test_a_csv_field_may_hold_a_whole_contract(tmp_path: Path) -> None:
    text = "word " * 100_000
    assert read_rows(write(tmp_path / "x.csv", f"id,text\n1,{text}\n")).table["text"].to_pylist() == [text]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("a,b,a\n1,2,3\n", "the column 'a' twice"),
        (",text\n0,x\n", "column 1 of the header has no name"),
        ("id;text\n1;x\n", "looks separated by ';'"),
        ("a,b\n", "no rows"),
        ("", "no rows"),
        (b"caf\xe9\nx\n", "the header cannot be read: byte 0xe9 at byte offset 3"),
        (b"\xff\xfea\x00", "is UTF-16"),
    ],
)
def test_a_csv_that_nobody_could_use_is_refused_as_a_whole(tmp_path: Path, content: str | bytes, what: str) -> None:
    with pytest.raises(InputError, match=what):
        read_rows(write(tmp_path / "x.csv", content))


def test_csv_under_the_name_of_json_lines_is_told_with_the_name_it_should_have(tmp_path: Path) -> None:
    for content, remedy in [
        ("id,text\n1,a\n", r"looks like CSV, not JSON \(its first line is 'id,text'\); rename it to .csv"),
        ('\ufeff"id","text"\n', "rename it to .csv"),
        ("id\ttext\n1\ta\n", "rename it to .tsv"),
        ("id;text\n", "with commas"),
    ]:
        with pytest.raises(InputError, match=remedy):
            read_rows(write(tmp_path / "x.jsonl", content))
    for content in ('"one, two"\n', "{'a': 1, 'b': 2}\n", "[1, 2]\n", "one two\n", '{"a": 1}\none, two\n'):
        assert len(read_rows(write(tmp_path / "x.jsonl", content)).bad) == 1


def test_values_that_are_no_texts_are_bad_rows_where_texts_are_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", '{"t":1}\n{"t":"1"}\n{"t":{"a":1}}\n{"t":null}\n{"u":1}\n')
    rows = read_rows(path, text="t")
    assert (rows.table["t"].to_pylist(), rows.places) == (["1", None, None], ["x.jsonl:2", "x.jsonl:4", "x.jsonl:5"])
    remedy = "not text; put it in quotes, or take the row out"
    assert rows.bad == [
        BadRow("x.jsonl:1", f"'t' is 1, {remedy}"),
        BadRow("x.jsonl:3", f"'t' is {{\"a\":1}}, {remedy}"),
    ]
    assert read_rows(path).table["t"].to_pylist() == ["1", "1", '{"a":1}', None, None]


def test_a_place_names_the_file_as_a_person_here_knows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    write(tmp_path / "in" / "x.jsonl", '{"a":1}\n')
    write(tmp_path / "x.jsonl", '{"a":1}\n')
    assert read_rows(tmp_path / "in" / "x.jsonl").places == read_rows("in/x.jsonl").places == ["in/x.jsonl:1"]
    monkeypatch.chdir(tmp_path / "in")
    assert read_rows("../x.jsonl").places == ["../x.jsonl:1"]
    assert read_rows(tmp_path / "x.jsonl").places == [f"{tmp_path}/x.jsonl:1"]


def test_views_and_dictionaries_of_parquet_become_plain_columns(tmp_path: Path) -> None:
    view = pa.array(["a", None], pa.string_view())
    table = pa.table(
        {
            "text": view,
            "bytes": pa.array([b"a", None], pa.binary_view()),
            "kind": pa.array(["x", "x"]).dictionary_encode(),
            "list": pa.array([["a"], None], pa.list_(pa.string_view())),
            "inside": pa.array([{"a": "x"}, None], pa.struct([("a", pa.string_view())])),
            "n": [1, 2],
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    found = read_rows(tmp_path / "x.parquet").table
    assert found.to_pylist() == table.to_pylist()
    assert found.take([1]).to_pylist() == table.to_pylist()[1:]  # which Arrow cannot do with views
    assert found.schema.types[:3] == [pa.large_string(), pa.large_binary(), pa.string()]
    assert found.schema.field("n").type == pa.int64()


def test_parquet_keeps_its_types_and_counts_rows_from_zero(tmp_path: Path) -> None:
    table = pa.table({"text": ["a", "b"], "n": pa.array([1, 2], pa.int8()), "answer": [{"x": 1}, None]})
    pq.write_table(table, tmp_path / "x.parquet")
    rows = read_rows(tmp_path / "x.parquet")
    assert rows.table.equals(table)
    assert rows.places == ["x.parquet:row 0", "x.parquet:row 1"]
    assert read_records(str(tmp_path / "x.parquet"))[0][0] == (
        "x.parquet:row 0",
        {"text": "a", "n": 1, "answer": {"x": 1}},
    )
    with pytest.raises(InputError, match="no readable Parquet file"):
        read_rows(write(tmp_path / "no.parquet", "text"))


def test_a_folder_is_read_in_name_order_and_must_hold_one_kind(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    with pytest.raises(InputError, match="no readable file"):
        read_rows(folder)
    write(folder / "b.jsonl", '{"n":2,"more":true}\noops\n')
    write(folder / "a.jsonl", '{"n":1}\n')
    write(folder / "README.md", "not rows")
    rows = read_rows(folder)
    assert rows.table.to_pydict() == {"n": [1, 2], "more": [None, True]}
    assert rows.places == ["parts/a.jsonl:1", "parts/b.jsonl:1"]
    assert [row.place for row in rows.bad] == ["parts/b.jsonl:2"]
    write(folder / "c.csv", "n\n3\n")
    with pytest.raises(InputError, match=r"several kinds, JSONL \(b.jsonl\), CSV \(c.csv\)"):
        read_rows(folder)


def test_parquet_parts_of_a_folder_must_fit_together(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": [1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"n": [2], "m": ["x"]}), tmp_path / "b.parquet")
    rows = read_rows(tmp_path)
    assert rows.table.to_pydict() == {"n": [1, 2], "m": [None, "x"]}
    assert rows.places == ["a.parquet:row 0", "b.parquet:row 0"]
    pq.write_table(pa.table({"n": ["text"]}), tmp_path / "c.parquet")
    with pytest.raises(InputError, match="do not fit together"):
        read_rows(tmp_path)


def test_a_missing_file_names_the_sibling_that_was_meant(tmp_path: Path) -> None:
    write(tmp_path / "seeds.jsonl", '{"a":1}\n')
    with pytest.raises(InputError, match=r"not found; did you mean seeds.jsonl\?"):
        read_rows(tmp_path / "seed.jsonl")
    with pytest.raises(InputError, match="not found; check the path"):
        read_rows(tmp_path / "final.jsonl")
    with pytest.raises(InputError, match="not found, nor its folder"):
        read_rows(tmp_path / "nowhere" / "seeds.jsonl")


def test_an_unknown_kind_of_file_lists_what_is_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"unknown kind of file '.xlsx'; what is read: JSONL \(.jsonl"):
        read_rows(write(tmp_path / "x.xlsx", "x"))


def test_a_file_of_only_bad_rows_is_reported_and_not_refused(tmp_path: Path) -> None:
    rows = read_rows(write(tmp_path / "x.jsonl", "nope\n"))
    assert (len(rows.table), rows.places, len(rows.bad)) == (0, [], 1)


@pytest.mark.slow
def test_a_saved_hugging_face_dataset_is_read_with_its_splits(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    train = datasets.Dataset.from_dict({"text": ["a", "b", "c"]}).select([2, 0])
    train.save_to_disk(str(tmp_path / "one"))
    rows = read_rows(tmp_path / "one")
    assert (rows.table.to_pydict(), rows.places) == ({"text": ["c", "a"]}, ["one:row 0", "one:row 1"])
    test = datasets.Dataset.from_dict({"text": ["z"]})
    datasets.DatasetDict({"train": train, "test": test}).save_to_disk(str(tmp_path / "two"))
    rows = read_rows(tmp_path / "two")
    assert rows.table.to_pydict() == {"text": ["c", "a", "z"], "split": ["train", "train", "test"]}
    assert rows.places == ["two/train:row 0", "two/train:row 1", "two/test:row 0"]
    (tmp_path / "broken").mkdir()
    write(tmp_path / "broken" / "state.json", "{}")
    with pytest.raises(InputError, match="no readable Hugging Face dataset"):
        read_rows(tmp_path / "broken")
