"""The teacher as one more student: the same rows as requests to it, with the guidelines and never an answer."""

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from pipeline.canonical import canonical_json
from pipeline.evaluate.answers import read_answer
from pipeline.generate.params import estimate_tokens, request_key
from pipeline.generate.parsing import STOPS, clean
from pipeline.records import REQUEST
from pipeline.tasks.task import Task
from pipeline.teacher.usage import usage

SYSTEM = """You read documents and answer with one JSON object and nothing else.

{guidelines}

The answer follows this JSON Schema:
{schema}"""
USER = """Answer for this document.
<document>
{text}
</document>"""


def questions(task: Task, rows: pa.Table) -> pa.Table:
    """One REQUEST row for each row with item_id and text, in their order."""
    teacher, guidelines = task.settings.teacher, task.source.texts["guidelines"]
    system = SYSTEM.format(guidelines=guidelines, schema=json.dumps(task.schema, indent=2, ensure_ascii=False))
    found = []
    for row in rows.to_pylist():
        params: dict[str, Any] = {"model": teacher.model, "max_tokens": teacher.max_tokens, "system": system}
        params["messages"] = [{"role": "user", "content": USER.format(text=row["text"])}]
        if teacher.effort:
            params["output_config"] = {"effort": teacher.effort}
        found.append(
            {
                "sample_id": row["item_id"],
                "number": 0,
                "key": request_key(params, 0, teacher),
                "params": canonical_json(params),
                "input_tokens": estimate_tokens(params),
                "output_tokens": min(task.settings.generation.output_tokens, teacher.max_tokens),
            }
        )
    return pa.Table.from_pylist(found, schema=REQUEST)


def answered(record: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a ledger record says, as the columns of a prediction; `seconds` are not measured for a teacher."""
    empty = {"raw": None, "answer": None, "seconds": None, "prompt_tokens": None, "output_tokens": None, "shots": 0}
    if record is None or record.get("kind") != "reply":
        return {**empty, "failure": "no_reply"}
    used = usage(record["body"])
    empty = {**empty, "prompt_tokens": used.prompt, "output_tokens": used.output}
    try:
        message = json.loads(record["body"])
        raw = clean("".join(block.get("text") or "" for block in message["content"] if block.get("type") == "text"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):  # a server may say 200 and send anything
        return {**empty, "failure": "malformed_reply"}
    answer, failure = read_answer(raw)
    if stopped := STOPS.get(str(message.get("stop_reason"))):
        answer, failure = None, stopped
    return {**empty, "raw": raw.replace("\x00", ""), "answer": answer, "failure": failure}
