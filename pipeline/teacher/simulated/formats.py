"""What the API would say of a reply format: whether it is one, and whether it asks for what no grammar can hold.

Written apart from the code that makes formats, from what the API documents, so that one checks the other.
"""

from collections.abc import Iterator
from typing import Any

ALWAYS = {"title", "description"}
OF_TYPE = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems"},
    "string": {"format"},
    "integer": set(),
    "number": set(),
    "boolean": set(),
    "null": set(),
}
MOST_OPTIONAL, MOST_UNIONS = 24, 16


def refused(config: Any) -> str | None:
    """The first reason why a body's `output_config` would be refused for its format; None when it would not."""
    wanted = config.get("format") if isinstance(config, dict) else None
    if wanted is None:
        return None
    if not isinstance(wanted, dict) or wanted.get("type") != "json_schema" or set(wanted) != {"type", "schema"}:
        return "output_config.format: an object of the type json_schema, with a schema, is required"
    if problem := next(_problems(wanted["schema"]), None):
        return f"output_config.format.schema: {problem}"
    parts = list(_parts(wanted["schema"]))
    optional = sum(len(set(part.get("properties", {})) - set(part.get("required", ()))) for part in parts)
    unions = sum("anyOf" in part for part in parts)
    if optional > MOST_OPTIONAL or unions > MOST_UNIONS:
        return f"output_config.format.schema: too complex ({optional} optional, {unions} union parameters)"
    return None


def _problems(schema: Any) -> Iterator[str]:
    if not isinstance(schema, dict):
        yield f"{schema!r} is no schema"
        return
    kind = schema.get("type")
    if kind is None and not {"anyOf", "enum"} & set(schema):
        yield "a schema must have a type, anyOf or enum"
    elif kind is not None and kind not in OF_TYPE:
        yield f"{kind!r} is no type"
    known = ALWAYS | ({"type", *OF_TYPE[kind]} if kind else {"anyOf", "enum"})
    yield from (f"for {kind!r} type, property {name!r} is not supported" for name in schema if name not in known)
    if kind == "object" and schema.get("additionalProperties") is not False:
        yield "for 'object' type, 'additionalProperties' must be explicitly set to false"
    if schema.get("minItems", 0) not in (0, 1):
        yield f"for 'array' type, 'minItems' values other than 0 or 1 are not supported: {schema['minItems']}"
    for part in _inside(schema):
        yield from _problems(part)


def _inside(schema: dict[str, Any]) -> Iterator[Any]:
    yield from schema.get("properties", {}).values()
    yield from schema.get("anyOf", ())
    if "items" in schema:
        yield schema["items"]


def _parts(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for part in _inside(schema):
        yield from _parts(part)
