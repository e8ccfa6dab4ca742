import pyarrow as pa
import pytest

from pipeline.curate.funnel import funnel


def samples(*verdicts: tuple[str | None, str | None]) -> pa.Table:
    stages, reasons = zip(*verdicts, strict=True)
    return pa.table({"stage": pa.array(stages, pa.string()), "reason": pa.array(reasons, pa.string())})


def test_every_stage_adds_up_and_hands_its_rest_to_the_next() -> None:
    table = samples((None, None), ("parse", "refusal"), ("dedup", "near"), ("dedup", "exact"), (None, None))
    assert funnel(table, ["parse", "schema", "dedup"]) == [
        {"stage": "parse", "in": 5, "rejected": {"refusal": 1}, "kept": 4},
        {"stage": "schema", "in": 4, "rejected": {}, "kept": 4},
        {"stage": "dedup", "in": 4, "rejected": {"exact": 1, "near": 1}, "kept": 2},
    ]


def test_a_verdict_that_would_be_missing_from_the_sum_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown stages"):
        funnel(samples(("magic", "x")), ["parse"])
