"""The settings' layers: task.yaml, a --config file and --set pairs, merged and checked together.

>>> parse_pair("teacher.model=claude-haiku-5-5")
{'teacher': {'model': 'claude-haiku-5-5'}}
"""

import difflib
import os
import re
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from pipeline.config import Settings
from pipeline.errors import InputError

BUILT_IN = Path(__file__).parent / "tasks"
PATHS = {
    "seeds": {"path"},
    "real": {"path", "calibration", "dev", "final"},
    "": {"schema", "guidelines", "passes", "student_prompt", "normalise", "verify"},
}
LIKE_A_PATH = (".", "/", "~", "$")
"""How a model that is a folder begins; other spellings are names."""


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
    near = difflib.get_close_matches(task, built_in, 1)
    hint = f"did you mean {near[0]}?" if near else f"built-in tasks are: {', '.join(built_in)}"
    raise InputError(f"{task}: is neither a task folder nor a built-in task; {hint}")


def read_layer(path: Path) -> Layer:
    try:
        values = _parsed(path.read_text(encoding="utf-8"), str(path))
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
    if not isinstance(values, dict):
        raise InputError(f"{path}: holds {type(values).__name__}, not settings; write `key: value` lines")
    return Layer(str(path), resolve_paths(values, path.parent, str(path)))


def _parsed(text: str, where: str) -> Any:
    values = yaml.safe_load(text)
    _check_keys(values, where, "")
    return values


def _check_keys(values: Any, where: str, path: str) -> None:
    """YAML reads `yes`, `1` and `2024-05-01` as other things than names, and pydantic would name no file."""
    for key, value in values.items() if isinstance(values, dict) else ():
        if not isinstance(key, str):
            raise InputError(f"{where}: {path or 'it'} has the key {key!r}, which is no text to YAML; put it in quotes")
        _check_keys(value, where, f"{path}.{key}".lstrip("."))
    for value in values if isinstance(values, list) else ():
        _check_keys(value, where, path)


def parse_pair(pair: str) -> dict[str, Any]:
    key, separator, text = pair.partition("=")
    if separator and not text.strip():
        raise InputError(f"--set {key}: is set to nothing; give a value, or null to take the setting away")
    if not separator or not all(key.split(".")):
        shown = key if separator else re.split(r"[^\w.]", key)[0]
        raise InputError(f"--set {shown}: is not key=value; write for example --set filters.confidence=0.9")
    try:
        value = _parsed(text, f"--set {key}")
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
    return _with_model_folder(resolved, folder, where)


def _with_model_folder(values: dict[str, Any], folder: Path, where: str) -> dict[str, Any]:
    part = values.get("finetune")
    model = part.get("model") if isinstance(part, dict) else None
    if not isinstance(part, dict) or not isinstance(model, str) or not model.startswith(LIKE_A_PATH):
        return values
    return {**values, "finetune": {**part, "model": _resolve(model, folder, where)}}


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
    for layer in layers:
        values = merge(values, layer.values)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        mistakes = [_explain(problem, layers) for problem in error.errors()]
        raise InputError("\n".join(mistakes)) from None


def _explain(problem: Any, layers: list[Layer]) -> str:
    location = [str(part) for part in problem["loc"]]
    where = next((layer.name for layer in reversed(layers) if _holds(layer.values, location)), layers[0].name)
    key = ".".join(location)
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(location[-1], known_keys(location[:-1]), 1, 0.5)
        hint = (
            f"did you mean {'.'.join([*location[:-1], near[0]])}?"
            if near
            else f"known keys: {', '.join(known_keys(location[:-1]))}"
        )
        return f"{where}: unknown setting {key}; {hint}"
    if problem["type"] == "missing":
        return f"{where}: {key} is missing; add it"
    message = str(problem["msg"]).removeprefix("Value error, ")
    secret = any("key" in part.lower() or part == "base_url" for part in location)
    shown = "" if secret or isinstance(problem["input"], dict) else f" = {problem['input']!r}"
    return f"{where}: {key}{shown}: {message}" if key else f"{where}: {message}"


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
        model = field.annotation if field else None
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return []
    return [field.alias or name for name, field in model.model_fields.items()]
