"""What the commands on a run's folder do: the whole flow, the plan alone, or one stage."""

import json
import tempfile
from itertools import takewhile
from pathlib import Path
from typing import Any

from jobs.again import withdraw
from jobs.console import funnel_table, metrics_table, say
from jobs.flow import FLOW, execute, job_named
from jobs.plan import shown, shown_register
from jobs.run import do, open_run, require_current
from pipeline.config import Settings
from pipeline.errors import InputError
from pipeline.generate.estimate import Estimate
from pipeline.layers import Layer, validate
from pipeline.run_dir import RunDir, locked


def run_flow(
    settings: Settings, folder: Path, *, update: bool, retry_failed: bool = False, until: str | None = None
) -> dict[str, Any]:
    """The whole flow, or up to and including the stage `until`. `retry_failed` asks once more for what a finished
    generation had given up, and for what was answered without a sample in it.
    """
    if until is not None and until not in (names := [job.name for job in FLOW]):
        raise InputError(f"--until {until}: is no stage; the stages are {', '.join(names)}")
    with locked(folder) as run_dir:
        run = open_run(run_dir, settings, update=update)
        if retry_failed:
            ask_again(run_dir)
        with run.until_end:
            execute(run, until=until)
        record = run_dir.read()
    reached = until or FLOW[-1].name
    if "curate" in stages_to(reached):
        tell_funnel(folder, record)
    if until is None:
        tell_result(folder)
        say(f"\nreport: {folder / 'report.html'}")
    return record


def ask_again(folder: RunDir) -> None:
    """Undoes the stages that asked a model, which ask again for what was given up, and for what gave no sample."""
    withdraw(folder)
    stages = folder.read().get("stages", {})
    folder.begin("generate")
    if {"judge", "consistency"} & stages.get("curate", {}).keys():
        folder.begin("curate")


def stages_to(stage: str) -> list[str]:
    """The names of the stages up to and including this one."""
    names = [job.name for job in FLOW]
    return names[: names.index(stage) + 1]


def tell_funnel(folder: Path, record: dict[str, Any]) -> None:
    say(f"\n{funnel_table(record['stages']['curate']['funnel'])}\n\ntraining set: {folder / 'dataset'}")


def tell_result(folder: Path) -> None:
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    for set_name in {name: None for sets in metrics["students"].values() for name in sets}:
        say(f"\n{metrics_table(metrics, set_name)}")
    say(f"\n{metrics['difference']['verdict']['sentence']}")


def plan_only(settings: Settings, folder: Path | None, *, update: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch, locked(folder or Path(scratch) / "plan") as run_dir:
        run = open_run(run_dir, settings, update=update)
        before = run.entries.get("plan")
        execute(run, until="plan")
        if run.entries["plan"] == before:
            estimated = shown(Estimate.from_entry(before), settings.generation.target)
            say(f"{shown_register(before.get('register', []))}\n\n{estimated}")
        return run_dir.read()


def one_stage(
    folder: Path, name: str, *, address: str | None, budget: float | None, retry_failed: bool = False
) -> dict[str, Any]:
    """Does one stage of an existing run with the settings that the run was opened with.

    A budget is the run folder's and stays until another is given; an address is of this call alone, for the cluster may
    be gone at the next.
    """
    if not (folder / "run.json").exists():
        raise InputError(f"{folder}: is no run folder; open one with `seedwright plan TASK --out {folder}`")
    with locked(folder) as run_dir:
        values = run_dir.read()["settings"]
        given = [Layer("--budget", {"budget": budget})] if budget is not None else []
        run = open_run(run_dir, validate([Layer(str(folder / "run.json"), values), *given]))
        if address:
            cluster = run.settings.cluster.model_copy(update={"address": address})
            run.settings = run.settings.model_copy(update={"cluster": cluster})
        require_current(run, takewhile(lambda job: job.name != name, FLOW))
        if retry_failed:
            withdraw(run_dir)
            run_dir.begin("generate")
        with run.until_end:
            if retry_failed:
                do(run, job_named("plan"))
            do(run, job_named(name))
        record = run_dir.read()
    if name == "curate":
        tell_funnel(folder, record)
    if name == "evaluate":
        tell_result(folder)
    return record
