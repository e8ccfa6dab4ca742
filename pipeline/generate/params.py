"""The body of a request, the key it is filed under, and what it will take."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.canonical import content_hash
from pipeline.config import Teacher
from pipeline.generate.prompts import render, to_messages
from pipeline.tasks.task import Task


def draft_params(
    task: Task,
    seed: Mapping[str, Any],
    cell: Mapping[str, str],
    number: int,
    count: int,
    earlier: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """What a pass asks for one sample: number `number` of `count` of its seed and crossed values. `earlier` are the
    objects of the passes before it, which its template sees as `passes`.
    """
    source, teacher = task.source, task.settings.teacher
    where = task.settings.passes[len(earlier)]
    values = {
        "seed": seed["text"],
        "cell": cell,
        "number": number,
        "samples": count,
        "guidelines": source.texts["guidelines"],
        "schema": json.dumps(task.schema, indent=2, ensure_ascii=False),
        "passes": list(earlier),
    }
    system, messages = to_messages(render(source.texts[f"pass {len(earlier)}"], where, values), where)
    params: dict[str, Any] = {"model": teacher.model, "max_tokens": teacher.max_tokens, "messages": messages}
    if system:
        params["system"] = system
    if teacher.effort:
        params["output_config"] = {"effort": teacher.effort}
    return params


def request_key(params: Mapping[str, Any], number: int, teacher: Teacher) -> str:
    """What a reply is filed under. A built-in teacher with other fault rates is another teacher."""
    rates = teacher.simulated.rates if teacher.base_url == "simulated" else None
    return content_hash({"params": params, "number": number, "simulated": rates})


def estimate_tokens(params: Mapping[str, Any]) -> int:
    """Input tokens by the rule of thumb of four bytes a token."""
    text = str(params.get("system", "")) + "".join(str(message["content"]) for message in params["messages"])
    return -(-len(text.encode()) // 4)
