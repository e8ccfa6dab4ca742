"""The settings' layers: task.yaml, a --config file and --set pairs, merged and checked together.

>>> parse_pair("teacher.model=claude-haiku-5-5")
{'teacher': {'model': 'claude-haiku-5-5'}}
"""

import os
import re
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from pipeline.config import Settings
from pipeline.errors import InputError
from pipeline.generate.matrix_names import misnamed
from pipeline.spelling import meant
from pipeline.strict_yaml import parse

BUILT_IN = Path(__file__).parent / "tasks"
PATHS = {
    "seeds": {"path"},
    "real": {"path", "calibration", "dev", "final"},
    "teacher": {"prices"},
    "generation": {"asides"},
    "": {"schema", "guidelines", "passes", "student_prompt", "normalise", "verify"},
}
MODELS = {"finetune": "model", "dedup": "embedding", "contamination": "embedding"}
LIKE_A_PATH = (".", "/", "~", "$")
"""How a model that is a folder begins; other spellings are names."""
SHORT = 8
"""Characters below which nothing that was pasted is a key to a teacher."""
READ_AS = {bool: "a truth value", int: "a number", float: "a number", date: "a date", datetime: "a date"}
"""What YAML makes of words that were meant as text."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One source of settings and the name by which a mistake in it is reported."""

    name: str
    values: dict[str, Any]


def load_settings(task: str, config: Path | None = None, pairs: Iterable[str] = ()) -> tuple[Settings, Path]:
    """The settings of a run and its task folder. Raises InputError that lists every mistake, each with its source."""
    folder = task_folder(task)
    layers = [read_layer(folder / "task.yaml")]
    if config is not None:
        layers.append(read_layer(config))
    for pair in pairs:
        where = f"--set {pair.partition('=')[0]}"  # without the value: people paste keys
        layers.append(Layer(where, resolve_paths(parse_pair(pair), Path.cwd(), where)))
    return validate(layers), folder


def is_given(key: str, config: Path | None, pairs: Iterable[str]) -> bool:
    """Whether a setting was given with the command itself, and not by the task alone."""
    given = [*([read_layer(config).values] if config else []), *map(parse_pair, pairs)]
    return any(_holds(values, key.split(".")) for values in given)


def task_folder(task: str) -> Path:
    """A task by folder or by built-in name; a folder that exists comes first."""
    folder = Path(task)
    if (folder / "task.yaml").is_file():
        return folder.resolve()
    built_in = sorted(path.parent.name for path in BUILT_IN.glob("*/task.yaml"))
    if task in built_in:
        return BUILT_IN / task
    if folder.is_dir():
        raise InputError(
            f"{folder}: holds no task.yaml; write one with `seedwright init`, or name a built-in task: "
            f"{', '.join(built_in)}"
        )
    near = meant(task, built_in)
    hint = f"did you mean {near}?" if near else f"built-in tasks are: {', '.join(built_in)}"
    raise InputError(f"{task}: is neither a task folder nor a built-in task; {hint}")


def read_layer(path: Path) -> Layer:
    try:
        values = parse(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        raise InputError(f"{path}:{line} is not YAML ({getattr(error, 'problem', error)}); mend that line") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: holds a value that YAML cannot read ({error}); put it in quotes") from error
    if values is None:
        raise InputError(f"{path}: holds no settings; write `key: value` lines")
    if not isinstance(values, dict):
        raise InputError(f"{path}: holds {type(values).__name__}, not settings; write `key: value` lines")
    return Layer(str(path), resolve_paths(values, path.parent, str(path)))


def parse_pair(pair: str) -> dict[str, Any]:
    key, separator, text = pair.partition("=")
    if separator and not text.strip():
        raise InputError(f"--set {key}: is set to nothing; give a value, or null to take the setting away")
    if not separator or not all(key.split(".")):
        shown = key or f"={text if len(text) < SHORT else '…'}" if separator else re.split(r"[^\w.]", key)[0]
        raise InputError(f"--set {shown}: is not key=value; write for example --set filters.confidence=0.9")
    try:
        value = parse(text, f"--set {key}")
    except (yaml.YAMLError, ValueError, RecursionError):
        raise InputError(f"--set {key}: what it is set to is not a YAML value; put it in quotes") from None
    for name in reversed(key.split(".")):
        value = {name: value}
    return typing.cast(dict[str, Any], value)


def resolve_paths(values: dict[str, Any], folder: Path, where: str) -> dict[str, Any]:
    resolved = dict(values)
    for section, keys in PATHS.items():
        part = resolved if not section else resolved.get(section)
        if isinstance(part, dict):
            part = {key: _resolve(value, folder, where) if key in keys else value for key, value in part.items()}
            resolved = part if not section else {**resolved, section: part}
    for section, key in MODELS.items():
        part = resolved.get(section)
        model = part.get(key) if isinstance(part, dict) else None
        if isinstance(part, dict) and isinstance(model, str) and model.startswith(LIKE_A_PATH):
            resolved[section] = {**part, key: _resolve(model, folder, where)}
    return resolved


def _resolve(value: Any, folder: Path, where: str) -> Any:
    if isinstance(value, list):
        return [_resolve(one, folder, where) for one in value]
    if not isinstance(value, str):
        return value
    expanded = os.path.expandvars(value)
    if unset := re.search(r"\$\{?(\w+)", expanded):
        raise InputError(f"{where}: {value!r} names {unset[1]}, which is not set; export {unset[1]}=…")
    try:
        return str((folder / Path(expanded).expanduser()).resolve())
    except (RuntimeError, ValueError, OSError) as error:
        raise InputError(f"{where}: {value!r} is no path ({error}); write it out") from error


def merge(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """Lays `upper` over `lower`, section by section, so a weight of 0 takes a matrix value away."""
    merged = dict(lower)
    for key, value in upper.items():
        below = merged.get(key)
        merged[key] = merge(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def validate(layers: list[Layer]) -> Settings:
    values: dict[str, Any] = {}
    slips: list[str] = []
    for layer in layers:
        slips += _matrix_slips(values, layer)
        values = merge(values, layer.values)
    try:
        settings, problems = Settings.model_validate(values), []
    except ValidationError as error:
        settings, problems = None, error.errors()
    if settings and not slips:
        return settings
    misspelt = {(*problem["loc"][:-1], _meant_key(problem)) for problem in problems}
    told = [one for one in problems if one["type"] != "missing" or one["loc"] not in misspelt]
    raise InputError("\n".join([*(_explain(problem, layers) for problem in told), *slips]))


def _matrix_slips(below: dict[str, Any], layer: Layer) -> list[str]:
    lower, upper = below.get("matrix"), layer.values.get("matrix")
    return list(misnamed(lower, upper, layer.name)) if isinstance(lower, dict) and isinstance(upper, dict) else []


def _explain(problem: Any, layers: list[Layer]) -> str:
    location = [str(part) for part in problem["loc"]]
    where = next((layer.name for layer in reversed(layers) if _holds(layer.values, location)), layers[0].name)
    key = ".".join(location)
    if problem["type"] == "extra_forbidden":
        near = _meant_key(problem)
        did_you = f"did you mean {'.'.join([*location[:-1], near or ''])}?"
        known = f"known keys: {', '.join(known_keys(location[:-1]))}"
        return f"{where}: unknown setting {key}; {did_you if near else known}"
    if problem["type"] == "missing":
        return f"{where}: {key} is missing; add it"
    given = problem["input"]
    secret = any("key" in part.lower() or part == "base_url" for part in location)
    shown = "" if secret or isinstance(given, dict) else f" = {given if isinstance(given, date) else repr(given)}"
    return f"{where}: {key}{shown}: {_reason(problem)}" if key else f"{where}: {_reason(problem)}"


def _meant_key(problem: Any) -> str | None:
    """The known key that an unknown one was meant to be."""
    *section, key = map(str, problem["loc"] or ("",))
    return meant(key, known_keys(section)) if problem["type"] == "extra_forbidden" else None


def _reason(problem: Any) -> str:
    location = [str(part) for part in problem["loc"]]
    if problem["type"] == "string_type":
        kind = READ_AS.get(type(problem["input"]))
        return f"is {kind} to YAML, and text is wanted; put it in quotes" if kind else "should be text"
    if problem["type"] in ("dict_type", "model_type"):
        if location[0] == "matrix":
            return "should be a mapping, such as matrix: {register: {formal: 1}}"
        known = ", ".join(known_keys(location))
        return f"should be a mapping; write `key: value` lines below it{f' (keys: {known})' if known else ''}"
    return str(problem["msg"]).removeprefix("Value error, ")


def _holds(values: Any, location: list[str]) -> bool:
    for part in location:
        if isinstance(values, list):
            return True
        if not isinstance(values, dict) or part not in values:
            return False
        values = values[part]
    return True


def known_keys(location: list[str]) -> list[str]:
    """The keys that the section at `location` takes."""
    model: Any = Settings
    for part in location:
        field = next((f for name, f in model.model_fields.items() if part in (name, f.alias)), None)
        model = _model_in(field.annotation) if field else None
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> Any:
    """The model that a setting holds, also where it may be null."""
    return next((one for one in typing.get_args(annotation) if hasattr(one, "model_fields")), annotation)
