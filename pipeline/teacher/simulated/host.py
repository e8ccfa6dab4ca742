"""The simulated teacher as a child process, for the length of a `with` block.

A process of its own keeps its CPU time and its failures apart from the run's, as a real teacher's would be. The
settings go through its standard input rather than its arguments, which any user of the machine can read; the child
lives exactly as long as that input stays open, so it ends with its parent even when the parent is killed.
"""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.disk import writing
from pipeline.errors import TeacherError
from pipeline.teacher.simulated.settings import SimulatedSettings

START_S = 20.0
STOP_S = 5.0


@contextmanager
def hosted(
    settings: SimulatedSettings, folder: Path, plan: Mapping[str, Mapping[str, Any]] | None = None
) -> Iterator[str]:
    """Run a simulated teacher on a free port of this machine alone and yield its base URL.

    `folder` receives requests.jsonl (appended to), plan.json and stderr.log. TeacherError when it does not start,
    InputError when the folder cannot be written.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "plan.json").write_text(json.dumps(dict(plan or {})), encoding="utf-8")
        child = _spawn(folder)
    try:
        yield _base_url(child, settings, folder)
    finally:
        _end(child)


def _spawn(folder: Path) -> "subprocess.Popen[bytes]":
    log, plan = (folder / "requests.jsonl").absolute(), (folder / "plan.json").absolute()
    command = [sys.executable, "-P", "-m", "pipeline.teacher.simulated", "--log", str(log), "--plan", str(plan)]
    root = str(Path(__file__).resolve().parents[3])  # the packages are found from any current directory
    found = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH")) if part)
    with (folder / "stderr.log").open("wb") as stderr:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={**os.environ, "PYTHONPATH": found},
            start_new_session=True,  # Ctrl-C reaches the run, which ends the teacher when it has no more use for it
        )


def _base_url(child: "subprocess.Popen[bytes]", settings: SimulatedSettings, folder: Path) -> str:
    """Hand the settings over and wait for the line that says where the server listens."""
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(settings.model_dump_json().encode() + b"\n")
        child.stdin.flush()
        if select.select([child.stdout], [], [], START_S)[0]:
            return str(json.loads(child.stdout.readline())["base_url"])
        why = f"was not ready within {START_S:g} s"
    except (OSError, ValueError):
        why = "ended before it was ready"
    said = (folder / "stderr.log").read_text(encoding="utf-8", errors="replace")[-2000:].strip()
    raise TeacherError(f"simulated teacher: it {why} and said {said or 'nothing'!r}; see {folder / 'stderr.log'}")


def _end(child: "subprocess.Popen[bytes]") -> None:
    try:
        child.communicate(timeout=STOP_S)  # closes its input
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
