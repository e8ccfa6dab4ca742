"""Several passes over one sample: the next pass's requests from the replies so far, and all replies as one draft.

Every pass replies with one JSON object; the sample is what they make together, later ones winning. So a first pass may
write {"text": ...} and a second, which is shown that text, {"answer": ..., "confidence": ...}.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from pipeline.errors import InputError
from pipeline.generate.params import draft_params, estimate_tokens, request_key
from pipeline.generate.parsing import Draft, read_part, read_reply, to_draft
from pipeline.generate.slots import told
from pipeline.records import LATER
from pipeline.tasks.task import Task

MEASURED = 400
"""Requests for which a later pass's prompt is rendered to estimate its length."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A pass that was asked: its REQUEST rows, and what the ledger holds for them, body by key."""

    requests: pa.Table
    bodies: Mapping[str, str]


def next_requests(task: Task, seeds: pa.Table, asked: Sequence[Asked]) -> pa.Table:
    """LATER rows of the pass that follows `asked`: one for each sample that all passes so far gave an object for.

    A sample that an earlier pass failed or was rejected on is not asked again. Where the objects lack what the prompt
    needs, `failure` says what.
    """
    by_id = {seed["seed_id"]: seed for seed in seeds.to_pylist()}
    rows = []
    for row, bodies in _answered(asked):
        replies = [read_part(body, task.settings.teacher.max_tokens) for body in bodies]
        if all(reply.found is not None for reply in replies):
            rows.append(_request(task, by_id[row["seed_id"]], row, [reply.found or {} for reply in replies]))
    return pa.Table.from_pylist(rows, schema=LATER)


def _answered(asked: Sequence[Asked]) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """The rows of the last pass, each with the replies of all passes to its sample; only those that have them all."""
    keys = [
        dict(zip(one.requests["sample_id"].to_pylist(), one.requests["key"].to_pylist(), strict=True)) for one in asked
    ]
    for row in asked[-1].requests.drop_columns(["params"]).to_pylist():
        bodies = [one.bodies.get(key[row["sample_id"]]) for one, key in zip(asked, keys, strict=True)]
        if all(body is not None for body in bodies):
            yield row, [body for body in bodies if body is not None]


def _request(
    task: Task, seed: Mapping[str, Any], row: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    settings = task.settings
    try:
        of = told(settings.generation, row["number"])
        params = draft_params(task, seed, json.loads(row["cell"]), row["number"], of, earlier)
    except InputError as error:  # the plan has rendered this template, so the reply lacks what it needs
        return {**row, "key": None, "input_tokens": 0, "output_tokens": 0, "failure": str(error)[:500]}
    return {
        **row,
        "key": request_key(params, row["number"], settings.teacher),
        "params": json.dumps(params, ensure_ascii=False),
        "input_tokens": estimate_tokens(params),
        "failure": None,
    }


def to_sample(replies: Sequence[Mapping[str, Any]], max_tokens: int) -> tuple[str, Draft]:
    """What the replies {body, failure, unbuilt} of all passes to one sample make, and the stage that decided.

    The first pass without a usable reply decides; where there are several, the detail names it.
    """
    found: dict[str, Any] = {}
    for number, one in enumerate(replies, start=1):
        where = f"pass {number}: " if len(replies) > 1 else ""
        if one["body"] is None and one.get("unbuilt"):
            return "parse", Draft(reason="wrong_shape", detail=f"{where}no prompt for it, {one['unbuilt']}")
        if one["body"] is None:
            return "generate", Draft(reason="no_reply", detail=f"{where}{one['failure'] or 'not answered'}")
        is_last = number == len(replies)
        reply = (read_reply if is_last else read_part)(one["body"], max_tokens)
        found |= reply.found or {}
        if reply.reason or is_last:
            draft = to_draft(reply, found)
            return "parse", replace(draft, detail=f"{where}{draft.detail}") if draft.reason else draft
    raise ValueError("a sample without a single pass")


def later_tokens(task: Task, seeds: pa.Table, requests: pa.Table) -> int:
    """Input tokens of all passes but the first, estimated: their prompts are rendered for some of the requests with a
    placeholder of the expected length where the earlier replies will stand.

    Raises InputError for a template that cannot be rendered so, before anything is paid.
    """
    count, by_id = requests.num_rows, {seed["seed_id"]: seed for seed in seeds.to_pylist()}
    shown = range(count) if count <= MEASURED else [number * count // MEASURED for number in range(MEASURED)]
    rows = requests.select(["seed_id", "cell", "number"]).take(list(shown)).to_pylist()
    tokens = 0
    for row in rows:
        seed, cell = by_id[row["seed_id"]], json.loads(row["cell"])
        for later in range(1, len(task.settings.passes)):
            earlier = [_placeholder(task, seed)] * later
            of = told(task.settings.generation, row["number"])
            params = draft_params(task, seed, cell, row["number"], of, earlier)
            tokens += estimate_tokens(params)
    return round(tokens / len(rows) * count) if rows else 0


class _AnyKey(dict[str, Any]):
    """An object that has every key, with text under it."""

    def __missing__(self, key: str) -> str:
        return str(self["text"])


def _placeholder(task: Task, seed: Mapping[str, Any]) -> _AnyKey:
    """What an earlier pass may say: as long as replies are expected to be, with the seed's own answer."""
    words = "word " * (task.settings.generation.output_tokens * 4 // 5)
    answer = json.loads(seed["answer"]) if seed["answer"] else dict.fromkeys(task.fields, "word")
    return _AnyKey(text=words.strip(), answer=answer, confidence=0.9)
