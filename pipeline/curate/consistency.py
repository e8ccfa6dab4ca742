"""Self-consistency: the teacher reads the same text again several times, and the readings are compared.

They are the student's own question with the guidelines, by number, so that each reading is paid once and kept apart.
Where readings differ among themselves the item is ambiguous, and hard rather than wrong; where they agree with each
other and not with the answer that came with the text, that answer is contradicted. A teacher that errs the same way
every time agrees with itself: this measures variance, not truth.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import pyarrow as pa

from pipeline.canonical import canonical_json
from pipeline.curate.estimates import mean, share
from pipeline.curate.settings import Consistency
from pipeline.curate.verdicts import Rejection
from pipeline.evaluate.teacher_questions import SYSTEM, USER
from pipeline.generate.params import estimate_tokens, request_key
from pipeline.records import REQUEST
from pipeline.tasks.extraction import normalised
from pipeline.tasks.task import Task


def drawn(sample_id: str, part: float) -> bool:
    """Whether a sample belongs to the share that is read again; its id, which is a hash, decides."""
    return int(sample_id[:13], 16) < part * 16**13


def reading_requests(task: Task, rows: Sequence[Mapping[str, Any]], k: int) -> pa.Table:
    """`k` REQUEST rows, numbered from 1, for each row of sample_id and text. More readings leave earlier ones paid."""
    teacher, guidelines = task.settings.teacher, task.source.texts["guidelines"]
    system = SYSTEM.format(guidelines=guidelines, schema=json.dumps(task.schema, indent=2, ensure_ascii=False))
    found = []
    for row in rows:
        for number in range(1, k + 1):
            content = f"{USER.format(text=row['text'])}\nReading {number}."
            params: dict[str, Any] = {"model": teacher.model, "max_tokens": teacher.max_tokens, "system": system}
            params["messages"] = [{"role": "user", "content": content}]
            if teacher.effort:
                params["output_config"] = {"effort": teacher.effort}
            found.append(
                {
                    "sample_id": row["sample_id"],
                    "number": number,
                    "key": request_key(params, number, teacher),
                    "params": canonical_json(params),
                    "input_tokens": estimate_tokens(params),
                    "output_tokens": min(task.settings.generation.output_tokens, teacher.max_tokens),
                }
            )
    return pa.Table.from_pylist(found, schema=REQUEST)


def relabelled(task: Task, own: Mapping[str, Any], readings: Sequence[dict[str, Any] | None]) -> dict[str, Any]:
    """What the readings of one sample come to, by field: `agreement`, the share that says the most frequent value;
    `differing`, the share of pairs that differ; `with_answer`, the share that says what the sample's answer says.

    None stands for a reading that failed. With fewer than two there is nothing to compare, and no field is listed.
    """
    whole = [_values(task, reading) for reading in readings if reading is not None]
    answer = _values(task, own)
    found: dict[str, Any] = {"readings": len(whole), "failed": len(readings) - len(whole)}
    found |= {"agreement": {}, "differing": {}, "with_answer": {}}
    if len(whole) < 2:
        return found
    for field in task.fields:
        values = [reading[field] for reading in whole]
        pairs = [one != other for one, other in combinations(values, 2)]
        found["agreement"][field] = round(Counter(values).most_common(1)[0][1] / len(values), 4)
        found["differing"][field] = round(sum(pairs) / len(pairs), 4)
        found["with_answer"][field] = round(sum(value == answer[field] for value in values) / len(values), 4)
    return found


def _values(task: Task, answer: Mapping[str, Any]) -> dict[str, str]:
    """Comparable values by field; one that the schema refuses is compared as it is spelt."""
    bad = {field for field, _ in task.field_errors(answer) if answer.get(field or "") is not None}
    return {
        field: f"!{canonical_json(answer[field])}" if field in bad else normalised(task, field, answer.get(field))
        for field in task.fields
    }


def ambiguous(found: Mapping[str, Any], settings: Consistency) -> list[str]:
    return [field for field, agreed in found["agreement"].items() if agreed < settings.agreement]


def contradicted(found: Mapping[str, Any]) -> list[str]:
    """The fields for which all readings say the same, and none what the answer says."""
    return [field for field, agreed in found["agreement"].items() if agreed == 1 and not found["with_answer"][field]]


def consistency_verdict(found: Mapping[str, Any], settings: Consistency) -> Rejection | None:
    """Only what `reject` names is a verdict."""
    wrong, unsure = contradicted(found), ambiguous(found, settings)
    if wrong and "contradicted" in settings.reject:
        return Rejection("contradicted", float(len(wrong)), ", ".join(wrong))
    if unsure and "ambiguous" in settings.reject:
        return Rejection("ambiguous", min(found["agreement"].values()), ", ".join(unsure))
    return None


def consistency_figures(task: Task, found: Sequence[Mapping[str, Any]], settings: Consistency) -> dict[str, Any]:
    """Figures for run.json and the report; `differing` is the variance, the chance that two readings disagree."""
    compared = [one for one in found if one["agreement"]]
    failed = sum(one["failed"] for one in found)
    return {
        "k": settings.k,
        "asked": len(found),
        "compared": len(compared),
        "failed_readings": share(failed, failed + sum(one["readings"] for one in found)),
        "ambiguous": share(sum(bool(ambiguous(one, settings)) for one in compared), len(compared)),
        "contradicted": share(sum(bool(contradicted(one)) for one in compared), len(compared)),
        "fields": {
            field: {
                "agreement": mean([one["agreement"][field] for one in compared]),
                "differing": mean([one["differing"][field] for one in compared]),
                "unanimous": share(sum(one["agreement"][field] == 1 for one in compared), len(compared)),
                "with_answer": mean([one["with_answer"][field] for one in compared]),
                "contradicted": sum(field in contradicted(one) for one in compared),
            }
            for field in task.fields
        },
    }
