"""A whole run in small, as the report is given it, and a reader of the page."""

import json
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pyarrow as pa
import pytest

from pipeline.records import SAMPLE
from pipeline.report.page import ReportData

VOID = {"meta", "br", "wbr", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """The elements of a page with their attributes and text; refuses a page whose tags do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[tuple[str, str | None]] = []
        self.sections: dict[str, str] = {}
        self.text = ""
        self.feed(str(text))
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs).get("id") if tag == "section" else None))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1][0] == tag
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data
        for name in {name for _, name in self.open if name}:
            self.sections[name] = f"{self.sections.get(name, '')} {data}"

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


@pytest.fixture(scope="session")
def read() -> Callable[[str], Page]:
    return Page


def interval(value: float | None, n: int = 80, width: float = 0.051) -> dict[str, Any]:
    ends = {} if value is None else {"low": value - width, "high": value + width}
    return {"value": value, "low": None, "high": None, "n": n} | ends


FIELDS = ("parties", "governing_law")


def result(macro_f1: float) -> dict[str, Any]:
    one = {"gold": 61, "predicted": 57, "right": 43, "scored": 79, "null_right": {"value": 0.875, "n": 16}}
    fields = {
        name: {key: interval(macro_f1 - place / 100 - step / 1000) for step, key in enumerate(("precision", "recall"))}
        | {"f1": interval(macro_f1 - place / 50, n=61 + place), **one}
        for place, name in enumerate(FIELDS)
    }
    return {
        "items": 80,
        "documents": 78,
        "few": False,
        "shots": {"2": 19, "3": 61},
        "macro_f1": interval(macro_f1),
        "fields": fields,
        "malformed": interval(0.163 - macro_f1 / 10),
        "failures": {"malformed_json": 12, "truncated": 1},
        "exact": interval(macro_f1 / 2),
        "seconds": {"p50": interval(2.31), "p95": interval(4.97)},
        "tokens": {"prompt": 90_123, "output": 7_123},
    }


@pytest.fixture
def metrics() -> dict[str, Any]:
    figures = {"macro_f1": interval(0.193), "exact": interval(0.01), "malformed": interval(-0.152)}
    both = {"items": 66, "documents": 65, "few": False, "macro_f1": interval(0.088, n=66)}
    return {
        "set": "final",
        "students": {"round-1": {"final": result(0.712)}, "baseline": {"final": result(0.519)}},
        "difference": {
            "student": "round-1",
            "baseline": "baseline",
            "set": "final",
            "items": 80,
            "documents": 78,
            "few": False,
            **figures,
            "fields": {"parties": interval(0.191), "governing_law": interval(-0.203)},
            "both_parse": both | {"fields": {"parties": interval(0.033, n=41), "governing_law": interval(None)}},
            "verdict": {
                "word": "better",
                "beyond_format": "better",
                "sentence": "On final, round-1 is better than baseline: macro F1 differs by +0.193.",
            },
        },
    }


@pytest.fixture
def record() -> dict[str, Any]:
    entries = [
        {"stage": "parse", "in": 30, "rejected": {"malformed_json": 2, "refusal": 1}, "kept": 27},
        {"stage": "dedup", "in": 27, "rejected": {"near": 2}, "kept": 25},
        {"stage": "contamination", "in": 25, "rejected": {}, "kept": 25},
    ]
    pair = {
        "sample": "s1",
        "set": "dev",
        "item": "dev-3",
        "jaccard": 0.0707,
        "sample_text": "The nearest sample.",
        "item_text": "The nearest real row.",
        "shared": ["the nearest"],
    }
    contaminated = {
        "samples": 25,
        "items": {"calibration": 5, "dev": 6, "final": 7},
        "removed_at": {"0.60": 3, "0.65": 0},
        "nearest": [pair],
        "not_checked": {"embedding": "no embedding model is set", "items_too_short_for_containment": 4},
    }
    stages = {
        "check": {"rows": {"seeds": 9, "final": 7}, "label_sources": {"final": {"constructed": 7}}, "seconds": 0.4},
        "plan": {"requests": 30, "input_tokens": 999_999, "output_tokens": 9_999, "dollars": 9.99, "seconds": 0.5},
        "generate": {"input_tokens": 50_001, "output_tokens": 6_002, "dollars": 0.5, "seconds": 12.25},
        "curate": {
            "funnel": entries,
            "contamination": contaminated,
            "splits": {"train": 22, "validation": 3},
            "summary": "25 of 30 kept",
            "seconds": 3.0,
        },
        "finetune": {"recipe": {"quantisation": "NF4", "rank": 16}, "rows": 22, "output": "hash", "seconds": 99.5},
        "evaluate": {"seconds": 44.0},
    }
    return {
        "task": "orders",
        "settings": {
            "name": "orders",
            "demonstration": True,
            "teacher": {"model": "teacher-1", "simulated": {"api_key": "hidden-key"}},
            "contamination": {"cut": 0.65, "containment": 0.8, "shingle": "word:5"},
        },
        "versions": {"python": "3.11.7", "seedwright": "0.1.0"},
        "started": "2026-11-21T08:31:22+0000",
        "openings_of_final": [{"at": "2026-11-21T12:00:00+0000"}],
        "stages": stages,
    }


def sample(number: int, **values: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(SAMPLE.names)
    return row | {
        "sample_id": f"sample-{number:03}",
        "seed_id": f"seed-{number % 4}",
        "stratum": "ab"[number % 2],
        "cell": '{"register":"formal"}',
        "text": f"Text of sample {number}.",
        "answer": json.dumps({"parties": [f"Firm {number}"], "governing_law": None}),
        "confidence": 0.91,
        **values,
    }


def table(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist([*rows], schema=SAMPLE)


@pytest.fixture
def data(record: dict[str, Any], metrics: dict[str, Any]) -> ReportData:
    refused = sample(90, stage="parse", reason="refusal", text=None, answer=None, raw="I will not.", detail="why")
    doubled = sample(91, stage="dedup", reason="near", score=0.93, twin_id="sample-003")
    wrong = {"item_id": "final-1", "text": "A real text.", "gold": {"parties": ["A"], "governing_law": "Ohio"}}
    return ReportData(
        record=record,
        metrics=metrics,
        sweep=[
            {
                "cut": 0.6,
                "removed": 3,
                "newly": 3,
                "examples": [record["stages"]["curate"]["contamination"]["nearest"][0]],
            },
            {"cut": 0.65, "removed": 0, "newly": 0, "examples": []},
        ],
        training=[{"step": 10, "loss": 1.25}, {"step": 20, "loss": 0.75}, {"step": 20, "eval_loss": 0.875}],
        samples=table(*map(sample, range(25))),
        rejected=table(refused, doubled),
        worst={
            "round-1": [
                wrong
                | {"predicted": {"parties": ["A"], "governing_law": "Iowa"}, "raw": None, "wrong": ["governing_law"]},
                wrong
                | {
                    "item_id": "final-2",
                    "predicted": None,
                    "failure": "malformed_json",
                    "raw": "Sure! {",
                    "wrong": ["parties"],
                },
            ]
        },
        wrong={"round-1": 57},
        synthetic_note="Written by a grammar.",
    )
