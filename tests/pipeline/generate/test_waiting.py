"""Requests set aside to be asked: none twice, none lost, in small groups."""

import errno
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.config import Cluster
from pipeline.errors import InputError
from pipeline.generate.waiting import COLUMNS, GROUP_ROWS, set_aside


def requests(number: int) -> pa.Table:
    rows = [
        {"sample_id": str(n), "key": f"k{n}", "params": "{}", "input_tokens": n, "output_tokens": 1}
        for n in range(number)
    ]
    return pa.Table.from_pylist([*rows, rows[0]])


@pytest.mark.parametrize("as_file", [True, False])
def test_what_has_no_reply_waits_once_a_key_in_the_order_of_the_plan(tmp_path: Path, as_file: bool) -> None:
    table, have = requests(2500), frozenset(f"k{n}" for n in range(0, 2500, 3))
    pq.write_table(table, tmp_path / "plan.parquet")
    source = tmp_path / "plan.parquet" if as_file else table
    with set_aside(source, have, tmp_path / "asking.parquet", Cluster()) as waiting:
        waiting = pickle.loads(pickle.dumps(waiting))
        groups = [waiting.read(group) for group in range(waiting.groups)]
        rows = pa.concat_tables(groups)
        assert rows["key"].to_pylist() == [f"k{n}" for n in range(2500) if n % 3]
        assert rows.column_names == COLUMNS
        assert waiting.rows == rows.num_rows
        assert {group.num_rows for group in groups[:-1]} == {GROUP_ROWS}
    assert not (tmp_path / "asking.parquet").exists()


def test_few_requests_are_spread_over_the_actors_and_none_are_no_group(tmp_path: Path) -> None:
    with set_aside(requests(8), frozenset(), tmp_path / "a.parquet", Cluster(generation_actors=2)) as waiting:
        assert (waiting.rows, waiting.groups) == (8, 4)
    with set_aside(requests(1), frozenset(["k0"]), tmp_path / "b.parquet", Cluster()) as waiting:
        assert (waiting.rows, waiting.groups) == (0, 0)


def test_what_was_asked_first_is_skipped_in_whichever_group_it_lies(tmp_path: Path) -> None:
    with set_aside(requests(40), frozenset(), tmp_path / "a.parquet", Cluster(block_rows=2)) as waiting:
        assert waiting.some()["key"].to_pylist()[:6] == [f"k{n}" for n in range(6)]
        later = replace(waiting, skip=3)
        assert later.table()["key"].to_pylist() == [f"k{n}" for n in range(3, 40)]
        assert (later.left, later.groups, later.read(0).num_rows, later.read(1).num_rows) == (37, 20, 0, 1)


def test_a_full_disk_is_one_line_with_the_file_and_what_to_do_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", refuse)
    told = (
        r"/asking\.parquet: cannot be written \(No space left on device\); free disk space, then run the same command"
    )
    with (
        pytest.raises(InputError, match=told),
        set_aside(requests(8), frozenset(), tmp_path / "asking.parquet", Cluster()),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_what_goes_wrong_while_asking_is_not_taken_for_the_disk(tmp_path: Path) -> None:
    with (
        pytest.raises(ConnectionError),
        set_aside(requests(8), frozenset(), tmp_path / "asking.parquet", Cluster()),
    ):
        raise ConnectionError("the line is dead")
