"""YAML as settings are written: every key is text, and none stands twice, of which YAML would keep the last."""

from collections.abc import Iterator
from typing import Any

import yaml

from pipeline.errors import InputError


def parse(text: str, where: str) -> Any:
    """Raises InputError for repeated keys and keys that are no text, each named; yaml.YAMLError, ValueError or
    RecursionError for what is no YAML.
    """
    loader = yaml.SafeLoader(text)
    try:
        root = loader.get_single_node()
        if repeated := sorted(_repeated(root)):
            raise InputError(
                "\n".join(
                    f"{where}: line {line} repeats the key {key!r} of line {first}; keep one of the two"
                    for line, first, key in repeated
                )
            )
        values = None if root is None else loader.construct_document(root)
    finally:
        loader.dispose()
    _check_keys(values, where, "")
    return values


def _repeated(root: yaml.Node | None) -> Iterator[tuple[int, int, str]]:
    """(line, line of the same key before it, key). What a merge (`<<: *other`) brings in may be overridden."""
    nodes, seen = [root], set()
    while nodes:
        node = nodes.pop()
        if id(node) in seen:  # an alias may lead back to where it stands
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            nodes += node.value
        if isinstance(node, yaml.MappingNode):
            nodes += [value for _, value in node.value]
            first: dict[tuple[str, str], int] = {}
            for key, _ in node.value:
                line = key.start_mark.line + 1
                if isinstance(key, yaml.ScalarNode) and (key.tag, key.value) in first:
                    yield line, first[key.tag, key.value], key.value
                elif isinstance(key, yaml.ScalarNode):
                    first[key.tag, key.value] = line


def _check_keys(values: Any, where: str, path: str) -> None:
    """YAML reads `yes`, `1` and `2024-05-01` as other things than names, and pydantic would name no file."""
    for key, value in values.items() if isinstance(values, dict) else ():
        if not isinstance(key, str):
            raise InputError(f"{where}: {path or 'it'} has the key {key!r}, which is no text to YAML; put it in quotes")
        _check_keys(value, where, f"{path}.{key}".lstrip("."))
    for value in values if isinstance(values, list) else ():
        _check_keys(value, where, path)
