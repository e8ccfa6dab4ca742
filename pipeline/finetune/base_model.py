"""The base model that a student grows from: found by name, checked before anything is trained, and known again.

What would fail after minutes on a cluster is looked at first: files, chat template, context, and the layer widths that
4-bit weights on a CPU cannot hold.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.canonical import content_hash
from pipeline.errors import InputError
from pipeline.finetune.pocket import MODEL_DIR

POCKET = "pocket"
INPUTS, OUTPUTS = 64, 32
"""What a layer's widths must be multiples of for bitsandbytes' packed CPU kernels (0.50, functional.py: "N must be
divisible by block_n", and whole blocks of 64 weights a row). CPUs without AVX512-BF16 do not use them, but a run shall
not depend on which node it meets.
"""
LONGEST = 4096
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt")
TEXTS = (
    *("config.json", *TOKENIZERS, "merges.txt", "chat_template.jinja"),
    *("tokenizer_config.json", "generation_config.json"),  # where the end tokens stand
)
"""Beside the weights, what shapes a model's answers."""
NO_TEMPLATE = "has no chat template, so it cannot be asked; take an instruction-tuned model, or add one"
SAMPLE = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]


@dataclass(frozen=True, slots=True)
class BaseModel:
    """Where a base model lies, what identifies it, and how many tokens it takes."""

    name: str
    path: str
    fingerprint: str
    context: int


def find_base(name: str, where: str = "finetune.model") -> BaseModel:
    """The model that `where` names; a name that is no folder here is fetched from the hub.

    Raises InputError when it lacks weights, tokenizer or chat template.
    """
    path = folder_of(name, where)
    require_files(path)
    context = int(read_config(path).get("max_position_embeddings") or LONGEST)
    tokenizer = load_tokenizer(str(path))
    return BaseModel(name, str(path), fingerprint(path), min(context, int(tokenizer.model_max_length)))


def folder_of(name: str, where: str = "finetune.model") -> Path:
    return folder_here(name, where) or fetched(name, where)


def folder_here(name: str, where: str) -> Path | None:
    """Null for a name that may be on the hub. Raises InputError for a path that is no folder."""
    if name == POCKET:
        return MODEL_DIR
    folder = Path(name)
    if folder.is_dir():
        return folder.resolve()
    if name.startswith(("/", ".", "~")):
        raise InputError(f"{where}: there is no folder {name}; give a folder with a model, a hub name, or pocket")
    return None


def fetched(name: str, where: str) -> Path:
    from huggingface_hub import snapshot_download

    patterns = ["*.safetensors", "*.json", "*.jinja", "*.model", "*.txt"]
    try:
        return Path(snapshot_download(name, allow_patterns=patterns))
    except Exception as error:  # the hub's own exceptions, and whatever a broken connection raises
        raise not_to_be_had(name, where, error) from error


def not_to_be_had(name: str, where: str, error: Exception) -> InputError:
    return InputError(
        f"{where}: {name!r} is neither a folder here nor to be had from the hub ({type(error).__name__}: "
        f"{in_short(error)}); give a folder that begins with ./ or /, or fetch the model first where there is a "
        "network"
    )


def require_files(path: Path) -> None:
    if not (path / "config.json").is_file():
        raise InputError(f"{path}: holds no config.json, so it is no model; give the folder that save_pretrained wrote")
    if not any((path / name).is_file() for name in WEIGHTS):
        raise InputError(f"{path}: holds no weights (model.safetensors); save the whole model there")
    if not any((path / name).is_file() for name in TOKENIZERS):
        raise InputError(f"{path}: holds no tokenizer (tokenizer.json); save it there with tokenizer.save_pretrained")


def read_config(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((path / "config.json").read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError("it is no JSON object")
    except (OSError, ValueError) as error:
        raise InputError(f"{path / 'config.json'}: cannot be read ({error}); save the model again") from error
    return found


def load_tokenizer(path: str) -> Any:
    """The tokenizer, proved to have a chat template that takes a question and an answer."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(path)
    except Exception as error:
        raise InputError(f"{path}: its tokenizer cannot be loaded ({in_short(error)}); save it again") from error
    if not tokenizer.chat_template:
        raise InputError(f"{path}: {NO_TEMPLATE}")
    if tokenizer.eos_token_id is None:
        raise InputError(f"{path}: its tokenizer has no end token, so answers would never end; set eos_token")
    try:
        tokenizer.apply_chat_template(SAMPLE, tokenize=False)
    except Exception as error:
        raise InputError(f"{path}: its chat template fails on a plain question ({error}); mend it") from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def in_short(error: Exception) -> str:
    """What a library says, as part of one line: some write paragraphs."""
    return " ".join(str(error).split())[:200]


def fingerprint(path: Path) -> str:
    """What tells one model from another without reading all of it: its configuration, tokenizer, and each weight
    file's size, beginning and end.
    """
    texts = [path / name for name in TEXTS if (path / name).is_file()]
    weights = sorted([*path.glob("*.safetensors"), *path.glob("pytorch_model*.bin")])
    return content_hash({file.name: _digest(file, 2**20) for file in [*texts, *weights]})


def _digest(file: Path, ends: int) -> list[Any]:
    size = file.stat().st_size
    with file.open("rb") as handle:
        hashed = hashlib.sha256(handle.read(ends))
        handle.seek(max(size - ends, 0))
        hashed.update(handle.read(ends))
    return [size, hashed.hexdigest()]


def refuse_widths(path: str) -> None:
    """Raises InputError for layers whose widths 4-bit weights on a CPU cannot hold, and for what is no causal model.

    Loads no weights.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    try:
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(path))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"{path}: is no causal language model that transformers knows ({in_short(error)}); take another"
        ) from error
    head = model.get_output_embeddings()
    widths = {name: tuple(layer.weight.shape) for name, layer in model.named_modules() if _quantised(layer, head)}
    refuse_odd(path, widths)


def refuse_odd(path: str, widths: Mapping[str, tuple[int, int]]) -> None:
    if odd := odd_widths(widths):
        shown = "; ".join(f"{name} {width[1]} -> {width[0]}" for name, width in list(odd.items())[:3])
        raise InputError(
            f"{path}: {len(odd)} layers have widths that 4-bit weights on a CPU cannot hold ({shown}: inputs must be "
            f"multiples of {INPUTS}, outputs of {OUTPUTS}); set finetune.four_bit=false, train on a GPU, or take "
            "another model"
        )


def _quantised(layer: Any, head: Any) -> bool:
    import torch

    return isinstance(layer, torch.nn.Linear) and layer is not head


def odd_widths(widths: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """The layers (output, input) that do not fit.

    >>> odd_widths({"up": (336, 128), "down": (128, 336), "out": (128, 128)})
    {'up': (336, 128), 'down': (128, 336)}
    """
    return {name: width for name, width in widths.items() if width[0] % OUTPUTS or width[1] % INPUTS}
