"""The report of a run: one HTML page without scripts or outside resources, from which a person can decide.

What a model wrote reaches the page only through templates that escape every value (`visible` and Jinja's autoescape),
or as escaped text of a figure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.report import head
from pipeline.report.comparison import comparison, results
from pipeline.report.costs import costs
from pipeline.report.curation import contamination, funnel
from pipeline.report.losses import losses
from pipeline.report.reading import kept_samples, rejected_samples, worst_predictions
from pipeline.report.second_look import second_look
from pipeline.report.training import points, training
from pipeline.report.wording import breakable, count, figure, flat, visible, without_secrets

TEMPLATES = Path(__file__).parent / "templates"
SECTIONS = {
    "comparison": "Before and after",
    "funnel": "Funnel",
    "second_look": "Judge, consistency and tags",
    "contamination": "Contamination",
    "training": "Training",
    "cost": "Cost",
    "kept": "Samples kept",
    "rejected": "Samples rejected",
    "worst": "Worst predictions",
    "settings": "Settings and versions",
}


@dataclass(frozen=True, slots=True)
class ReportData:
    """What a run's folder holds, read; what is not there yet is empty."""

    record: dict[str, Any]
    """run.json"""
    metrics: dict[str, Any]
    """metrics.json"""
    sweep: list[dict[str, Any]]
    """rounds/1/sweep.json"""
    training: list[dict[str, Any]]
    """The lines of training.jsonl."""
    samples: pa.Table
    """SAMPLE rows that were kept."""
    rejected: pa.Table
    """SAMPLE rows that were rejected."""
    worst: dict[str, list[dict[str, Any]]]
    """Per student, the worst first: {item_id, text, gold, predicted or null, raw, wrong: the fields that differ}."""
    wrong: dict[str, int] = field(default_factory=dict)
    """Per student, how many items it got wrong, of which those are some."""
    ledger: float = 0.0
    """Dollars of all calls in the ledger, whether the run uses them or not."""
    synthetic_note: str = ""
    """Where the samples come from, where a reader would otherwise take them for more than they are."""


def report_page(data: ReportData) -> str:
    record: dict[str, Any] = without_secrets(data.record)
    metrics: dict[str, Any] = without_secrets(data.metrics)
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            sections=SECTIONS,
            task=record.get("task"),
            started=str(record.get("started") or "")[:16].replace("T", " "),
            note=data.synthetic_note,
            **_head(record, metrics, data.training),
            **_body(record, metrics, data),
            **_settings(record),
        )
    )


@cache
def _environment() -> Environment:
    """Escapes everything, and names what a reader cannot see."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"counted": count, "figure": figure, "breakable": breakable}
    return environment


def _head(record: Mapping[str, Any], metrics: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "verdict": head.verdict(metrics),
        "demonstration": head.demonstration(record),
        "unmeasured": head.unmeasured(record, metrics, bool(points(lines, "loss"))),
        "facts": head.facts(record, metrics),
    }


def _body(record: Mapping[str, Any], metrics: Mapping[str, Any], data: ReportData) -> dict[str, Any]:
    stages = record.get("stages", {})
    curate = stages.get("curate", {})
    return {
        "comparison": comparison(metrics),
        "compared_set": metrics.get("set", "final"),
        "funnel": funnel(curate),
        "losses": losses(curate),
        "second_look": second_look(curate),
        "contamination": contamination(record, data.sweep),
        "training": training(stages.get("finetune", {}), data.training),
        "costs": costs(record, results(metrics), data.ledger),
        "kept": kept_samples(data.samples),
        "kept_total": data.samples.num_rows,
        "rejected": rejected_samples(data.rejected, data.samples, [each["stage"] for each in curate.get("funnel", [])]),
        "rejected_total": data.rejected.num_rows,
        "worst": worst_predictions(data.worst, data.wrong),
    }


def _settings(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "settings": yaml.safe_dump(record.get("settings", {}), sort_keys=False, allow_unicode=True, width=100),
        "versions": list(flat(record.get("versions", {}))),
        "openings": [", ".join(value for _, value in flat({"": one})) for one in record.get("openings_of_final", [])],
        "summaries": [(name, entry.get("summary", "")) for name, entry in record.get("stages", {}).items()],
    }
