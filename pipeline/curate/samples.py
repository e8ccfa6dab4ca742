"""Samples: planned requests joined with what the ledger holds for them, and parsed."""

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from pipeline.generate.parsing import clean, parse_reply
from pipeline.records import REPLY, SAMPLE
from pipeline.stage import Stage, Step
from pipeline.teacher.usage import usage

CARRIED = ("sample_id", "seed_id", "stratum", "cell", "number", "round", "key")


def join_replies(requests: pa.Table, records: Iterable[Mapping[str, Any]]) -> pa.Table:
    """REQUEST rows without the prompt, `body` and `failure` beside them; both null where the ledger has neither."""
    found = {record["key"]: record for record in records}
    rows = [found.get(key, {}) for key in requests["key"].to_pylist()]
    bodies, failures = ([_held(row.get(name)) for row in rows] for name in ("body", "error"))
    joined = requests.select(CARRIED)
    joined = joined.append_column(REPLY.field("body"), pa.array(bodies, pa.large_string()))
    return joined.append_column(REPLY.field("failure"), pa.array(failures, pa.string()))


def _held(text: str | None) -> str | None:
    return None if text is None else clean(text)


def parse_stage(max_tokens: int, teacher: str) -> Stage:
    """Turns joined rows into SAMPLE rows; a reply that is no sample gets its verdict here."""

    def load() -> Step:
        return lambda table: pa.Table.from_pylist(
            [_sample(row, max_tokens, teacher) for row in table.to_pylist()], schema=SAMPLE
        )

    return Stage("parse", (*CARRIED, "body", "failure"), tuple(SAMPLE.names), load)


def _sample(row: Mapping[str, Any], max_tokens: int, teacher: str) -> dict[str, Any]:
    sample: dict[str, Any] = {name: row[name] for name in CARRIED} | {"teacher": teacher}
    if row["body"] is None:
        return sample | {"stage": "generate", "reason": "no_reply", "detail": row["failure"] or "not answered"}
    draft = parse_reply(row["body"], max_tokens)
    used = usage(row["body"])
    sample |= {
        "text": draft.text,
        "answer": draft.answer,
        "confidence": draft.confidence,
        "input_tokens": used.prompt,
        "output_tokens": used.output,
    }
    if draft.reason:
        sample |= {"stage": "parse", "reason": draft.reason, "detail": draft.detail, "raw": draft.raw}
    return sample
