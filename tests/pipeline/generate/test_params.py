"""The body of a request and what of it is in its key."""

import json
from typing import Any

import pyarrow as pa
import pytest

from pipeline.errors import InputError
from pipeline.generate.params import draft_params, request_key, wanted_format
from pipeline.generate.plan import plan_requests
from pipeline.records import SEED as SEEDS
from pipeline.tasks.task import Task

SEED = {"text": "A seed."}


def params(task: Task) -> dict[str, Any]:
    cell = {name: next(iter(values)) for name, values in task.settings.matrix.items()}
    return draft_params(task, SEED, cell, 1, 4)


def test_replies_are_asked_for_in_the_schema_and_that_is_in_the_key(load: Any) -> None:
    auto, always, never = (load(f"teacher.structured={value}") for value in ("auto", "true", "false"))
    keys = [request_key(params(task), 1, task.settings.teacher) for task in (auto, always, never)]
    assert params(auto)["output_config"]["format"]["type"] == "json_schema"
    assert "output_config" not in params(never)
    assert keys[0] == keys[1] != keys[2]


def test_effort_and_format_stand_side_by_side(load: Any) -> None:
    assert params(load("teacher.effort=low"))["output_config"].keys() == {"effort", "format"}


def test_a_schema_that_cannot_be_expressed_goes_without_unless_the_settings_insist() -> None:
    schema = '{"properties": {"a": {}}, "type": "object"}'
    assert wanted_format(schema, "auto") is None
    with pytest.raises(InputError, match="a says no type"):
        wanted_format(schema, True)


def test_marking_for_the_cache_is_no_other_setting_of_a_run(load: Any) -> None:
    shaping = [load(f"teacher.caching={value}").settings.shaping() for value in ("true", "false")]
    assert shaping[0] == shaping[1]
    assert load("teacher.structured=false").settings.shaping() != shaping[0]


def test_the_plan_keeps_the_parts_of_a_reply_in_the_order_in_which_they_are_to_be_written(contracts: Task) -> None:
    seeds = pa.Table.from_pylist([{"seed_id": "a", "text": "A seed.", "answer": "{}", "stratum": "NDA"}], schema=SEEDS)
    planned = json.loads(plan_requests(contracts, seeds)["params"][0].as_py())
    schema = planned["output_config"]["format"]["schema"]
    assert list(schema["properties"]) == ["text", "answer", "confidence"]
