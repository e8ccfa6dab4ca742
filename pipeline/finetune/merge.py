"""The merged model: the adapter added into the whole base, for servers that take no adapters.

The adapter was fitted to 4-bit weights; adding it to others is a new model, which has to be evaluated for itself.
"""

import shutil
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.finetune.base_model import in_short, load_tokenizer
from pipeline.finetune.loading import ORIGIN, load_base, load_student, origin_of, quiet_libraries
from pipeline.run_dir import write_json


def merge(base_path: str, adapter: Path, target: Path) -> None:
    """Writes a whole model to `target`, or nothing. Runs on the CPU of this machine, computes in float32 and writes in
    the precision in which the base was saved.

    Raises InputError when the adapter is of another base, or the disk is full.
    """
    from safetensors import SafetensorError

    model = load_student(load_base(base_path, four_bit=False, gpu=False), adapter, base_path)
    unfinished = target.with_name(".merged.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        with quiet_libraries():
            model.merge_and_unload(safe_merge=True).to(saved_in(base_path)).save_pretrained(unfinished)
            load_tokenizer(base_path).save_pretrained(unfinished)
        write_json(unfinished / ORIGIN, {**origin_of(adapter), "four_bit": False})
    except (OSError, SafetensorError) as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise InputError(
            f"{target}: cannot be written ({in_short(error)}); free disk space, then run the same command again"
        ) from error
    shutil.rmtree(target, ignore_errors=True)
    unfinished.rename(target)


def saved_in(base_path: str) -> Any:
    """The precision of a model's weights by its configuration; float32 where that does not say."""
    import torch
    from transformers import AutoConfig

    found = AutoConfig.from_pretrained(base_path).get_text_config().dtype or torch.float32
    return getattr(torch, found) if isinstance(found, str) else found
