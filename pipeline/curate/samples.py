"""Samples: planned requests joined with what the ledger holds for them, and parsed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from pipeline.generate.parsing import clean
from pipeline.generate.passes import to_sample
from pipeline.records import REPLY, SAMPLE
from pipeline.stage import Stage, Step
from pipeline.teacher.usage import usage

CARRIED = ("sample_id", "seed_id", "stratum", "cell", "number", "round", "key")


LATER_REPLIES = pa.list_(pa.struct([("body", pa.large_string()), ("failure", pa.string()), ("unbuilt", pa.string())]))


def join_replies(
    requests: pa.Table,
    records: Iterable[Mapping[str, Any]],
    later: Sequence[tuple[pa.Table, Iterable[Mapping[str, Any]]]] = (),
) -> pa.Table:
    """REQUEST rows without the prompt, `body` and `failure` beside them; both null where the ledger has neither.

    `later` are the passes after the first, LATER rows with their records; what they said is the list `later` of a row,
    with nulls for a pass that was not asked, and `unbuilt` for one that could not be.
    """
    replies = _said(requests["key"].to_pylist(), records)
    joined = requests.select(CARRIED)
    joined = joined.append_column(REPLY.field("body"), pa.array([one["body"] for one in replies], pa.large_string()))
    joined = joined.append_column(REPLY.field("failure"), pa.array([one["failure"] for one in replies], pa.string()))
    if not later:
        return joined
    samples = requests["sample_id"].to_pylist()
    columns = [_of_pass(samples, *one) for one in later]
    rows = [list(row) for row in zip(*columns, strict=True)]
    return joined.append_column("later", pa.array(rows, LATER_REPLIES))


def _said(keys: Iterable[str | None], records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found = {record["key"]: record for record in records}
    rows = [found.get(key, {}) if key else {} for key in keys]
    return [{"body": _held(row.get("body")), "failure": _held(row.get("error"))} for row in rows]


def _of_pass(samples: list[str], requests: pa.Table, records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    replies = _said(requests["key"].to_pylist(), records)
    unbuilt = requests["failure"].to_pylist()
    found = {
        sample: {**reply, "unbuilt": why}
        for sample, reply, why in zip(requests["sample_id"].to_pylist(), replies, unbuilt, strict=True)
    }
    return [found.get(sample, {"body": None, "failure": None, "unbuilt": None}) for sample in samples]


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
    replies = [row, *(row.get("later") or ())]
    stage, draft = to_sample(replies, max_tokens)
    if used := [usage(one["body"]) for one in replies if one["body"] is not None]:
        sample["input_tokens"] = sum(one.prompt for one in used)
        sample["output_tokens"] = sum(one.output for one in used)
    sample |= {"text": draft.text, "answer": draft.answer, "confidence": draft.confidence}
    if draft.reason:
        sample |= {"stage": stage, "reason": draft.reason, "detail": draft.detail, "raw": draft.raw}
    return sample
