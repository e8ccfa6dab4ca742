"""Samples and predictions to read: which ones are shown, and each laid out as text beside its answer."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice, zip_longest
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.canonical import content_hash
from pipeline.report.wording import ABSENT, count, figure, flat, value_text

KEPT = 20
OF_EACH_REASON = 3
WORST = 15
OPENING = 1_200
WHOLE = 12_000
"""Characters of a text that are shown at once, and in all."""
VALUE = 1_000
"""Characters of a value in an answer."""


@dataclass(frozen=True, slots=True)
class Text:
    """A long text: its opening, the rest to unfold, and how many characters are not on the page at all."""

    opening: str
    rest: str
    missing: int


@dataclass(frozen=True, slots=True)
class Sample:
    sample_id: str
    seed_id: str
    stratum: str
    confidence: str
    cell: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]
    """Its tags, and what the judge said of it."""
    text: Text
    answer: tuple[tuple[str, str], ...]
    raw: Text
    score: str
    detail: str
    twin: tuple[str, Text] | None


@dataclass(frozen=True, slots=True)
class Rejected:
    stage: str
    reason: str
    total: int
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Prediction:
    """One item that a student got wrong; a field's line is (name, gold, predicted, differs)."""

    item_id: str
    text: Text
    fields: tuple[tuple[str, str, str, bool], ...]
    failure: str
    """Why there is no prediction, or nothing."""
    raw: Text


def kept_samples(samples: pa.Table) -> list[Sample]:
    """Twenty of the samples, as many of each stratum as there are, the same ones whenever the page is made."""
    order = samples.select(["sample_id", "stratum"]).append_column("row", pa.array(range(samples.num_rows), pa.int64()))
    ranked = sorted(order.to_pylist(), key=lambda row: (row["stratum"] or "", content_hash(row["sample_id"])))
    strata = [[*group] for _, group in groupby(ranked, key=lambda row: row["stratum"] or "")]
    turns = (row["row"] for turn in zip_longest(*strata) for row in turn if row)
    chosen = samples.take(pa.array(islice(turns, KEPT), pa.int64())).to_pylist()
    return [_sample(row) for row in sorted(chosen, key=lambda row: row["stratum"] or "")]


def rejected_samples(rejected: pa.Table, kept: pa.Table, order: Sequence[str]) -> list[Rejected]:
    """Up to three of each reason, in the order of the stages; a duplicate with the text that it repeats."""
    ranked = sorted(
        enumerate(zip(*(rejected[name].to_pylist() for name in ("stage", "reason", "sample_id")), strict=True)),
        key=lambda row: (_place(row[1][0], order), row[1][0] or "", row[1][1] or "", content_hash(row[1][2])),
    )
    found = []
    for (stage, reason), group in groupby(ranked, key=lambda row: row[1][:2]):
        rows = [row for row, _ in group]
        shown = rejected.take(pa.array(rows[:OF_EACH_REASON], pa.int64())).to_pylist()
        samples = tuple(_sample(row, _twin(row, kept)) for row in shown)
        found.append(Rejected(stage or ABSENT, reason or ABSENT, len(rows), samples))
    return found


def _place(stage: str | None, order: Sequence[str]) -> int:
    return order.index(stage) if stage in order else len(order)


def _twin(row: Mapping[str, Any], kept: pa.Table) -> tuple[str, Text] | None:
    if not row.get("twin_id"):
        return None
    texts = kept.filter(pc.equal(kept["sample_id"], row["twin_id"]))["text"].to_pylist()
    return row["twin_id"], long_text(texts[0] if texts else None)


def _sample(row: Mapping[str, Any], twin: tuple[str, Text] | None = None) -> Sample:
    return Sample(
        sample_id=row["sample_id"] or ABSENT,
        seed_id=row["seed_id"] or ABSENT,
        stratum=row["stratum"] or ABSENT,
        confidence=figure(row["confidence"]),
        cell=tuple(flat(as_fields(row["cell"]))),
        notes=tuple(pair for name in ("tags", "judged") for pair in flat(as_fields(row.get(name)))),
        text=long_text(row["text"]),
        answer=tuple((name, _value(value)) for name, value in as_fields(row["answer"]).items()),
        raw=long_text(row["raw"]),
        score=figure(row["score"]),
        detail=(row["detail"] or "")[:VALUE],
        twin=twin,
    )


def as_fields(answer: Any) -> dict[str, Any]:
    """An answer by field, given as JSON or as a value; one that has no fields is the value of `answer`."""
    if isinstance(answer, str):
        try:
            answer = json.loads(answer)
        except (ValueError, RecursionError):
            return {"answer": answer}
    if answer is None:
        return {}
    return answer if isinstance(answer, dict) else {"answer": answer}


def _value(value: Any) -> str:
    text = value_text(value)
    return text if len(text) <= VALUE else f"{text[:VALUE]}… ({count(len(text) - VALUE)} more characters)"


def long_text(text: str | None) -> Text:
    text = text or ""
    return Text(text[:OPENING], text[OPENING:WHOLE], max(len(text) - WHOLE, 0))


def worst_predictions(
    worst: Mapping[str, Sequence[Mapping[str, Any]]], wrong: Mapping[str, int]
) -> list[tuple[str, str, list[Prediction]]]:
    """(student, how many of how many wrong ones, predictions), in the order given."""
    shown = {student: [_prediction(item) for item in items[:WORST]] for student, items in worst.items()}
    return [
        (student, f"{len(some)} of {count(wrong.get(student, len(worst[student])))} wrong", some)
        for student, some in shown.items()
    ]


def _prediction(item: Mapping[str, Any]) -> Prediction:
    failure = str(item.get("failure") or "malformed") if item.get("predicted") is None else ""
    return Prediction(
        item_id=str(item.get("item_id")),
        text=long_text(item.get("text")),
        fields=tuple(_fields(item)),
        failure=failure,
        raw=long_text(item.get("raw")),
    )


def _fields(item: Mapping[str, Any]) -> Iterator[tuple[str, str, str, bool]]:
    gold, said, wrong = as_fields(item.get("gold")), as_fields(item.get("predicted")), item.get("wrong") or ()
    for name in [*gold, *(name for name in said if name not in gold)]:
        values = [_value(answer[name]) if name in answer else ABSENT for answer in (gold, said)]
        yield name, values[0], values[1], item.get("predicted") is not None and name in wrong
