"""Leaks in the training set: the contamination check as a stage, and its verdicts on samples."""

from collections.abc import Mapping

import pyarrow as pa

from pipeline.config import Contamination
from pipeline.curate.decontaminate import Cuts, check
from pipeline.curate.exam import Exam
from pipeline.curate.verdicts import Rejection
from pipeline.stage import Stage, Step

FOUND = ("reason", "twin_set", "twin_id", "similarity", "jaccard", "jaccard_item")


def exam_of(tables: Mapping[str, pa.Table], settings: Contamination) -> Exam:
    return Exam.of(tables, id="item_id", text="text", shingle=settings.shingle)


def leak_stage(tables: Mapping[str, pa.Table], settings: Contamination) -> Stage:
    """A table with a `text` column in, the columns of `check` out. The exam is indexed once in each worker."""

    def load() -> Step:
        exam = exam_of(tables, settings)
        cuts = Cuts(settings.cut, settings.containment)
        return lambda table: check(table["text"].to_pylist(), exam, cuts)

    return Stage("contamination", ("text",), FOUND, load)


def leak_verdicts(checked: pa.Table) -> list[Rejection | None]:
    """A rejection for each sample that repeats a real row, which is named as its twin ("dev/item-7")."""
    return [
        Rejection(row["reason"], row["similarity"], None, f"{row['twin_set']}/{row['twin_id']}")
        if row["reason"]
        else None
        for row in checked.select(["reason", "twin_set", "twin_id", "similarity"]).to_pylist()
    ]
