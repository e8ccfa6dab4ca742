"""Leaks in the training set: the exam of all real sets, and what the contamination check says of samples."""

from collections.abc import Mapping

import pyarrow as pa

from pipeline.curate.exam import NGRAM, Exam
from pipeline.curate.settings import Contamination
from pipeline.curate.verdicts import Rejection


def exam_of(tables: Mapping[str, pa.Table], settings: Contamination) -> Exam:
    return Exam.of(tables, id="item_id", text="text", shingle=settings.shingle, ngram=settings.ngram or NGRAM)


def leak_verdicts(checked: pa.Table) -> list[Rejection | None]:
    """A rejection for each sample that repeats a real row, which is named as its twin ("dev/item-7")."""
    return [
        Rejection(row["reason"], row["similarity"], None, f"{row['twin_set']}/{row['twin_id']}")
        if row["reason"]
        else None
        for row in checked.select(["reason", "twin_set", "twin_id", "similarity"]).to_pylist()
    ]
