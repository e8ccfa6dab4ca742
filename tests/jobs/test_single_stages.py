"""The stages of a run one by one, each by its own command, with a student that was never trained."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from command import Seedwright
from serving import hosted
from test_openings import NAMES, silent
from test_other_tasks import TEXTS

from jobs import evaluate, finetune
from jobs.commands import plan_only, run_flow
from jobs.init import init
from jobs.run import Run, do, open_run
from jobs.students import STUDENT, folder
from pipeline.canonical import content_hash
from pipeline.layers import Layer, load_settings, validate
from pipeline.run_dir import locked, write_text
from pipeline.teacher.simulated.settings import SimulatedSettings

pytestmark = pytest.mark.slow

STAGES = ("check", "generate", "curate", "finetune", "evaluate", "report")


@pytest.fixture
def curated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a run of eight texts with two labels, up to the dataset."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "simulated")
    init(tmp_path / "mail", "classification")
    pairs = ["teacher.model=simulated-teacher", "teacher.base_url=http://127.0.0.1:9"]
    plan_only(load_settings(str(tmp_path / "mail"), None, pairs)[0], tmp_path / "run", update=False)
    params = pq.read_table(tmp_path / "run/rounds/1/plan.parquet")["params"].to_pylist()[: len(TEXTS)]
    rows = [{"text": text, "answer": {"label": ("refund", "delivery")[at % 2]}} for at, text in enumerate(TEXTS)]
    plan = {
        content_hash(json.loads(one)): {"fault": "raw", "text": json.dumps({**row, "confidence": 0.9})}
        for one, row in zip(params, rows, strict=True)
    }
    with hosted(SimulatedSettings(), tmp_path / "teacher", plan) as url:
        settings = load_settings(str(tmp_path / "mail"), None, [pairs[0], f"teacher.base_url={url}"])[0]
        run_flow(settings, tmp_path / "run", update=False, until="curate")
    return tmp_path / "run"


def never_trained(run: Run) -> dict[str, Any]:
    """What `finetune` leaves and enters, without weights."""
    write_text(folder(run, STUDENT) / "adapter/adapter_model.safetensors", "")
    write_text(folder(run, STUDENT) / "training.jsonl", '{"step": 1, "loss": 2.5}\n')
    recipe = {"four_bit": True, "rank": 16, "alpha": 32, "dropout": 0.05, "learning_rate": 0.002, "batch": 16}
    recipe |= {"epochs": 1.0, "seed": 0, "workers": 1, "gpu": False}
    entry = {"model": "pocket", "recipe": recipe, "rows": 7, "validation_rows": 1, "longest": 90, "output": "none"}
    entry |= {"left_out": {"too_long": [], "validation_too_long": []}, "tokens": 500, "steps": 1, "loss": 2.5}
    return entry | {"train_seconds": 1.0, "eval_loss": None, "restarts": 0, "resumed_from": None}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_without_a_run_says_how_to_open_one(seedwright: Seedwright, tmp_path: Path, stage: str) -> None:
    refused = seedwright(stage, tmp_path)
    assert refused.returncode == 2
    told = f"seedwright: {tmp_path}: is no run folder; open one with `seedwright plan TASK --out {tmp_path}`\n"
    assert refused.stderr == told
    assert list(tmp_path.iterdir()) == []


def test_a_stage_before_its_time_names_the_command_that_comes_first(
    seedwright: Seedwright, task_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    seedwright("plan", task_folder, "--out", out)
    before = json.loads((out / "run.json").read_text())["stages"]
    for stage in ("finetune", "evaluate", "report"):
        refused = seedwright(stage, out)
        assert refused.returncode == 2
        assert (
            f"generate is not done, or something that it depends on has changed; run `seedwright generate {out}` first"
            in refused.stderr
        )
    checked = seedwright("check", out, "--json")
    assert (checked.returncode, "check: done already" in checked.stderr) == (0, True)
    assert json.loads(checked.stdout)["stages"] == before
    (task_folder / "verify.py").write_text("def verify(text, answer):\n    return None\n")
    assert f"run `seedwright check {out}` first" in seedwright("report", out).stderr
    again = seedwright("check", out)
    assert (again.returncode, "check: done already" in again.stderr) == (0, False)
    assert f"run `seedwright generate {out}` first" in seedwright("report", out).stderr


def test_the_second_half_refuses_and_works_one_stage_after_the_other(
    curated: Path, seedwright: Seedwright, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = seedwright("evaluate", curated)
    assert (refused.returncode, f"run `seedwright finetune {curated}` first" in refused.stderr) == (2, True)
    with locked(curated) as place:
        settings = validate([Layer("run.json", place.read()["settings"])])
        do(open_run(place, settings), replace(finetune.JOB, work=never_trained))
    refused = seedwright("report", curated)
    assert (refused.returncode, f"run `seedwright evaluate {curated}` first" in refused.stderr) == (2, True)

    monkeypatch.setattr(evaluate, "students_of", lambda _: [silent(name) for name in NAMES])
    monkeypatch.setattr(Run, "use_cluster", lambda _: None)
    evaluated = seedwright("evaluate", curated, "--json")
    assert evaluated.returncode == 0, evaluated.stderr
    assert json.loads(evaluated.stdout)["stages"]["evaluate"]["students"] == NAMES
    reported = seedwright("report", curated, "--json")
    assert reported.returncode == 0, reported.stderr
    assert json.loads(reported.stdout)["stages"]["report"]["summary"] == str(curated / "report.html")
    items = json.loads(evaluated.stdout)["stages"]["evaluate"]["items"]["final"]
    page = (curated / "report.html").read_text()
    assert page.count(f"{min(items, 10)} of {items} wrong") == len(NAMES)  # who is silent is wrong everywhere
    assert "no evidence of a difference" in (curated / "report.html").read_text()
    assert "report: done already" in seedwright("report", curated).stderr
