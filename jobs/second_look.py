"""The second look at samples that the filters kept: a judge of another family, and the teacher's own readings again.

Both are asked through the run's ledger and budget, and only about what is still kept, since every question is paid.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.asking import Answered, Whom, ask_all
from jobs.console import say
from jobs.run import Run
from pipeline.canonical import canonical_json
from pipeline.curate.consistency import (
    ambiguous,
    consistency_figures,
    consistency_verdict,
    contradicted,
    drawn,
    reading_requests,
    relabelled,
)
from pipeline.curate.difficulty import difficulties
from pipeline.curate.judge_figures import judge_figures
from pipeline.curate.judging import judge_requests, judge_verdict, read_scores, refuse_kin
from pipeline.curate.tags import add, set_column
from pipeline.curate.verdicts import apply
from pipeline.errors import InputError
from pipeline.evaluate.teacher_questions import answered
from pipeline.tasks.task import Task, TaskSource, load_task
from pipeline.teacher.ledger import answers
from pipeline.teacher.simulated.scene import FIELDS as CONTRACT_FIELDS

REFUTED = ("grounding", "verifier")
"""Stages whose verdict on an answer is certain, so that the judge can be measured by it."""


def require_judge(source: TaskSource) -> None:
    """Raises InputError for a judge of the teacher's family, or a built-in one that does not know the task."""
    judge = source.settings.judge
    if judge is None:
        return
    refuse_kin(source.settings.teacher, judge)
    if judge.base_url != "simulated":
        return
    if set(fields := load_task(source).fields) != set(CONTRACT_FIELDS):
        raise InputError(
            f"judge.base_url: the built-in judge reads contract sections only, and this task's fields are "
            f"{', '.join(fields)}; set judge.base_url, judge.model and judge.api_key_env to a real model"
        )
    if judge.model not in judge.simulated.models:
        raise InputError(
            f"judge.model: the built-in judge serves {', '.join(judge.simulated.models)} and not {judge.model!r}; "
            "set judge.model to one of them, or judge.base_url to a real model"
        )


def judge_samples(run: Run, samples: pa.Table) -> tuple[pa.Table, dict[str, Any]]:
    """The samples with `judged` and the judge's verdicts, and the figures; nothing of both without a judge."""
    judge, task = run.settings.judge, load_task(run.source)
    if judge is None:
        return samples, {}
    rows = samples.select(["sample_id", "text", "answer", "cell", "stage", "reason"]).to_pylist()
    kept = [row for row in rows if row["reason"] is None]
    controls = {"refuted": _refuted(rows, judge.control), "real": _real(run, task, judge.control)}
    asked = [*kept, *(row for of in controls.values() for row in of)]
    if not asked:
        return samples, {}
    say(f"  judge {judge.model}: {len(kept):,} samples, {len(asked) - len(kept)} controls")
    requests = judge_requests(task, judge, asked)
    have = ask_all(run, requests, Whom(judge, judge.limits))[2]
    records = _records(run, requests)
    scores = {
        row["sample_id"]: read_scores(records.get(key))
        for row, key in zip(asked, requests["key"].to_pylist(), strict=True)
    }
    of_controls = {name: [scores[row["sample_id"]] for row in of] for name, of in controls.items()}
    found = judge_figures(judge, [scores[row["sample_id"]] for row in kept], of_controls)
    for warning in found["warnings"]:
        say(f"  judge: {warning}")
    ours = [scores.get(row["sample_id"]) for row in rows]
    verdicts = [
        judge_verdict(one, judge.thresholds) if one and row["reason"] is None else None
        for row, one in zip(rows, ours, strict=True)
    ]
    samples = set_column(samples, "judged", [canonical_json(one) if one else None for one in ours])
    return apply(samples, "judge", verdicts), {**found, "cost": _cost(have)}


def _refuted(rows: Sequence[Mapping[str, Any]], most: int) -> list[Mapping[str, Any]]:
    return sorted((row for row in rows if row["stage"] in REFUTED), key=lambda row: str(row["sample_id"]))[:most]


def _real(run: Run, task: Task, most: int) -> list[dict[str, Any]]:
    """Calibration rows that are labelled in every field, with their human answers; never rows of the other sets."""
    real = run.dir.table("inputs/calibration.parquet").to_pylist()
    whole = [row for row in real if row["answer"] and set(row["scored_fields"] or task.fields) >= set(task.fields)]
    return [
        {"sample_id": f"calibration/{row['item_id']}", "text": row["text"], "answer": row["answer"], "cell": None}
        for row in whole[:most]
    ]


def read_again(run: Run, samples: pa.Table) -> tuple[pa.Table, dict[str, Any]]:
    """The samples with `relabelled`, tags and verdicts of self-consistency, and the figures; nothing where none is
    asked for.
    """
    settings, task = run.settings.consistency, load_task(run.source)
    if settings is None:
        return samples, {}
    columns = samples.select(["sample_id", "text", "answer", "reason", "tags"]).to_pylist()
    rows = [row for row in columns if row["reason"] is None and drawn(row["sample_id"], settings.share)]
    if not rows:
        return samples, {}
    say(f"  consistency: {len(rows):,} samples, {settings.k} readings each")
    requests = reading_requests(task, rows, settings.k)
    have = ask_all(run, requests)[2]
    records, keys = _records(run, requests), iter(requests["key"].to_pylist())
    found = {
        row["sample_id"]: relabelled(
            task, json.loads(row["answer"]), [_answer(records.get(next(keys))) for _ in range(settings.k)]
        )
        for row in rows
    }
    ours = [found.get(row["sample_id"]) for row in columns]
    more = [_tags(one, ambiguous(one, settings)) if one else {} for one in ours]
    samples = set_column(samples, "relabelled", [canonical_json(one) if one else None for one in ours])
    tags = [add(row["tags"], new) for row, new in zip(columns, more, strict=True)]
    samples = set_column(samples, "tags", tags)
    samples = apply(samples, "consistency", [consistency_verdict(one, settings) if one else None for one in ours])
    return samples, {**consistency_figures(task, list(found.values()), settings), "cost": _cost(have)}


def _tags(found: Mapping[str, Any], unsure: list[str]) -> dict[str, Any]:
    wrong = contradicted(found)
    return ({"ambiguous": unsure} if unsure else {}) | ({"contradicted": wrong} if wrong else {})


def _answer(record: Mapping[str, Any] | None) -> dict[str, Any] | None:
    reply = answered(record)
    return None if reply["failure"] else dict(json.loads(reply["answer"]))


def with_difficulty(samples: pa.Table) -> pa.Table:
    """The kept samples tagged easy or hard, beside each other."""
    rows = samples.select(["text", "cell", "relabelled", "reason", "tags"]).to_pylist()
    found = iter(difficulties([row for row in rows if row["reason"] is None]))
    tags = [add(row["tags"], next(found) if row["reason"] is None else {}) for row in rows]
    return set_column(samples, "tags", tags)


def _records(run: Run, requests: pa.Table) -> dict[str, Any]:
    keys = set(requests["key"].to_pylist())
    return {record["key"]: record for record in answers(run.dir.path / "ledger", keys)}


def _cost(have: Answered) -> dict[str, Any]:
    return {
        "input_tokens": have.input_tokens,
        "output_tokens": have.output_tokens,
        "dollars": round(have.dollars, 6),
    }


def looked_over(run: Run, samples: pa.Table) -> tuple[pa.Table, dict[str, Any]]:
    """The filtered samples after the second look, with what it found and cost, by look."""
    samples, of_judge = judge_samples(run, samples)
    samples, of_readings = read_again(run, samples)
    found = {name: figures for name, figures in (("judge", of_judge), ("consistency", of_readings)) if figures}
    return with_difficulty(samples), found


def kept_tags(samples: pa.Table) -> list[str | None]:
    tags: list[str | None] = samples.filter(pc.is_null(samples["reason"]))["tags"].to_pylist()
    return tags
