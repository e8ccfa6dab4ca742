"""One run: its settings, its folder, and the stages of FLOW that are still to do.

A stage is done again when, and only when, something that shapes its result has changed: its own settings and texts, or
what the stages before it put out.
"""

import contextlib
import platform
import shlex
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.console import say
from pipeline.canonical import content_hash
from pipeline.config import Settings
from pipeline.errors import InputError
from pipeline.layers import BUILT_IN
from pipeline.run_dir import RunDir
from pipeline.stage import Stage, compose
from pipeline.tasks.task import TaskSource, read_source

TRAINING = ("torch", "transformers", "trl", "peft", "bitsandbytes", "accelerate")
"""The packages that shape a student."""
PACKAGES = ("seedwright", "ray", "anthropic", "datasketch", "pyarrow", *TRAINING)


def installed(package: str) -> str | None:
    """A package's version, for which nothing of it is imported; null where a machine does without it."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


@dataclass(slots=True)
class Run:
    """What every stage is given."""

    dir: RunDir
    settings: Settings
    source: TaskSource
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The finished stages' entries in run.json."""
    until_end: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    """What stays open until the run ends: the cluster, once a stage has asked for it."""
    student: bool = False
    """Whether this command goes on to a student, of which as much as can be known is looked at before anything is paid.
    """

    def output(self, stage: str) -> str:
        return str(self.entries[stage]["output"])

    def use_cluster(self) -> None:
        """Connects to the cluster, once a run; nothing is started for stages that are done already."""
        from cluster.session import session

        self.until_end.enter_context(session(self.settings.cluster.address))
        if self.student and "finetune" not in self.entries:
            from jobs.students import require_room

            require_room(self.settings)

    def distributes(self, rows: int) -> bool:
        """Whether so many rows are more than a block, and so go to the cluster, which is then connected to."""
        if rows <= self.settings.cluster.block_rows:
            return False
        self.use_cluster()
        return True

    def through(self, table: pa.Table, stages: list[Stage]) -> pa.Table:
        """The table after all stages, wherever they run."""
        if not self.distributes(len(table)):
            return compose(stages)(table)
        from cluster.apply import run_stages

        return run_stages(table, stages, block_rows=self.settings.cluster.block_rows)


@dataclass(frozen=True, slots=True)
class Job:
    """A stage of the flow: `shape` says what its result depends on, `work` does it and returns its entry with the hash
    `output`.
    """

    name: str
    after: tuple[str, ...]
    files: tuple[str, ...]
    shape: Callable[[Run], Any]
    work: Callable[[Run], dict[str, Any]]


def open_run(folder: RunDir, settings: Settings, *, update: bool = False) -> Run:
    """Raises InputError when the folder belongs to a run of another task, or of other settings unless `update` is
    given or nothing came of it.
    """
    source = read_source(settings)
    record = folder.read()
    if record:
        refuse_other_settings(folder.path, record, settings, update)
    record = {
        "task": settings.name,
        "settings": settings.model_dump(
            mode="json", by_alias=True, exclude={who: {"simulated": {"api_key"}} for who in ("teacher", "judge")}
        ),
        "shaping": settings.shaping(),
        "versions": {"python": platform.python_version()} | {name: installed(name) for name in PACKAGES},
        "started": record.get("started") or time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "openings_of_final": record.get("openings_of_final", []),
        "stages": record.get("stages", {}),
    }
    folder.write(record)
    return Run(folder, settings, source, record["stages"])


def refuse_other_settings(path: Path, record: dict[str, Any], settings: Settings, update: bool) -> None:
    differences = list(differing(record.get("shaping", {}), settings.shaping()))
    if record.get("task") != settings.name:
        raise InputError(
            f"{path}: holds a run of task {record.get('task')!r}, not {settings.name!r}; choose another folder "
            f"with --out"
        )
    if differences and not update and not failed_at_once(path, record):
        listed = "\n".join(f"  {difference}" for difference in differences)
        raise InputError(
            f"{path}: holds a run of other settings:\n{listed}\nchoose another folder with --out, "
            "or give `run` or `plan` --update to go on in this one and redo what depends on them"
        )


def failed_at_once(path: Path, record: dict[str, Any]) -> bool:
    """Whether the folder's run went as far as asking and no further, so that other settings cost nothing: a mistyped
    model, say. One that was planned only is no such run, since its plan may have been read and agreed to.
    """
    ledger = path / "ledger"
    asked = any(file.stat().st_size for file in ledger.glob("*.jsonl"))
    return ledger.is_dir() and not asked and record["stages"].keys() <= {"check", "plan"}


def differing(old: Any, new: Any, key: str = "") -> list[str]:
    """Readable differences of two nested settings, "filters.confidence: 0.85 there, 0.9 now"."""
    if isinstance(old, dict) and isinstance(new, dict):
        names = sorted(old.keys() | new.keys())
        return [line for name in names for line in differing(old.get(name), new.get(name), f"{key}.{name}".lstrip("."))]
    return [] if old == new else [f"{key}: {old!r} there, {new!r} now"]


def fingerprint_of(run: Run, job: Job) -> str:
    """Everything that shapes a stage's result."""
    outputs = {name: run.output(name) for name in job.after}
    return content_hash({"stage": job.name, "after": outputs, "shape": job.shape(run)})


def require_current(run: Run, jobs: Iterable[Job]) -> None:
    """Raises InputError for the first job that is not done, or was done from something that has changed since."""
    for job in jobs:
        done = job.name in run.entries and set(job.after) <= run.entries.keys()
        if not (done and run.dir.finished(job.name, fingerprint_of(run, job), job.files)):
            raise InputError(
                f"{run.dir.path}: {job.name} is not done, or something that it depends on has changed; "
                f"run {command_for(run, job.name)} first"
            )


def command_for(run: Run, stage: str) -> str:
    """The command that does one stage of this run. `plan` takes a task and no run folder, so it is the flow up to it,
    which wants the settings again that the folder was opened with.
    """
    folder, prompts = shlex.quote(str(run.dir.path)), Path(run.settings.student_prompt).parent
    if stage != "plan":
        return f"`seedwright {stage} {folder}`"
    task = shlex.quote(run.settings.name if prompts.parent == BUILT_IN else str(prompts))
    return f"`seedwright run {task} --out {folder} --until plan`, with the --config and --set of this run,"


def do(run: Run, job: Job) -> None:
    """Does one stage, unless it is done."""
    fingerprint = fingerprint_of(run, job)
    if run.dir.finished(job.name, fingerprint, job.files):
        say(f"{job.name}: done already")
        return
    run.dir.begin(job.name)
    say(f"{job.name} ...")
    started = time.monotonic()
    entry = job.work(run)
    entry = {"fingerprint": fingerprint, **entry, "seconds": round(time.monotonic() - started, 2)}
    run.dir.finish(job.name, entry)
    run.entries = run.dir.read()["stages"]
    say(f"{job.name}: {entry.get('summary', 'done')} ({entry['seconds']:.1f} s)")
