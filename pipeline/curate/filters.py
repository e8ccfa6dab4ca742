"""The filters, in the order they run: confidence, schema, verbatim, grounding, verifier.

Each is a stage that rejects with a reason and the figure that decided; a row that an earlier one rejected is not looked
at again.
"""

import json
import re
from collections.abc import Callable, Mapping
from difflib import SequenceMatcher
from functools import partial
from typing import Any

import pyarrow as pa

from pipeline.curate.verdicts import Judge, Rejection, mark
from pipeline.errors import InputError
from pipeline.stage import Stage, Step
from pipeline.tasks.extraction import carried_over, own_facts, ungrounded
from pipeline.tasks.task import RAISED, Task, TaskSource, load_task

READS = ("sample_id", "seed_id", "text", "answer", "confidence")
WORDS = re.compile(r"\w+")


def filter_stages(source: TaskSource, seeds: pa.Table) -> list[Stage]:
    """The filters of a task. `seeds` (SEED rows) travel with the verbatim filter."""
    judges: dict[str, Callable[[Task], Judge]] = {
        "confidence": _confidence,
        "schema": _schema,
        "verbatim": partial(_verbatim, seeds.select(["seed_id", "text", "answer"]).to_pylist()),
        "grounding": _grounding,
        "verifier": _verifier,
    }
    writes = ("stage", "reason", "score", "detail")
    return [Stage(name, READS, writes, partial(_load, source, name, judge)) for name, judge in judges.items()]


def _load(source: TaskSource, name: str, judge: Callable[[Task], Judge]) -> Step:
    return partial(mark, stage=name, judge=judge(load_task(source)), reads=READS)


def _confidence(task: Task) -> Judge:
    least = task.settings.filters.confidence

    def judge(row: Mapping[str, Any]) -> Rejection | None:
        if row["confidence"] >= least:
            return None
        return Rejection("low_confidence", row["confidence"], f"below {least:g}")

    return judge


def _schema(task: Task) -> Judge:
    def judge(row: Mapping[str, Any]) -> Rejection | None:
        errors = task.schema_errors(json.loads(row["answer"]))
        return Rejection("schema_violation", float(len(errors)), "; ".join(errors)[:500]) if errors else None

    return judge


def _verbatim(seeds: list[dict[str, Any]], task: Task) -> Judge:
    most = task.settings.filters.verbatim_words
    texts = {seed["seed_id"]: words(seed["text"]) for seed in seeds}
    runs = {seed_id: _runs(text, most + 1) for seed_id, text in texts.items()}
    facts = {
        seed["seed_id"]: own_facts(task, seed["text"], json.loads(seed["answer"]) if seed["answer"] else None)
        for seed in seeds
    }

    def judge(row: Mapping[str, Any]) -> Rejection | None:
        seed_id, text = row["seed_id"], words(row["text"])
        if runs[seed_id] & _runs(text, most + 1):
            run = longest_run(texts[seed_id], text)
            return Rejection("verbatim_seed", float(len(run)), " ".join(run)[:500])
        carried = carried_over(task, facts[seed_id], row["text"])
        return Rejection("seed_fact", float(len(carried)), "; ".join(carried)[:500]) if carried else None

    return judge


def _grounding(task: Task) -> Judge:
    def judge(row: Mapping[str, Any]) -> Rejection | None:
        answer = json.loads(row["answer"])
        missing = ungrounded(task, answer, row["text"])
        shown = "; ".join(f"{field}={json.dumps(answer[field], ensure_ascii=False)}" for field in missing)
        return Rejection("ungrounded", float(len(missing)), shown[:500]) if missing else None

    return judge


def _verifier(task: Task) -> Judge:
    def judge(row: Mapping[str, Any]) -> Rejection | None:
        reason = verdict(task, row["text"], json.loads(row["answer"]), f"sample {row['sample_id']}")
        return Rejection(reason) if reason else None

    return judge


def verdict(task: Task, text: str, answer: dict[str, Any], where: str) -> str | None:
    """What the task's own verifier says; None is a pass. Raises InputError when the verifier itself fails."""
    if task.verify is None:
        return None
    file = task.settings.verify
    try:
        reason = task.verify(text, answer)
    except RAISED as error:
        raise InputError(f"{file}: verify raised {type(error).__name__}: {error} on {where}; mend it") from error
    if reason is not None and not (isinstance(reason, str) and reason):
        raise InputError(f"{file}: verify returned {reason!r} on {where}; return a reason as text, or None for a pass")
    return reason


def words(text: str) -> list[str]:
    return WORDS.findall(text.lower())


def _runs(text: list[str], length: int) -> set[tuple[str, ...]]:
    return {tuple(text[start : start + length]) for start in range(len(text) - length + 1)}


def longest_run(one: list[str], other: list[str]) -> list[str]:
    """The longest run of words that both hold.

    >>> longest_run("a b c d".split(), "x b c y".split())
    ['b', 'c']
    """
    match = SequenceMatcher(None, one, other, autojunk=False).find_longest_match()
    return one[match.a : match.a + match.size]
