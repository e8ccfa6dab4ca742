"""A task: its settings, the texts of its folder, and the two functions that a folder may bring.

The texts travel with the settings, so a worker on another machine needs no copy of the folder; code is compiled where
it is used.
"""

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import jsonschema_rs

from pipeline.canonical import content_hash
from pipeline.config import Settings
from pipeline.errors import InputError

Verify = Callable[[str, dict[str, Any]], str | None]
RAISED = (Exception, SystemExit)
"""What a task's own code may raise; a script's `sys.exit` must not end the run in its own name."""
DEEPEST = 100
"""Levels of nesting that an answer may have; every reader, validator and encoder on its way takes more."""


@dataclass(frozen=True)
class TaskSource:
    """What makes a task, as plain values that any worker can be sent."""

    settings: Settings
    texts: dict[str, str] = field(hash=False)
    """By role (schema, guidelines, pass 0 and on, student_prompt, normalise, verify, asides)."""

    def fingerprint(self, roles: Iterable[str]) -> str:
        return content_hash({role: self.texts.get(role) for role in roles})


@dataclass(frozen=True, slots=True)
class Task:
    """A task ready for use in this process."""

    source: TaskSource
    schema: dict[str, Any]
    field_errors: Callable[[Any], list[tuple[str | None, str]]]
    """(field, what is wrong) for whatever does not fit the schema; None is the answer as a whole."""
    verify: Verify | None
    rules: ModuleType | None
    """The folder's normaliser: normalise(field, value), and where it has one grounded(field, value, text)."""

    @property
    def settings(self) -> Settings:
        return self.source.settings

    @property
    def fields(self) -> list[str]:
        return list(self.schema["properties"])

    def schema_errors(self, answer: Any) -> list[str]:
        return [message for _, message in self.field_errors(answer)]


def read_source(settings: Settings) -> TaskSource:
    """Reads the folder's texts. Raises InputError naming the file that is missing or not UTF-8."""
    roles = {
        "schema": settings.schema_path,
        "guidelines": settings.guidelines,
        "student_prompt": settings.student_prompt,
    }
    roles |= {f"pass {number}": path for number, path in enumerate(settings.passes)}
    roles |= {role: path for role in ("normalise", "verify") if (path := getattr(settings, role))}
    if settings.generation.asides:
        roles["asides"] = settings.generation.asides
    return TaskSource(settings, {role: _text(role, Path(path)) for role, path in roles.items()})


def _text(role: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # a byte order mark is no part of the text
    except OSError as error:
        raise InputError(f"{path}: {role} cannot be read ({error.strerror}); check the path in task.yaml") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}:{line}: is not UTF-8 (byte {error.start} of the file); save it as UTF-8") from error


def load_task(source: TaskSource) -> Task:
    """Raises InputError for a schema that is none, or code that does not import."""
    schema = _schema(source)
    validator = _validator(schema, source.settings.schema_path)
    rules = _module("normalise", source, "normalise")
    verifier = _module("verify", source, "verify")
    return Task(source, schema, lambda answer: _errors(validator, answer), getattr(verifier, "verify", None), rules)


def _errors(validator: Any, answer: Any) -> list[tuple[str | None, str]]:
    try:
        return [
            (
                str(error.instance_path[0]) if error.instance_path else None,
                f"{'.'.join(map(str, error.instance_path)) or 'answer'}: {error.message}",
            )
            for error in validator.iter_errors(answer)
        ]
    except ValueError as error:  # the validator has limits of its own, of nesting for one
        return [(None, f"answer: cannot be checked ({error})")]


def depth(value: Any) -> int:
    """Levels of nesting; counted level by level, so that no depth is too much.

    >>> depth("a"), depth({"a": [1]})
    (1, 3)
    """
    level, levels = [value], 0
    while level:
        levels += 1
        insides = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        level = [inner for inside in insides for inner in inside]
    return levels


NO_SCHEMA = (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError, TypeError)


def _validator(schema: dict[str, Any], where: str) -> Any:
    """What the meta-schema cannot see is found here: a reference to nothing, a pattern that is none. Nothing is
    fetched, since what lies elsewhere may be another thing tomorrow, and is in no fingerprint.
    """
    try:
        return jsonschema_rs.validator_for(schema, validate_formats=True, retriever=_nowhere)
    except NO_SCHEMA as error:
        raise _no_schema(where, error) from error


def _nowhere(uri: str) -> Any:
    raise LookupError(f"nothing is fetched, put {uri} under $defs")


def _no_schema(where: str, error: Exception) -> InputError:
    reason = getattr(error, "message", str(error))
    return InputError(f"{where}: is not a JSON Schema ({reason}); see https://json-schema.org")


def _schema(source: TaskSource) -> dict[str, Any]:
    where = source.settings.schema_path
    try:
        schema = json.loads(source.texts["schema"])
    except ValueError as error:
        raise InputError(f"{where}: is not JSON ({error}); mend it") from error
    if source.settings.kind == "classification":
        return _label_schema(schema, where)
    try:
        jsonschema_rs.meta.validate(schema)
    except NO_SCHEMA as error:
        raise _no_schema(where, error) from error
    if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict) or not schema["properties"]:
        raise InputError(f"{where}: describes no fields; give an object schema with `properties`")
    return schema


def _label_schema(labels: Any, where: str) -> dict[str, Any]:
    """Labels with their definitions, as the schema of the answer {"label": ...}."""
    if not isinstance(labels, dict) or len(labels) < 2 or not all(isinstance(text, str) for text in labels.values()):
        raise InputError(f'{where}: is no list of labels; give two or more as {{"label": "its definition"}}')
    described = "; ".join(f"{label}: {text}" for label, text in labels.items())
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["label"],
        "properties": {"label": {"enum": list(labels), "description": described}},
    }


def _module(role: str, source: TaskSource, function: str) -> ModuleType | None:
    """The folder's Python file as a module; run from its text, so that it works where the folder is not."""
    if role not in source.texts:
        return None
    where = getattr(source.settings, role)
    module = ModuleType(f"seedwright_task_{role}_{content_hash(source.texts[role])[:12]}")
    sys.modules[module.__name__] = module
    try:
        exec(_compiled(source.texts[role], where), module.__dict__)
    except RAISED as error:
        line = getattr(error, "lineno", None) or _line(error, where)
        raise InputError(f"{where}:{line or ''} does not import ({type(error).__name__}: {error}); mend it") from error
    if not callable(getattr(module, function, None)):
        raise InputError(f"{where}: defines no function {function}; see `seedwright init` for its form")
    return module


@lru_cache(maxsize=8)
def _compiled(text: str, where: str) -> CodeType:
    """Kept, since each stage loads its task anew, in every worker."""
    return compile(text, where, "exec")


def _line(error: BaseException, where: str) -> int | None:
    frames, line = error.__traceback__, None
    while frames:
        if frames.tb_frame.f_code.co_filename == where:
            line = frames.tb_lineno
        frames = frames.tb_next
    return line
