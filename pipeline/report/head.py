"""The head of the report: the verdict in one sentence, what it rests on, and what was not measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.report.curation import NOT_CHECKED
from pipeline.report.wording import count

SYMBOLS = {"better": ("✓", "good"), "worse": ("✗", "bad")}
NOT_MEASURED = "No student was evaluated on real items, so nothing here says whether the synthetic data helps."
NOT_COMPARED = "Students were evaluated, but none was compared with the baseline, so nothing here says which is better."


@dataclass(frozen=True, slots=True)
class Verdict:
    word: str
    symbol: str
    kind: str
    claim: str
    figures: str
    """What follows the colon of the sentence, if it has one."""
    beyond_format: str
    """The same word of the items that both answer in the right format, or nothing."""


def verdict(metrics: Mapping[str, Any]) -> Verdict:
    """What the comparison on `final` came to; a missing comparison is a verdict of its own."""
    if not metrics.get("students"):
        return Verdict("not measured", "○", "open", NOT_MEASURED, "", "")
    found = (metrics.get("difference") or {}).get("verdict")
    if not found:
        return Verdict("not compared", "○", "open", NOT_COMPARED, "", "")
    word = str(found.get("word") or "unclear")
    symbol, kind = SYMBOLS.get(word, ("≈", "open"))
    claim, colon, figures = (found.get("sentence") or "").partition(": ")
    return Verdict(word, symbol, kind, claim + colon.rstrip(), figures, found.get("beyond_format") or "")


def demonstration(record: Mapping[str, Any]) -> str:
    """Why the run is no evidence, or nothing."""
    if not record.get("settings", {}).get("demonstration"):
        return ""
    sources = record.get("stages", {}).get("check", {}).get("label_sources", {})
    made = {name: by["constructed"] for name, by in sources.items() if by.get("constructed")}
    listed = f" ({', '.join(f'{name} {count(rows)}' for name, rows in made.items())})" if made else ""
    return (
        f"The real rows of this task were constructed{listed}, not written and labelled by people in their work. "
        "What is measured on them shows that the software runs, not that synthetic data helps."
    )


def unmeasured(record: Mapping[str, Any], metrics: Mapping[str, Any], has_losses: bool) -> list[str]:
    """What a person might look for on the page and not find, each with what it would need."""
    stages = record.get("stages", {})
    lines = []
    if not stages.get("curate"):
        lines.append("Filters, duplicates and contamination: the samples were not curated.")
    if not stages.get("finetune"):
        lines.append("Training: no student was trained.")
    elif not has_losses:
        lines.append("Loss: training left no record of it.")
    if not metrics.get("students"):
        lines.append("Before and after: neither the baseline nor a student has answered the real items.")
    elif not metrics.get("difference"):
        lines.append("Difference: no student was compared with the baseline.")
    for check, reason in stages.get("curate", {}).get("contamination", {}).get("not_checked", {}).items():
        if isinstance(reason, str):
            lines.append(f"Contamination, {NOT_CHECKED.get(check, check)}: {reason}.")
    return lines


def facts(record: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The few figures that the verdict rests on."""
    stages, settings = record.get("stages", {}), record.get("settings", {})
    rows, splits = stages.get("check", {}).get("rows", {}), stages.get("curate", {}).get("splits", {})
    difference = metrics.get("difference") or {}
    listed = [
        ("Compared", _compared(difference)),
        ("Real rows", ", ".join(f"{count(number)} {name}" for name, number in rows.items())),
        ("Training set", ", ".join(f"{count(number)} {name}" for name, number in splits.items())),
        ("Teacher", str(settings.get("teacher", {}).get("model") or "")),
        ("Openings of final", _openings(record.get("openings_of_final", []))),
    ]
    return [(name, value) for name, value in listed if value]


def _compared(difference: Mapping[str, Any]) -> str:
    if not difference:
        return ""
    documents = difference.get("documents")
    of = f" of {count(documents)} documents" if documents is not None else ""
    return (
        f"{difference.get('student')} with {difference.get('baseline')}, on the same {count(difference.get('items'))} "
        f"items{of} of {difference.get('set')}"
    )


def _openings(openings: list[Any]) -> str:
    times = {0: "never", 1: "once", 2: "twice"}.get(len(openings), f"{count(len(openings))} times")
    warned = " (a figure that was looked at and then worked on is no longer a test)" if len(openings) > 1 else ""
    return times + warned
