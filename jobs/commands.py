"""What the commands on a run's folder do: the whole flow, the plan alone, or one stage."""

import tempfile
from pathlib import Path
from typing import Any

from jobs.console import funnel_table, say
from jobs.flow import execute, job_named
from jobs.run import do, open_run
from pipeline.config import Settings
from pipeline.errors import InputError
from pipeline.run_dir import locked


def run_flow(settings: Settings, folder: Path, *, update: bool) -> dict[str, Any]:
    with locked(folder) as run_dir:
        run = open_run(run_dir, settings, update=update)
        with run.until_end:
            execute(run)
        record = run_dir.read()
    say("")
    say(funnel_table(record["stages"]["curate"]["funnel"]))
    say(f"\ntraining set: {folder / 'dataset'}")
    return record


def plan_only(settings: Settings, folder: Path | None, *, update: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch, locked(folder or Path(scratch) / "plan") as run_dir:
        execute(open_run(run_dir, settings, update=update), until="plan")
        return run_dir.read()


def one_stage(folder: Path, name: str, *, address: str | None, budget: float | None) -> dict[str, Any]:
    """Does one stage of an existing run with the settings that the run was opened with."""
    if not (folder / "run.json").exists():
        raise InputError(f"{folder}: is no run folder; open one with `seedwright plan TASK --out {folder}`")
    with locked(folder) as run_dir:
        settings = Settings.model_validate(run_dir.read()["settings"])
        changes = {"budget": budget} if budget is not None else {}
        if address:
            changes["cluster"] = settings.cluster.model_copy(update={"address": address})
        run = open_run(run_dir, settings.model_copy(update=changes))
        with run.until_end:
            do(run, job_named(name))
        return run_dir.read()
