"""Toys that several rooms' tests share."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from cluster.session import session
from jobs.__main__ import main
from jobs.init import init
from pipeline.layers import load_settings
from pipeline.tasks.task import Task, load_task, read_source


@pytest.fixture
def task_folder(tmp_path: Path) -> Path:
    """A small extraction task as `seedwright init` writes it."""
    init(tmp_path / "orders", "extraction")
    return tmp_path / "orders"


@pytest.fixture
def load(task_folder: Path) -> Callable[..., Task]:
    """Loads that task with --set pairs."""

    def loaded(*pairs: str) -> Task:
        return load_task(read_source(load_settings(str(task_folder), None, pairs)[0]))

    return loaded


@pytest.fixture(scope="session")
def contracts() -> Task:
    return load_task(read_source(load_settings("contracts")[0]))


@pytest.fixture(scope="module")
def ray_here() -> Iterator[None]:
    """One cluster for the tests of a file that only need one to be there."""
    with session():
        yield


class Shown(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


Seedwright = Callable[..., Shown]


@pytest.fixture
def seedwright(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Seedwright:
    """The command in this process."""

    def run(*arguments: object) -> Shown:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["seedwright", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return Shown(code, captured.out, captured.err)

    return run
