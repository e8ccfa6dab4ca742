"""A run's folder: one writer at a time, whole files or none, and run.json as the record of what is finished.

A stage is finished when run.json holds its entry, which is written last, after the stage's files have been renamed into
place. The entry carries a fingerprint of everything that shaped the result, so that running again redoes what a change
reached and nothing else.
"""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError
from pipeline.file_lock import lock


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yields a temporary path beside `path`; renames it there on success, removes it on failure.

    Raises InputError when the disk is full or the folder cannot be written, naming the file.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error}); {remedy(error)}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def remedy(error: OSError, other: str = "choose a folder you may write to with --out, or mend this one") -> str:
    """What a person can do about a failed write; `other` where it is not the disk that is full."""
    if "space" in str(error).lower() or "too large" in str(error).lower() or "quota" in str(error).lower():
        return "free disk space, then run the same command again: what is finished is kept"
    return other


def write_text(path: Path, text: str) -> None:
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_parquet(path: Path, table: pa.Table) -> None:
    with atomic_write(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


@dataclass(frozen=True, slots=True)
class RunDir:
    """The folder of one run and the only writer of its run.json."""

    path: Path

    def read(self) -> dict[str, Any]:
        """The record; empty for a new run. Raises InputError when run.json is not ours."""
        file = self.path / "run.json"
        if not file.exists():
            return {}
        try:
            record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            if missing := {"task", "settings", "shaping", "stages"} - record.keys():
                raise ValueError(f"no {min(missing)}")
        except (ValueError, AttributeError, OSError) as error:
            raise InputError(
                f"{file}: is not the record of a run ({error}); choose another folder with --out"
            ) from error
        return record

    def write(self, record: dict[str, Any]) -> None:
        write_json(self.path / "run.json", record)

    def finished(self, stage: str, fingerprint: str, files: tuple[str, ...] = ()) -> bool:
        """Whether the stage was done with this fingerprint and its `files` are still there."""
        entry = self.read().get("stages", {}).get(stage, {})
        return bool(entry.get("fingerprint") == fingerprint and all((self.path / name).exists() for name in files))

    def begin(self, stage: str) -> None:
        """Takes a stage's old entry out before its files are touched, so that it never speaks for others."""
        record = self.read()
        if record.get("stages", {}).pop(stage, None) is not None:
            self.write(record)

    def finish(self, stage: str, entry: dict[str, Any]) -> None:
        """Marks a stage as done; the entries of stages that follow from an older state stay until they are redone."""
        record = self.read()
        record["stages"][stage] = entry
        self.write(record)

    def table(self, name: str) -> pa.Table:
        return pq.read_table(self.path / name)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[RunDir]:
    """Opens (and makes) a run's folder for this process alone.

    The lock is an flock, which the kernel releases when its holder dies, so a killed run never has to be unlocked by
    hand. Raises InputError when the folder cannot be made or locked, or another run holds it.
    """
    path = path.absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
        file = (path / ".lock").open("a+", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error}); {remedy(error)}") from error
    with file:
        _lock(file, path)
        yield RunDir(path)


def _lock(file: IO[str], path: Path) -> None:
    if not lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB, path):
        file.seek(0)
        holder = file.read().strip() or "another process"
        raise InputError(f"{path}: in use by {holder}; wait for it, or choose another folder with --out")
    file.truncate(0)
    file.write(f"process {os.getpid()}")
    file.flush()


def clear(path: Path) -> None:
    """Removes what an unfinished or outdated stage left, file or folder. Raises InputError when it may not."""
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be removed ({error.strerror or error}); {remedy(error)}") from error
