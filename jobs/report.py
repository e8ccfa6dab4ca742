"""The stage `report`: one HTML page to decide from, and the student's model card."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.asking import read_answered
from jobs.evaluate import ROLES
from jobs.run import Job, Run
from jobs.students import STUDENT, folder
from pipeline.evaluate.worst import how_many_wrong, worst
from pipeline.report.model_card import model_card
from pipeline.report.page import ReportData, report_page
from pipeline.run_dir import write_text
from pipeline.seeds.files import fingerprint
from pipeline.tasks.task import load_task
from pipeline.teacher.prices import price_of

PAGE = "report.html"


def shape(run: Run) -> Any:
    return [run.settings.demonstration, run.settings.cluster.dollars_per_hour, run.source.fingerprint(ROLES)]


def work(run: Run) -> dict[str, Any]:
    place = run.dir.path
    metrics = json.loads((place / "metrics.json").read_text(encoding="utf-8"))
    record = run.dir.read()
    task, real = load_task(run.source), run.dir.table(f"inputs/{metrics['set']}.parquet")
    predictions = predictions_of(run, metrics)
    write_text(folder(run, STUDENT) / "MODEL_CARD.md", model_card(record, metrics, STUDENT))
    data = ReportData(
        record=record,
        metrics=metrics,
        sweep=json.loads((place / "rounds/1/sweep.json").read_text(encoding="utf-8")),
        training=read_lines(folder(run, STUDENT) / "training.jsonl"),
        samples=run.dir.table("rounds/1/samples/part-0.parquet"),
        rejected=run.dir.table("rounds/1/rejected/part-0.parquet"),
        worst={name: worst(task, real, rows) for name, rows in predictions.items()},
        wrong={name: how_many_wrong(task, real, rows) for name, rows in predictions.items()},
        ledger=read_answered(place / "ledger", frozenset(), price_of(run.settings.teacher)).spent,
        synthetic_note=note(run),
    )
    write_text(place / PAGE, report_page(data))
    return {"output": fingerprint(str(place / PAGE)), "summary": str(place / PAGE)}


def predictions_of(run: Run, metrics: dict[str, Any]) -> dict[str, pa.Table]:
    """By student, on the set compared on."""
    paths = {name: folder(run, name) / "predictions" / f"{metrics['set']}.parquet" for name in metrics["students"]}
    return {name: pq.read_table(path) for name, path in paths.items()}


def note(run: Run) -> str:
    if run.settings.teacher.base_url != "simulated":
        return ""
    return (
        "The teacher of this run is seedwright's built-in one, a grammar and no language model: the page shows how the "
        "software works, not how good a teacher's data are."
    )


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


JOB = Job("report", ("check", "plan", "generate", "curate", "finetune", "evaluate"), (PAGE,), shape, work)
