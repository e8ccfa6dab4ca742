"""Provenance: who said that a real row's answer is true, and whether that counts."""

from collections.abc import Mapping
from typing import Any

NEEDED = ("label_source", "labelled_by", "labelled_at", "document_id")
HUMAN = ("human", "human_verified")


def provenance_mistake(row: Mapping[str, Any], demonstration: bool) -> str | None:
    """Why a real row may not be evidence; None when it may.

    An answer that a model gave measures agreement with that model, not truth. One that was constructed together with
    its text shows that the machinery works, so a task that calls itself a demonstration may use it.
    """
    if missing := [name for name in NEEDED if row.get(name) in (None, "")]:
        return f"no {missing[0]}; a real row says who labelled it, when, and from which document ({', '.join(NEEDED)})"
    source = row["label_source"]
    if source == "model":
        return (
            "label_source is 'model'; what a model said is no truth to measure by: have a person verify it "
            "(human_verified)"
        )
    if source == "constructed" and not demonstration:
        return (
            "label_source is 'constructed', which only a task with `demonstration: true` may use; bring "
            "human-labelled rows"
        )
    if source not in (*HUMAN, "constructed"):
        return f"label_source is {source!r}; it is one of human, human_verified, constructed, model"
    return None
