"""The body of a request, the key it is filed under, and what it will take."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from pipeline.canonical import canonical_json, content_hash
from pipeline.config import Teacher
from pipeline.errors import InputError
from pipeline.generate.prompts import render, to_messages
from pipeline.tasks.task import Task
from pipeline.teacher.prefix import unmarked
from pipeline.teacher.reply_format import sample_format


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
    wanted = teacher.structured if len(task.settings.passes) == 1 else False  # passes agree among themselves on a form
    config = {"effort": teacher.effort, "format": wanted_format(canonical_json(task.schema), wanted)}
    if given := {name: value for name, value in config.items() if value}:
        params["output_config"] = given
    return params


@lru_cache(maxsize=16)
def wanted_format(schema: str, structured: Literal["auto"] | bool) -> dict[str, Any] | None:
    """The format of a sample with an answer of the schema (canonical JSON), or None for replies that are free.

    Raises InputError where the settings insist on what cannot be expressed. The result is shared: copy to change it.
    """
    if structured is False:
        return None
    try:
        return sample_format(json.loads(schema))
    except InputError:
        if structured is True:
            raise
        return None


def request_key(params: Mapping[str, Any], number: int, teacher: Teacher) -> str:
    """What a reply is filed under. A built-in teacher with other fault rates is another teacher.

    A reply format that is asked for is part of it, whether or not the server takes formats: a server that learns to
    does not change the key, nor does a mark for its cache.
    """
    rates = teacher.simulated.erring if teacher.base_url == "simulated" else None
    return content_hash({"params": unmarked(params), "number": number, "simulated": rates})


def estimate_tokens(params: Mapping[str, Any]) -> int:
    """Input tokens by the rule of thumb of four bytes a token."""
    text = str(params.get("system", "")) + "".join(str(message["content"]) for message in params["messages"])
    return -(-len(text.encode()) // 4)
