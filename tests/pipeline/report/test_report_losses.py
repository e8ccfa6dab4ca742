from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pipeline.report.losses import losses
from pipeline.report.page import ReportData, report_page

KIND = {"planned": 10, "refilled": 4, "generated": 12, "rejected": {"no_reply": 2, "near": 9}, "kept": 3}
DRY = {"planned": 20, "refilled": 0, "generated": 20, "rejected": {"near": 1}, "kept": 19}
ENTRY = {
    "attrition": {
        "strata": {"all": {"planned": 30, "refilled": 4, "generated": 32, "rejected": {}, "kept": 22}},
        "cells": {"tone": {"ki<nd": KIND, "dry": DRY}},
    },
    "refills": [
        {"batch": 1, "requests": 4, "answered": 3, "starved": [{"dimension": "tone", "value": "ki<nd", "kept": 1}]}
    ],
}


def test_what_lost_more_than_all_did_is_listed_with_reasons_and_what_was_asked_again() -> None:
    found = losses(ENTRY)
    assert found is not None
    [row] = found.rows
    assert (row.dimension, row.value, row.asked, row.generated, row.kept) == ("tone", "ki<nd", 14, 12, 3)
    assert row.reasons == "near 9, no_reply 2"
    assert found.refills == ("Refill 1: 4 more were asked for, 3 answered, since too little was kept of tone ki<nd.",)
    assert losses({}) is None


def test_the_page_shows_them_in_the_funnel(data: ReportData, read: Callable[[str], Any]) -> None:
    curate = data.record["stages"]["curate"] | ENTRY
    record = data.record | {"stages": data.record["stages"] | {"curate": curate}}
    page = read(report_page(replace(data, record=record)))
    assert "Refill 1: 4 more were asked for" in page.sections["funnel"]
    assert "ki<nd" in page.sections["funnel"]
