import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.seeds.intake import seed_table
from pipeline.seeds.rows import BadRow
from pipeline.seeds.sources import read_sources
from pipeline.tasks.task import Task


def dealt(load: Callable[..., Task], folder: Path, rows: list[dict[str, Any]], *pairs: str) -> dict[str, int]:
    (folder / "all.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = f"{folder / 'all.jsonl'}"
    files = (
        "seeds.path=" + path,
        "real.path=" + path,
        *(f"real.{name}=null" for name in ("calibration", "dev", "final")),
    )
    found = read_sources(load(*files, *pairs).settings, [], [])
    return {name: len(rows) for name, rows in found.items()}


def test_the_share_of_seeds_means_what_it_says_whatever_the_real_shares_sum_to(
    load: Callable[..., Task], tmp_path: Path
) -> None:
    rows = [{"id": number, "text": f"row {number}"} for number in range(100)]
    shares = "real.shares={calibration: 0.2, dev: 0.2, final: 0.4}"
    assert dealt(load, tmp_path, rows, "seeds.share=0.2", shares) == {
        "seeds": 20,
        "calibration": 20,
        "dev": 20,
        "final": 40,
    }


def test_document_0_is_a_document_and_is_never_in_two_sets(load: Callable[..., Task], tmp_path: Path) -> None:
    rows = [{"id": number, "text": f"row {number}", "document_id": 0} for number in range(8)]
    assert Counter(dealt(load, tmp_path, rows, "seeds.share=0.5").values()) == {0: 3, 8: 1}


@pytest.mark.parametrize("cell", ["[" * 100_000, "[" * 600 + "]" * 600, "{", "1e999"])
def test_an_answer_in_csv_that_is_none_makes_a_bad_row(load: Callable[..., Task], tmp_path: Path, cell: str) -> None:
    (tmp_path / "s.csv").write_text(f'text,answer\nan order,"{cell}"\n')
    task = load(f"seeds.path={tmp_path / 's.csv'}")
    mistakes: list[BadRow] = []
    seed_table(task, read_sources(task.settings, mistakes, [])["seeds"], mistakes)
    assert [bad.place for bad in mistakes] == [f"{tmp_path}/s.csv:2"]


def test_an_empty_cell_in_csv_is_no_answer(load: Callable[..., Task], tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("id,text,answer,scored_fields,document_id\n,an order,,,\n,another,,,\n")
    task = load(f"seeds.path={tmp_path / 's.csv'}")
    mistakes: list[BadRow] = []
    rows = seed_table(task, read_sources(task.settings, mistakes, [])["seeds"], mistakes).to_pylist()
    assert ([row["answer"] for row in rows], mistakes) == ([None, None], [])
    assert len({row["seed_id"] for row in rows}) == 2
    assert {row["document_id"] for row in rows} == {None}
