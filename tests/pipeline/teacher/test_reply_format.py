import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from pipeline.canonical import canonical_json
from pipeline.errors import InputError
from pipeline.layers import BUILT_IN
from pipeline.teacher.reply_format import in_order, reply_format, sample_format
from pipeline.teacher.simulated.formats import refused

CONTRACTS = json.loads((BUILT_IN / "contracts/schema.json").read_text())
ANSWER = {"parties": None, "effective_date": "2026-01-31", "termination_clause_type": None, "governing_law": "Ohio"}
SAMPLE: dict[str, Any] = {
    "text": "a",
    "answer": {**ANSWER, "payment_amount": {"amount": 5, "currency": "USD"}},
    "confidence": 1,
}


def schema_of(schema: Any) -> Any:
    return reply_format(schema)["schema"]


def object_of(count: int, part: Any, *, required: bool = True) -> dict[str, Any]:
    parts = {f"p{number}": part for number in range(count)}
    return {"type": "object", "properties": parts, "required": list(parts) if required else []}


def test_the_format_of_the_built_in_task_is_one_that_the_api_takes_and_its_samples_fit() -> None:
    made = sample_format(CONTRACTS)
    assert refused({"format": made}) is None
    validator = jsonschema_rs.validator_for(made["schema"])
    assert validator.is_valid(SAMPLE)
    assert not validator.is_valid({**SAMPLE, "more": 1})
    assert not validator.is_valid({"text": "a", "answer": SAMPLE["answer"]})
    assert not validator.is_valid({**SAMPLE, "answer": {**SAMPLE["answer"], "termination_clause_type": "soon"}})


def test_what_the_api_cannot_hold_to_is_left_out_and_nothing_else() -> None:
    text = {"type": "string", "minLength": 1, "pattern": "^a", "format": "date", "description": "A day.", "title": "T"}
    assert schema_of(text) == {"type": "string", "format": "date", "description": "A day.", "title": "T"}
    assert schema_of({"type": "string", "format": "regex"}) == {"type": "string"}
    assert schema_of({"type": "number", "exclusiveMinimum": 0}) == {"type": "number"}
    items = {"type": "array", "items": {"type": "integer"}, "uniqueItems": True, "maxItems": 9}
    assert schema_of({**items, "minItems": 1}) == {"type": "array", "items": {"type": "integer"}, "minItems": 1}
    assert "minItems" not in schema_of({**items, "minItems": 2})
    assert schema_of({"const": None}) == {"enum": [None]}
    assert schema_of({"allOf": [{"type": "null"}]}) == {"type": "null"}
    assert schema_of({"oneOf": [{"type": "null"}, {"enum": ["a"]}]}) == {"anyOf": [{"type": "null"}, {"enum": ["a"]}]}


def test_a_value_of_several_kinds_is_written_out_kind_by_kind() -> None:
    assert schema_of({"type": ["array", "null"], "items": {"type": "string"}, "description": "d"}) == {
        "description": "d",
        "anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}],
    }


def test_a_property_that_may_be_left_out_is_not_forced_upon_the_model() -> None:
    made = schema_of({"properties": {"a": {"type": "null"}, "b": {"type": "null"}}, "required": ["b"]})
    assert (made["required"], made["additionalProperties"], list(made["properties"])) == (["b"], False, ["a", "b"])


def test_references_are_written_out() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/x~1y", "description": "one"}},
        "required": ["a"],
        "$defs": {"x/y": {"type": "string", "description": "any"}},
    }
    assert schema_of(schema)["properties"] == {"a": {"type": "string", "description": "one"}}
    assert refused({"format": sample_format(schema)}) is None


RECURSIVE = {"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]}


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        (RECURSIVE, "next refers to itself"),
        ({"$ref": "https://example.org/schema"}, "refers to something outside"),
        ({"$ref": "#/$defs/none"}, "refers to something outside"),
        ({}, "the whole says no type"),
        ({"type": "array"}, "does not say what its items are"),
        ({"type": "object"}, "properties of any name"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "properties of any name"),
        ({"properties": {"a": {}}, "required": ["a"]}, "a says no type"),
        ({"properties": {"a": True}}, "a is True and says no type"),
        ({"properties": {"a": {"type": "null"}}, "required": ["b"]}, "requires 'b'"),
        ({"enum": [["a"]]}, "objects or lists"),
        ({"allOf": [{"type": "null"}, {"type": "null"}]}, "says no type"),
        (object_of(25, {"type": "null"}, required=False), "25 properties that may be left out, more than 24"),
        (object_of(17, {"type": ["string", "null"]}), "17 values of several kinds, more than 16"),
    ],
)
def test_what_cannot_be_expressed_is_said_and_not_bent(schema: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        sample_format(schema)


def test_as_much_as_the_api_takes_is_expressed() -> None:
    for schema in (object_of(24, {"type": "null"}, required=False), object_of(16, {"type": ["string", "null"]})):
        assert refused({"format": sample_format(schema)}) is None


def test_a_schema_that_unfolds_without_end_is_refused_in_no_time() -> None:
    parts: dict[str, Any] = {"d0": {"type": "null"}}
    for level in range(1, 40):
        ref = {"$ref": f"#/$defs/d{level - 1}"}
        parts[f"d{level}"] = {"type": "object", "properties": {"a": ref, "b": ref}, "required": ["a", "b"]}
    with pytest.raises(InputError, match="larger than"):
        reply_format({"$ref": "#/$defs/d39", "$defs": parts})


def test_the_parts_of_a_sample_keep_their_order_through_canonical_json() -> None:
    stored = json.loads(canonical_json(sample_format(CONTRACTS)))
    assert list(stored["schema"]["properties"]) == ["answer", "confidence", "text"]
    ordered = in_order(stored)["schema"]["properties"]
    assert list(ordered) == ["text", "answer", "confidence"]
    assert list(ordered["answer"]["properties"]) == CONTRACTS["required"]


@pytest.mark.parametrize("path", sorted(Path(BUILT_IN).glob("*/schema.json")), ids=lambda path: path.parent.name)
def test_every_built_in_schema_can_be_expressed(path: Path) -> None:
    assert refused({"format": sample_format(json.loads(path.read_text()))}) is None
