"""What a base model's files alone say of it, so that a mistake shows before the samples are paid for.

Loads no library that loads models, and fetches nothing: `check` does without either.
"""

import json
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.finetune.base_model import (
    NO_TEMPLATE,
    fetched,
    folder_here,
    not_to_be_had,
    read_config,
    refuse_odd,
    require_files,
)

TEMPLATES = ("chat_template.jinja", "chat_template.json")
LINEAR = "q_proj k_proj v_proj o_proj qkv_proj gate_proj up_proj gate_up_proj down_proj".split()
"""What Llama and its relatives call their linear layers; of other models the widths are looked at when they are loaded.
"""


def look_at(name: str, where: str) -> Path | None:
    """The folder of the model that `where` names; null for a name that is still to be fetched.

    Raises InputError for what `find_base` would refuse later, as far as files show it.
    """
    folder = folder_here(name, where) or _of_the_hub(name, where)
    if folder is not None:
        require_files(folder)
        read_config(folder)
        _require_template(folder)
    return folder


def _of_the_hub(name: str, where: str) -> Path | None:
    """Raises InputError for a name that no model can have, and where the hub is not asked, for one that is not here."""
    from huggingface_hub import constants
    from huggingface_hub.utils import HFValidationError, validate_repo_id

    try:
        validate_repo_id(name)
    except HFValidationError as error:
        raise not_to_be_had(name, where, error) from error
    return fetched(name, where) if constants.HF_HUB_OFFLINE else None


def _require_template(folder: Path) -> None:
    if any((folder / name).is_file() for name in TEMPLATES):
        return
    file = folder / "tokenizer_config.json"
    try:
        found = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: cannot be read ({error}); save the tokenizer again") from error
    if not found.get("chat_template"):
        raise InputError(f"{folder}: {NO_TEMPLATE}")


def look_at_widths(folder: Path) -> None:
    """Raises InputError for layers that 4-bit weights on a CPU cannot hold, by the shapes of the stored weights."""
    shapes = {name: tuple(shape) for file in sorted(folder.glob("*.safetensors")) for name, shape in _shapes(file)}
    parts = {name: name.removesuffix(".weight").split(".") for name in shapes if name.endswith(".weight")}
    linear = [name for name, part in parts.items() if part[-1] in LINEAR and "experts" not in part]
    refuse_odd(str(folder), {".".join(parts[name]): shapes[name] for name in linear if len(shapes[name]) == 2})


def _shapes(file: Path) -> list[tuple[str, Any]]:
    """A safetensors file begins with the length of its header and the header, which is JSON; a torn one is told when it
    is loaded.
    """
    try:
        with file.open("rb") as handle:
            length = int.from_bytes(handle.read(8), "little")
            header = json.loads(handle.read(length)) if length < file.stat().st_size else {}
        return [(name, entry["shape"]) for name, entry in header.items() if name != "__metadata__"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
