"""Checkpoints that count only when whole, and the log that begins again where training does."""

import json
from pathlib import Path

import pytest

from pipeline.finetune.checkpoints import last_complete, mark_complete, step_of, trim_log


def checkpoint(folder: Path, step: int, *, whole: bool = True) -> Path:
    path = folder / f"checkpoint-{step}"
    path.mkdir(parents=True)
    (path / "optimizer.pt").write_bytes(b"half")
    if whole:
        mark_complete(folder, step)
    return path


def test_the_newest_whole_checkpoint_is_found_by_number_and_not_by_spelling(tmp_path: Path) -> None:
    for step in (9, 10, 100, 20):
        checkpoint(tmp_path, step)
    found = last_complete(tmp_path)
    assert found == tmp_path / "checkpoint-100"
    assert step_of(found) == 100


def test_torn_checkpoints_are_passed_over_and_removed_while_whole_ones_and_other_files_stay(tmp_path: Path) -> None:
    whole, torn = checkpoint(tmp_path, 5), checkpoint(tmp_path, 10, whole=False)
    checkpoint(tmp_path, 15, whole=False)
    (tmp_path / "README.md").write_text("")
    assert last_complete(tmp_path) == whole
    assert not torn.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "checkpoint-5"]
    assert (whole / "optimizer.pt").read_bytes() == b"half"


def test_where_no_checkpoint_is_whole_there_is_none(tmp_path: Path) -> None:
    assert last_complete(tmp_path / "absent") is None
    checkpoint(tmp_path, 5, whole=False)
    assert last_complete(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


LINES = [{"step": step, "loss": 1 / step} for step in (1, 2, 3, 4)]


@pytest.mark.parametrize(("step", "kept"), [(0, 0), (2, 2), (4, 4), (9, 4)])
def test_the_log_loses_what_came_after_the_checkpoint(tmp_path: Path, step: int, kept: int) -> None:
    log = tmp_path / "training.jsonl"
    log.write_text("".join(json.dumps(line) + "\n" for line in LINES))
    trim_log(log, step)
    assert [json.loads(line) for line in log.read_text().splitlines()] == LINES[:kept]
    assert log.read_text().endswith("\n") or kept == 0


@pytest.mark.parametrize("torn", ['{"step": 2, "lo', '{"step": 2', "", '{"step": 2, "loss": 0.5}'])
def test_a_last_line_that_was_cut_off_goes_and_one_that_only_lacks_its_end_stays(tmp_path: Path, torn: str) -> None:
    log = tmp_path / "training.jsonl"
    log.write_text('{"step": 1, "loss": 1.0}\n' + torn)
    trim_log(log, 2)
    assert [json.loads(line)["step"] for line in log.read_text().splitlines()] == ([1, 2] if torn[-1:] == "}" else [1])
    assert log.read_text().endswith("}\n")


def test_a_log_that_was_never_begun_is_not_begun_here(tmp_path: Path) -> None:
    trim_log(tmp_path / "training.jsonl", 3)
    assert not (tmp_path / "training.jsonl").exists()
