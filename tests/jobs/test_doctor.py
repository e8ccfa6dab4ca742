"""What the doctor says of nodes that this machine is not."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from jobs import doctor


@pytest.mark.parametrize(("here", "there", "back_end"), [([], 2.0, "cuda"), (["a GPU"], 0.0, "cpu")])
def test_the_4_bit_back_end_is_that_of_the_cluster_on_which_students_are_trained(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    here: list[str],
    there: float,
    back_end: str,
) -> None:
    node = {"address": "10.0.0.2", "cpus": 8.0, "memory_gib": 30.0, "sees_run_dir": True}
    nodes = [{**node, "gpus": 0.0}, {**node, "gpus": there}]
    monkeypatch.setattr(doctor, "_nodes", lambda *_: nodes)
    monkeypatch.setattr(doctor, "_gpus", lambda: here)
    found = doctor.examine(tmp_path, "10.0.0.2:6379")
    assert (found["bitsandbytes_back_end"], found["gpus_here"]) == (back_end, here)
    assert f"4-bit       {doctor.FOUR_BIT[back_end]}" in capsys.readouterr().err


@pytest.mark.slow
def test_locks_on_the_run_folder_are_tried_and_their_want_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "_nodes", lambda *_: [])
    assert doctor.examine(tmp_path, None)["run_dir_locks"] is True
    assert "locks       files of the run folder can be locked" in capsys.readouterr().err

    def flock(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    assert doctor.examine(tmp_path, None)["run_dir_locks"] is False
    assert "locks       files cannot be locked there (No locks available); mount it" in capsys.readouterr().err
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)  # a file system that grants every lock
    assert doctor.examine(tmp_path, None)["run_dir_locks_error"].startswith("files can be locked twice there")
    assert list(tmp_path.iterdir()) == []
