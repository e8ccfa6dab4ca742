import contextlib
import errno
import fcntl
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.errors import InputError
from pipeline.run_dir import RunDir, atomic_write, clear, locked, write_json, write_parquet


def hold(path: str) -> None:
    with locked(Path(path)):
        (Path(path) / "held").touch()
        time.sleep(60)


def test_a_file_is_whole_or_absent(tmp_path: Path) -> None:
    with contextlib.suppress(RuntimeError), atomic_write(tmp_path / "file") as temporary:
        temporary.write_text("half")
        raise RuntimeError("killed here")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_names_the_file_and_the_remedy_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_json(tmp_path / "metrics.json", {"old": 1})

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        InputError, match=r"metrics\.json: cannot be written \(No space left on device\); free disk space"
    ):
        write_json(tmp_path / "metrics.json", {"new": 1})
    assert (tmp_path / "metrics.json").read_text() == '{\n  "old": 1\n}\n'
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.json"]


def test_a_folder_that_cannot_be_made_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(InputError, match=r"file/run: cannot be written \(Not a directory\); choose a folder"),
        locked(tmp_path / "file" / "run"),
    ):
        raise AssertionError("opened")


def test_what_cannot_be_cleared_is_named_and_what_is_not_there_is_clear(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match=r"notes\.txt/sub: cannot be removed \(Not a directory\); choose a folder"):
        clear(tmp_path / "notes.txt" / "sub")
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(InputError, match="link: cannot be removed"):
        clear(tmp_path / "link")
    clear(tmp_path / "nothing")


@pytest.mark.slow
def test_two_runs_on_one_folder_are_refused_and_a_killed_one_leaves_no_lock(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=hold, args=(str(tmp_path),))
    process.start()
    while not (tmp_path / "held").exists():
        time.sleep(0.01)
    with pytest.raises(InputError, match=f"in use by process {process.pid}; wait for it"), locked(tmp_path):
        raise AssertionError("opened twice")
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    with locked(tmp_path) as run:
        assert run.path == tmp_path


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EIO])
def test_a_file_system_without_locks_is_named_and_not_taken_for_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(fcntl, "flock", no_locks(number))
    with (
        pytest.raises(InputError, match=rf"^{tmp_path}: files cannot be locked there \({os.strerror(number)}\); mount"),
        locked(tmp_path),
    ):
        raise AssertionError("opened")


def no_locks(number: int) -> Callable[..., None]:
    def flock(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return flock


def test_a_stage_is_finished_only_for_the_fingerprint_it_was_done_with(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    run.write({"task": "t", "settings": {}, "shaping": {}, "stages": {}})
    run.finish("plan", {"fingerprint": "a", "rows": 3})
    assert run.finished("plan", "a")
    assert not run.finished("plan", "b")
    assert not run.finished("generate", "a")
    assert not run.finished("plan", "a", ("rounds/1/plan.parquet",))
    run.begin("plan")
    assert not run.finished("plan", "a")


def test_a_run_json_that_is_none_is_explained(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(InputError, match=r"run\.json: is not the record of a run"):
        RunDir(tmp_path).read()


def test_a_table_comes_back_as_it_was(tmp_path: Path) -> None:
    table = pa.table({"text": ["a\x00b", "ü", None]})
    write_parquet(tmp_path / "rounds" / "1.parquet", table)
    assert RunDir(tmp_path).table("rounds/1.parquet").equals(table)
