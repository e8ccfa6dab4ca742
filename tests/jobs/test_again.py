"""Replies that gave no sample, withdrawn so that their requests are asked again."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.again import REJECTED, renewed, withdraw, withdrawn
from jobs.run import Run
from pipeline.run_dir import RunDir
from pipeline.tasks.task import Task


def requests(**keys: str | None) -> pa.Table:
    return pa.table({"sample_id": list(keys), "key": pa.array(keys.values(), pa.string())})


@pytest.fixture
def folder(tmp_path: Path) -> RunDir:
    """Two passes and a refill, in which `a` failed in the first pass, `b` and `r` in the second, `c` at a filter."""
    (tmp_path / REJECTED).parent.mkdir(parents=True)
    for name, table in {
        "plan": requests(a="a1", b="b1", c="c1", d="d1"),
        "refill-1": requests(r="r1"),
        "pass-2": requests(b="b2", c="c2", d=None),
        "refill-1-pass-2": requests(r="r2"),
    }.items():
        pq.write_table(table, tmp_path / f"rounds/1/{name}.parquet")
    stages = {"a": "parse", "b": "parse", "c": "schema", "d": "parse", "r": "parse", "x": "generate"}
    rejected = {"sample_id": list(stages), "stage": list(stages.values()), "reason": ["wrong_shape"] * len(stages)}
    pq.write_table(pa.table(rejected), tmp_path / REJECTED)
    return RunDir(tmp_path)


def test_of_several_passes_that_one_is_asked_again_whose_reply_gave_no_sample(folder: RunDir) -> None:
    withdraw(folder)
    assert withdrawn(folder) == ["a1", "b2", "d1", "r2"]


def test_a_reply_is_withdrawn_once_for_each_curation_that_could_not_use_it(folder: RunDir, contracts: Task) -> None:
    run = Run(folder, contracts.settings, contracts.source)
    plan = requests(a="a1", b="b1", d=None)
    assert renewed(run, plan) is plan
    withdraw(folder)
    withdraw(folder)
    once = renewed(run, plan)["key"].to_pylist()
    assert once[0] not in (None, "a1")
    assert once[1:] == ["b1", None]
    pq.write_table(renewed(run, plan), folder.path / "rounds/1/plan.parquet")
    pq.write_table(pa.table({"sample_id": ["a"], "stage": ["parse"], "reason": ["refusal"]}), folder.path / REJECTED)
    withdraw(folder)
    assert once[0] in withdrawn(folder)
    assert renewed(run, plan)["key"][0].as_py() not in ("a1", once[0])
