"""The judge: what it is asked of each sample, its scores read, and the verdicts that follow from them.

A judge that fails (no reply, refused, malformed, a score out of range) leaves the sample unscored: it is kept and
counted, and never taken for a zero.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.canonical import canonical_json
from pipeline.config import Judge
from pipeline.curate.settings import Thresholds
from pipeline.curate.verdicts import Rejection
from pipeline.errors import InputError
from pipeline.evaluate.teacher_questions import answered
from pipeline.generate.params import estimate_tokens, request_key
from pipeline.generate.prompts import render, to_messages
from pipeline.records import REQUEST
from pipeline.tasks.task import Task

CRITERIA = ("relevance", "correctness", "depth", "instruction_following")
TEMPLATE = Path(__file__).with_name("judge.jinja")
REPLY_TOKENS = 80
"""Expected of one reply, for the first reservation."""
REASON = 300
"""Characters of the judge's reason that are kept."""
UNDECLARED = ("simulated", "simulated-rules")
"""The families of the built-in models, which no other model may go by."""

Scores = dict[str, Any]
"""Scores by criterion with a `reason`, or `unscored` and why."""


def refuse_kin(teacher: Any, judge: Judge) -> None:
    """Raises InputError unless both declare their family, and the judge's is another or its use is reasoned for."""
    for name, model in (("teacher", teacher), ("judge", judge)):
        if model.base_url != "simulated" and model.family in UNDECLARED:
            raise InputError(
                f"{name}.family: is {model.family!r}, a built-in model's, for {model.model}; "
                f"say who made the model, such as {name}.family=claude: a judge is to be of another family"
            )
    kin = teacher.family.strip().lower() == judge.family.strip().lower() or teacher.model == judge.model
    if kin and judge.same_family is None:
        raise InputError(
            f"judge.family: teacher {teacher.model} ({teacher.family}) and judge {judge.model} ({judge.family}) are of "
            "one family, and judges favour their kin; choose a judge of another family, or give the reason why this "
            'one will do: --set judge.same_family="..."'
        )


def judge_requests(task: Task, judge: Judge, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """One REQUEST row for each row of sample_id, text, answer and cell, in their order. It never says who wrote it."""
    source = TEMPLATE.read_text(encoding="utf-8")
    shared = {
        "guidelines": task.source.texts["guidelines"],
        "schema": json.dumps(task.schema, indent=2, ensure_ascii=False),
    }
    return pa.Table.from_pylist([_request(source, shared, judge, row) for row in rows], schema=REQUEST)


def _request(source: str, shared: Mapping[str, str], judge: Judge, row: Mapping[str, Any]) -> dict[str, Any]:
    values = {**shared, "cell": json.loads(row["cell"] or "{}"), "answer": row["answer"], "text": row["text"]}
    system, messages = to_messages(render(source, TEMPLATE.name, values), TEMPLATE.name)
    params: dict[str, Any] = {"model": judge.model, "max_tokens": judge.max_tokens, "messages": messages}
    params |= {"system": system} if system else {}
    params |= {"output_config": {"effort": judge.effort}} if judge.effort else {}
    return {
        "sample_id": row["sample_id"],
        "number": 0,
        "key": request_key(params, 0, judge),
        "params": canonical_json(params),
        "input_tokens": estimate_tokens(params),
        "output_tokens": min(REPLY_TOKENS, judge.max_tokens),
    }


def read_scores(record: Mapping[str, Any] | None) -> Scores:
    """The scores in a ledger record; `unscored` says why there are none."""
    reply = answered(record)
    if reply["failure"]:
        return {"unscored": reply["failure"]}
    found = json.loads(reply["answer"])
    scores: Scores = {}
    for name in CRITERIA:
        score = found.get(name)
        if score is None:
            return {"unscored": "missing_score"}
        if isinstance(score, bool) or not isinstance(score, int | float) or score != int(score):
            return {"unscored": "not_a_whole_score"}
        if not 1 <= score <= 5:
            return {"unscored": "out_of_range"}
        scores[name] = int(score)
    reason = found.get("reason")
    return scores | {"reason": reason[:REASON] if isinstance(reason, str) else ""}


def judge_verdict(scores: Scores, thresholds: Thresholds) -> Rejection | None:
    """Rejects by the criterion that falls furthest short, the first of equals; an unscored sample stays."""
    if "unscored" in scores:
        return None
    short = [
        (scores[name] - least, name)
        for name in CRITERIA
        if (least := getattr(thresholds, name)) is not None and scores[name] < least
    ]
    if not short:
        return None
    _, name = min(short, key=lambda one: (one[0], CRITERIA.index(one[1])))
    return Rejection(f"judge_{name}", float(scores[name]), scores["reason"] or None)


def mean_score(scores: Scores) -> float | None:
    """One figure to rank by; None for what is unscored."""
    return None if "unscored" in scores else sum(scores[name] for name in CRITERIA) / len(CRITERIA)


def ranks(judged: Sequence[str | None]) -> list[float]:
    """The mean score of each sample for the choice between duplicates; what is unscored ranks as the average does."""
    means = [mean_score(json.loads(one)) if one else None for one in judged]
    known = [value for value in means if value is not None]
    middle = sum(known) / len(known) if known else 0.0
    return [middle if value is None else value for value in means]
