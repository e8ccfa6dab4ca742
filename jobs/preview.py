"""The preview: a few samples through generation and filters, printed to be read before money is spent on many."""

import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.asking import check_teacher, teacher_url
from jobs.check import read_checked, require_teacher
from jobs.console import say
from pipeline.config import Settings
from pipeline.curate.filters import filter_stages
from pipeline.curate.quality import quality_stage
from pipeline.curate.samples import join_replies, parse_stage
from pipeline.errors import TeacherError
from pipeline.generate.human import resolved
from pipeline.generate.noise import noise_stages
from pipeline.generate.passes import Asked, next_requests
from pipeline.generate.plan import plan_requests
from pipeline.generate.register import with_measured
from pipeline.stage import compose
from pipeline.tasks.task import Task, load_task, read_source
from pipeline.teacher.client import Answer, api_key, open_client
from pipeline.teacher.terms import Sender, wanted_terms


def preview(settings: Settings, number: int) -> dict[str, Any]:
    """Asks for `number` samples spread over the plan and prints prompt, reply and verdict of each. Needs no cluster."""
    source = read_source(settings)
    require_teacher(source)
    task = load_task(source)
    tables = read_checked(task)[0]
    seeds = tables["seeds"]
    matrix = resolved(with_measured(task, seeds), tables["calibration"])[0]
    requests = plan_requests(task, seeds, matrix=matrix)
    chosen = requests.take(spread(requests, settings.generation.cross, number))
    with tempfile.TemporaryDirectory() as scratch, teacher_url(settings.teacher, Path(scratch)) as base_url:
        passes = _ask_passes(task, base_url, seeds, chosen)
    stages = [
        parse_stage(settings.teacher.max_tokens, settings.teacher.model),
        *noise_stages(source, seeds),
        *filter_stages(source, seeds),
        quality_stage(source, seeds),
    ]
    samples = compose(stages)(join_replies(*passes[0], passes[1:])).to_pylist()
    for sample in samples:
        say(_shown([one for requests, _ in passes for one in requests.to_pylist()], sample))
    kept = sum(sample["reason"] is None for sample in samples)
    say(f"\n{kept} of {len(samples)} pass the filters; duplicates and leaks are looked for in a whole run only")
    return {"samples": samples, "kept": kept}


def spread(requests: pa.Table, cross: Sequence[str], number: int) -> list[int]:
    """Up to `number` rows of the plan, in which strata and crossed values recur as evenly as they can.

    Next comes the stratum that was taken least, then each crossed value that was; where that leaves several rows, the
    smallest id, which is a hash.
    """
    waiting: dict[tuple[str, ...], list[tuple[str, int]]] = {}
    for row, request in enumerate(requests.select(["sample_id", "stratum", "cell"]).to_pylist()):
        cell = json.loads(request["cell"])
        kind = (request["stratum"], *(cell[name] for name in cross))
        waiting.setdefault(kind, []).append((request["sample_id"], row))
    for rows in waiting.values():
        rows.sort(reverse=True)
    taken: Counter[Any] = Counter()
    chosen: list[int] = []
    while waiting and len(chosen) < number:
        kind = min(waiting, key=lambda one: ([taken[part] for part in enumerate((*one, one))], waiting[one][-1]))
        chosen.append(waiting[kind].pop()[1])
        taken.update(enumerate((*kind, kind)))
        if not waiting[kind]:
            del waiting[kind]
    return chosen


def _ask_passes(
    task: Task, base_url: str | None, seeds: pa.Table, requests: pa.Table
) -> list[tuple[pa.Table, list[dict[str, Any]]]]:
    """Each pass's requests with what was replied to them."""
    passes: list[tuple[pa.Table, list[dict[str, Any]]]] = []
    for number in range(len(task.settings.passes)):
        if number:
            asked = [
                Asked(one, {record["key"]: record["body"] for record in found if "body" in record})
                for one, found in passes
            ]
            requests = next_requests(task, seeds, asked)
        passes.append((requests, asyncio.run(_ask_all(task.settings, base_url, requests))))
    return passes


async def _ask_all(settings: Settings, base_url: str | None, requests: pa.Table) -> list[dict[str, Any]]:
    rows = [row for row in requests.to_pylist() if row["key"]]
    if not rows:
        return []
    await check_teacher(settings.teacher, base_url, json.loads(rows[0]["params"]))
    teacher = settings.teacher
    async with open_client(base_url, api_key(teacher), teacher.timeout_s) as client:
        room = asyncio.Semaphore(settings.limits.in_flight)
        sender = Sender(client, teacher.timeout_s, wanted_terms(teacher))

        async def one(params: str) -> Answer:
            async with room:
                return await sender(json.loads(params))

        answers = await asyncio.gather(*(one(row["params"]) for row in rows))
    if fatal := next((answer for answer in answers if answer.kind == "fatal"), None):
        raise TeacherError(f"teacher {base_url or client.base_url}: {fatal.error}; mend that and preview again")
    return [
        {"key": row["key"], **({"body": answer.body} if answer.kind == "ok" else {"error": answer.error})}
        for row, answer in zip(rows, answers, strict=True)
    ]


def _shown(requests: list[dict[str, Any]], sample: dict[str, Any]) -> str:
    params = [one["params"] for one in requests if one["sample_id"] == sample["sample_id"] and one["params"]]
    prompts = [json.loads(one)["messages"][-1]["content"] for one in params]
    verdict = "kept" if sample["reason"] is None else f"rejected by {sample['stage']}: {sample['reason']}"
    parts = [
        f"=== {sample['sample_id']}  seed {sample['seed_id']}  {sample['cell']}",
        *(
            f"--- prompt{f' {number}' if number > 1 else ''}\n{prompt}"
            for number, prompt in enumerate(prompts, start=1)
        ),
        f"--- reply\n{sample['text'] or sample['raw'] or ''}",
        f"--- answer  {sample['answer']}  confidence {sample['confidence']}",
        f"--- verdict  {verdict}" + (f" ({sample['detail']})" if sample["detail"] else ""),
    ]
    return "\n".join(parts)
