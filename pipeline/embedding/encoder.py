"""A sentence-embedding model, found by name and understood before anything is computed with it.

What is understood: a transformer that `AutoModel` loads, alone or in a folder of sentence-transformers (any version)
whose other modules are a Pooling by `mean`, `cls` or `lasttoken` and a Normalize. Anything else (Dense, several
poolings, code of the model's own) is refused: vectors made otherwise than in training would still look right.
"""

import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from pipeline.errors import InputError
from pipeline.finetune.base_model import TOKENIZERS, WEIGHTS, fingerprint, in_short

Pooling = Literal["mean", "cls", "lasttoken"]

POOLINGS: tuple[Pooling, ...] = ("mean", "cls", "lasttoken")
LEGACY = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_lasttoken": "lasttoken",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
}
"""How sentence-transformers before version 6 wrote the pooling: one switch for each."""
LONGEST = 8192
"""Tokens of a text that are read at most, where a model sets no limit of its own."""
FETCHED = ("*.safetensors", "*.json", "*.txt", "*.model")


@dataclass(frozen=True, slots=True)
class Encoder:
    """Where a model lies and how its vectors are made: of the first `tokens` tokens of `prompt` and text."""

    name: str
    path: str
    fingerprint: str
    pooling: Pooling
    tokens: int
    lower_case: bool = False
    prompt: str = ""

    def described(self) -> dict[str, Any]:
        return {"model": self.name, "pooling": self.pooling, "tokens": self.tokens, "fingerprint": self.fingerprint}


def find_encoder(name: str, *, where: str = "--embed") -> Encoder:
    """The model of a local folder, or of the Hugging Face hub or its local cache.

    Loads no weights. Raises InputError, which names the option or setting `where` the model was given, when there is no
    such model, when it has no tokenizer or weights, or when its vectors are made in a way that is not understood.
    """
    folder = _folder(name, where)
    modules = _modules(folder)
    transformer = folder / modules["Transformer"]
    _require_files(transformer)
    pooling = _pooling(folder / modules["Pooling"]) if "Pooling" in modules else "mean"
    own = _read(transformer / "sentence_bert_config.json")
    return Encoder(
        name=name,
        path=str(transformer),
        fingerprint=fingerprint(transformer),
        pooling=pooling,
        tokens=_tokens(transformer, own.get("max_seq_length")),
        lower_case=bool(own.get("do_lower_case")),
        prompt=_prompt(folder),
    )


def found_here(encoder: Encoder) -> Encoder:
    """The same model on this machine, which may have to fetch it by its name.

    Raises InputError when there is none, or another under its name.
    """
    if Path(encoder.path).is_dir():
        return encoder
    found = find_encoder(encoder.name, where=f"the embedding model on {socket.gethostname()}")
    if found.fingerprint != encoder.fingerprint:
        raise InputError(f"{found.path}: is another model than {encoder.name} on the driver; bring both to one version")
    return found


def _folder(name: str, where: str) -> Path:
    folder = Path(name).expanduser()
    if name.strip() and folder.is_dir():
        return folder.resolve()
    if name.startswith(("/", ".", "~")) or not name.strip():
        raise InputError(f"{where}: there is no folder {name!r}; give a folder with an embedding model, or a hub name")
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=list(FETCHED)))
    except Exception as error:  # the hub's own exceptions, and whatever a broken connection raises
        raise InputError(
            f"{where}: {name!r} is neither a folder here nor to be had from the hub ({type(error).__name__}: "
            f"{in_short(error)}); give a folder, or fetch the model first where there is a network"
        ) from error


def _modules(folder: Path) -> dict[str, str]:
    """The modules of a sentence-transformers folder by class, each with its subfolder; a plain model has one."""
    file = folder / "modules.json"
    if not file.is_file():
        return {"Transformer": ""}
    listed = _read(file, list)
    kinds = [str(each.get("type", "")).rpartition(".")[2] for each in listed]
    if unknown := [kind for kind in kinds if kind not in ("Transformer", "Pooling", "Normalize")]:
        raise InputError(
            f"{file}: has a module {unknown[0]!r}, which is not supported (Transformer, Pooling and Normalize are); "
            "take a model without it"
        )
    if kinds[:1] != ["Transformer"] or len(set(kinds)) != len(kinds):
        raise InputError(
            f"{file}: lists the modules {', '.join(kinds) or 'none'}, not a Transformer and what follows it "
            "once each; take another model"
        )
    return {kind: str(each.get("path", "")) for kind, each in zip(kinds, listed, strict=True)}


def _pooling(folder: Path) -> Pooling:
    file = folder / "config.json"
    found = _read(file)
    chosen = found.get("pooling_mode") or [mode for key, mode in LEGACY.items() if found.get(key)] or ["mean"]
    modes = [chosen] if isinstance(chosen, str) else list(chosen)
    if len(modes) != 1 or modes[0] not in POOLINGS:
        raise InputError(
            f"{file}: pools by {', '.join(map(str, modes))}, which is not supported; take a model that pools by one of "
            f"{', '.join(POOLINGS)}"
        )
    if found.get("include_prompt") is False:
        raise InputError(f"{file}: leaves the prompt out of the pooling, which is not supported; take another model")
    return cast(Pooling, modes[0])


def _require_files(folder: Path) -> None:
    if not (folder / "config.json").is_file():
        raise InputError(
            f"{folder}: holds no config.json, so it is no model; give the folder that save_pretrained wrote"
        )
    if not any((folder / name).is_file() for name in WEIGHTS):
        raise InputError(f"{folder}: holds no weights (model.safetensors); save the whole model there")
    if not any((folder / name).is_file() for name in TOKENIZERS):
        raise InputError(f"{folder}: holds no tokenizer (tokenizer.json); save it there with tokenizer.save_pretrained")
    if _read(folder / "config.json").get("is_encoder_decoder"):
        raise InputError(
            f"{folder}: is an encoder with a decoder, which is not supported; take a model of an encoder alone"
        )


def _tokens(folder: Path, own: Any) -> int:
    """What the model itself says, else what its tokenizer and its positions allow."""
    said = [own, _read(folder / "tokenizer_config.json").get("model_max_length")]
    said.append(_read(folder / "config.json").get("max_position_embeddings"))
    allowed = [int(value) for value in said if isinstance(value, int | float) and 0 < value < 1e9]
    return int(own) if isinstance(own, int) and own > 0 else min([*allowed, LONGEST])


def _prompt(folder: Path) -> str:
    """What sentence-transformers puts before every text unless it is told otherwise."""
    file = folder / "config_sentence_transformers.json"
    found = _read(file)
    name = found.get("default_prompt_name")
    return str((found.get("prompts") or {})[name]) if name in (found.get("prompts") or {}) else ""


def _read(file: Path, kind: type = dict) -> Any:
    """The JSON of a file; an empty value where there is none."""
    try:
        found = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else kind()
        if not isinstance(found, kind):
            raise ValueError(f"it holds no {'object' if kind is dict else 'list'}")
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: cannot be read ({error}); save the model again") from error
    return found
