"""The `decontaminate` command on files."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs import decontaminate, dedup
from pipeline.errors import InputError

ITEM = "the supplier shall deliver the goods to the buyer within thirty days of the order date"
ROWS = [ITEM.upper(), f"Note: {ITEM}", f"{ITEM} {' '.join(map(str, range(50)))}", "a clean row about something else"]


def csv(path: Path, column: str, texts: list[str]) -> Path:
    path.write_text("\n".join([f"n,{column}", *(f'{number},"{text}"' for number, text in enumerate(texts))]))
    return path


def quiet(_: str) -> None:
    """Takes the lines that a person would read."""


def run(folder: Path, **options: Any) -> dict[str, Any]:
    source = csv(folder / "train.csv", "text", ROWS)
    exam = csv(folder / "exam.csv", "question", ["hm", ITEM])
    given = {"against": exam, "text": "text", "eval_text": "question", "out": folder / "out", "say": quiet, **options}
    return decontaminate.run(source, **given)


def test_each_way_to_repeat_an_item_has_its_reason_and_its_figure(tmp_path: Path) -> None:
    summary = run(tmp_path)
    kept, removed = (pq.read_table(tmp_path / "out" / f"{name}.parquet").to_pylist() for name in ("kept", "removed"))
    assert kept == [{"n": "3", "text": ROWS[3], "row": 3}]
    assert removed == [
        {"n": "0", "text": ROWS[0], "row": 0, "reason": "contaminated_exact", "twin_row": 1, "similarity": 1.0},
        {"n": "1", "text": ROWS[1], "row": 1, "reason": "contaminated_jaccard", "twin_row": 1, "similarity": 12 / 13},
        {"n": "2", "text": ROWS[2], "row": 2, "reason": "contaminated_containment", "twin_row": 1, "similarity": 1.0},
    ]
    assert summary == json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["rows"], summary["kept"], sum(summary["removed"].values())) == (4, 1, 3)
    assert (summary["cut"], summary["containment"], summary["shingle"]) == (0.65, 0.8, "word:5")
    assert summary["eval"] == {"file": str(tmp_path / "exam.csv"), "rows": 2, "too_short_for_containment": 1}
    assert summary["tiers"]["embedding"] == "not checked"
    assert set(summary["seconds"]) == {"read", "compare", "sweep", "write"}


def test_the_sweep_stands_beside_the_tables(tmp_path: Path) -> None:
    run(tmp_path)
    steps = json.loads((tmp_path / "out" / "sweep.json").read_text())
    assert [(step["cut"], step["removed"]) for step in steps] == [(k / 20, 2) for k in range(10, 19)]
    assert steps[-1]["examples"][0]["sample"] == 1
    assert steps[-1]["examples"][0]["item"] == 1


def test_a_higher_cut_keeps_more(tmp_path: Path) -> None:
    summary = run(tmp_path, cut=0.95, containment=1.0)
    assert summary["removed"] == {"contaminated_exact": 1, "contaminated_jaccard": 0, "contaminated_containment": 2}


def test_long_runs_are_counted_and_removed_if_asked(tmp_path: Path) -> None:
    said: list[str] = []
    summary = run(tmp_path, containment=1.0, cut=1.0, say=said.append)
    assert (summary["ngram"], summary["tiers"]["ngram"]) == ({"words": 13, "shared": 3, "removed": False}, "counted")
    assert "3 rows share 13 words in a row with an item; --ngram 13 takes them out" in said[0]
    item = ITEM.split()
    csv(tmp_path / "rows.csv", "text", [" ".join(["new", *item[:9], "words"]), " ".join(item[:8])])
    given = {"against": tmp_path / "exam.csv", "text": "text", "eval_text": "question", "out": tmp_path / "out"}
    summary = decontaminate.run(tmp_path / "rows.csv", **given, ngram=9, say=quiet)
    assert summary["removed"]["contaminated_ngram"] == 1
    assert summary["ngram"] == {"words": 9, "shared": 1, "removed": True}


def test_the_reader_sees_the_sweep_and_what_was_not_checked(tmp_path: Path) -> None:
    said: list[str] = []
    run(tmp_path, say=said.append)
    assert "Jaccard cut" in said[0]
    assert "not checked: embedding" in said[0]
    assert "1 of 2 items are too short" in said[0]


def test_an_input_that_is_its_own_evaluation_set_is_all_contaminated_and_that_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    source = csv(tmp_path / "train.csv", "text", ROWS)
    summary = run(tmp_path, against=source, eval_text="text", say=said.append)
    assert (summary["kept"], summary["rows"]) == (0, len(ROWS))
    assert f"every row repeats one of {source}; is that the input itself, or a copy of it?" in said[0]


@pytest.mark.parametrize("name", ["rows", "exam"])
def test_an_empty_cell_in_either_file_is_named_by_its_line(tmp_path: Path, name: str) -> None:
    files = {one: csv(tmp_path / f"{one}.csv", "text", ["a", "" if one == name else "b"]) for one in ("rows", "exam")}
    with pytest.raises(InputError, match=rf"{name}\.csv:3: 'text' is empty; give the row a text"):
        decontaminate.run(files["rows"], against=files["exam"], text="text", out=tmp_path / "out", say=quiet)


def test_an_empty_evaluation_set_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    empty = csv(tmp_path / "empty.csv", "question", [])
    with pytest.raises(InputError, match=r"empty\.csv: no rows"):
        run(tmp_path, against=empty)
    assert not (tmp_path / "out").exists()


def test_the_text_column_of_the_evaluation_set_is_that_of_the_input_unless_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"exam\.csv: no column 'text'; the columns are n, question"):
        run(tmp_path, eval_text=None)


def test_the_evaluation_set_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "ev").mkdir()
    pq.write_table(pa.table({"question": [ITEM]}), tmp_path / "ev" / "kept.parquet")
    with pytest.raises(InputError, match=r"ev: writing there would overwrite --against .*ev/kept\.parquet; "):
        run(tmp_path, against=tmp_path / "ev" / "kept.parquet", out=tmp_path / "ev")
    assert pq.read_table(tmp_path / "ev" / "kept.parquet").to_pylist() == [{"question": ITEM}]


def test_no_sweep_is_left_beside_the_tables_of_another_command(tmp_path: Path) -> None:
    run(tmp_path)
    dedup.run(tmp_path / "train.csv", text="text", out=tmp_path / "out", say=quiet)
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"kept.parquet", "removed.parquet", "summary.json"}


@pytest.mark.parametrize("wrong", [{"cut": 0}, {"cut": 1.01}, {"containment": 0}, {"shingle": "5"}])
def test_settings_out_of_range_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        run(tmp_path, **wrong)
    assert not (tmp_path / "out").exists()


def test_importing_the_commands_loads_nothing_heavy() -> None:
    program = "import jobs.dedup, jobs.decontaminate, sys; print({'ray', 'pyarrow', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.ray
@pytest.mark.usefixtures("ray_here")
def test_many_rows_go_through_ray_with_the_same_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = run(tmp_path, out=tmp_path / "alone")
    monkeypatch.setattr(decontaminate, "RAY_FROM", 2)
    monkeypatch.setattr(decontaminate, "BLOCK_ROWS", 1)
    through = run(tmp_path, out=tmp_path / "ray")
    for name in ("kept", "removed"):
        assert pq.read_table(tmp_path / "ray" / f"{name}.parquet").equals(
            pq.read_table(tmp_path / "alone" / f"{name}.parquet")
        )
    assert through["removed"] == alone["removed"]
