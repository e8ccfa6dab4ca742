"""The format of a structured reply: a JSON Schema within what the Messages API can hold a model to.

What constrains a value further than the API can (lengths, ranges, patterns) is left out on the wire and checked here
again, as everything is. A schema that would lose or forbid an answer is not bent: it cannot be expressed.
"""

from collections.abc import Mapping
from typing import Any

from pipeline.errors import InputError

OPTIONAL, UNIONS = 24, 16
"""The most properties that may be left out, and the most places where a value may be of several kinds."""
FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
LARGEST, DEEPEST = 2_000, 50
"""Parts and levels of a schema whose references are written out."""
OPEN = ("additionalProperties", "patternProperties")

Schema = dict[str, Any]


def reply_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    """`output_config.format` for replies of a schema. Raises InputError for one that cannot be expressed.

    >>> reply_format({"type": "string", "maxLength": 9})
    {'type': 'json_schema', 'schema': {'type': 'string'}}
    """
    return {"type": "json_schema", "schema": _Writer(schema).written()}


def sample_format(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The format of a sample: its text, then the answer by the task's schema, then the confidence in it."""
    parts = {"text": {"type": "string"}, "answer": _Writer(answer).written(), "confidence": {"type": "number"}}
    return reply_format({"type": "object", "required": list(parts), "properties": parts})


def in_order(schema: Any) -> Any:
    """The schema with the properties of every object as `required` lists them, the others after.

    A model writes the parts of a reply in the order of the schema's properties, and canonical JSON sorts those.

    >>> list(in_order({"properties": {"a": {}, "b": {}, "c": {}}, "required": ["c", "a"]})["properties"])
    ['c', 'a', 'b']
    """
    if isinstance(schema, list):
        return [in_order(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    ordered = {name: in_order(part) for name, part in schema.items()}
    if isinstance(parts := ordered.get("properties"), dict) and isinstance(schema.get("required"), list):
        ordered["properties"] = {name: parts[name] for name in [*schema["required"], *parts] if name in parts}
    return ordered


class _Writer:
    """One schema's way to the wire: its root, for references into it, and what has been counted so far."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self.parts = self.optional = self.unions = 0

    def written(self) -> Schema:
        schema = self.write(self.root, (), ())
        for count, most, what in (
            (self.optional, OPTIONAL, "properties that may be left out"),
            (self.unions, UNIONS, "values of several kinds"),
        ):
            if count > most:
                raise _inexpressible((), f"has {count} {what}, more than {most}")
        return schema

    def write(self, schema: Any, where: tuple[str, ...], refs: tuple[str, ...]) -> Schema:
        self.parts += 1
        if self.parts > LARGEST or len(where) > DEEPEST:
            raise _inexpressible(where, f"is larger than {LARGEST} parts or {DEEPEST} levels")
        if not isinstance(schema, dict):
            raise _inexpressible(where, f"is {schema!r} and says no type")
        if "$ref" in schema:
            return self._referred(schema, where, refs)
        named = {name: schema[name] for name in ("title", "description") if isinstance(schema.get(name), str)}
        return {**named, **self._kind(schema, where, refs)}

    def _referred(self, schema: Schema, where: tuple[str, ...], refs: tuple[str, ...]) -> Schema:
        ref = str(schema["$ref"])
        if ref in refs:
            raise _inexpressible(where, f"refers to itself ({ref})")
        target: Any = self.root
        for name in ref.removeprefix("#").split("/")[1:]:
            name = name.replace("~1", "/").replace("~0", "~")
            target = target.get(name) if isinstance(target, dict) else None
        if not ref.startswith("#") or not isinstance(target, dict):
            raise _inexpressible(where, f"refers to something outside ({ref})")
        beside = {name: value for name, value in schema.items() if name != "$ref"}
        return self.write({**target, **beside}, where, (*refs, ref))

    def _kind(self, schema: Schema, where: tuple[str, ...], refs: tuple[str, ...]) -> Schema:
        literals = schema.get("enum", [schema["const"]] if "const" in schema else None)
        if literals is not None:
            if not literals or any(isinstance(value, dict | list) for value in literals):
                raise _inexpressible(where, "lists values that are objects or lists")
            return {"enum": list(literals)}
        kinds = schema.get("type") or ("object" if "properties" in schema else "array" if "items" in schema else None)
        if isinstance(kinds, list) and len(kinds) > 1:
            bare = {name: value for name, value in schema.items() if name not in ("title", "description")}
            return self._union([{**bare, "type": kind} for kind in kinds], where, refs)
        if kinds:
            return self._typed(schema, kinds[0] if isinstance(kinds, list) else kinds, where, refs)
        if variants := schema.get("anyOf") or schema.get("oneOf"):
            return self._union(variants, where, refs)
        if len(schema.get("allOf", ())) == 1:
            return self.write(schema["allOf"][0], where, refs)
        raise _inexpressible(where, "says no type")

    def _union(self, variants: list[Any], where: tuple[str, ...], refs: tuple[str, ...]) -> Schema:
        self.unions += 1
        return {"anyOf": [self.write(variant, where, refs) for variant in variants]}

    def _typed(self, schema: Schema, kind: str, where: tuple[str, ...], refs: tuple[str, ...]) -> Schema:
        if kind == "object":
            return self._object(schema, where, refs)
        if kind == "array":
            if "items" not in schema or "prefixItems" in schema:
                raise _inexpressible(where, "does not say what its items are, all of one kind")
            least = {"minItems": schema["minItems"]} if schema.get("minItems") in (0, 1) else {}
            return {"type": "array", "items": self.write(schema["items"], (*where, "items"), refs), **least}
        if kind == "string" and schema.get("format") in FORMATS:
            return {"type": "string", "format": schema["format"]}
        return {"type": kind}

    def _object(self, schema: Schema, where: tuple[str, ...], refs: tuple[str, ...]) -> Schema:
        parts, required = schema.get("properties", {}), list(dict.fromkeys(schema.get("required", ())))
        closed = schema.get("additionalProperties") is False
        if any(isinstance(schema.get(name), dict) and schema[name] for name in OPEN) or not (parts or closed):
            raise _inexpressible(where, "has properties of any name")
        if unknown := [name for name in required if name not in parts]:
            raise _inexpressible(where, f"requires {unknown[0]!r}, which is none of its properties")
        self.optional += len(parts) - len(required)
        written = {name: self.write(part, (*where, name), refs) for name, part in parts.items()}
        return {"type": "object", "properties": written, "required": required, "additionalProperties": False}


def _inexpressible(where: tuple[str, ...], why: str) -> InputError:
    return InputError(
        f"schema: {'.'.join(where) or 'the whole'} {why}, to which no server can be held; "
        "change it, or --set teacher.structured=false"
    )
