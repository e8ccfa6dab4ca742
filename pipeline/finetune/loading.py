"""Models in memory: the base in 4-bit or whole, and a student on it, for training and for being asked alike; and what
the libraries that do it are kept from.
"""

import contextlib
import json
import logging
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.finetune.base_model import fingerprint, in_short
from pipeline.finetune.memory import enough_memory, out_of_memory
from pipeline.finetune.recipe import precision

UNPACKED = 10**9
"""Parameters up to which 4-bit weights are unpacked on a CPU: 4 GB of memory."""
ORIGIN = "seedwright.json"
"""Beside an adapter, and in a merged model: which base it belongs to, and how it is to be asked. PEFT itself only notes
a path, where another model may lie by now.
"""


def load_base(path: str, *, four_bit: bool, gpu: bool) -> Any:
    """The causal model of a folder: NF4 with double quantisation (https://arxiv.org/abs/2305.14314, section 3), or
    whole; on a GPU in half precision where it can, on a CPU in float32.

    Raises InputError when it cannot be loaded, or is too large for the memory that there is.
    """
    spare_compiler(gpu)
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    device = {"": f"cuda:{torch.cuda.current_device()}" if gpu else "cpu"}
    compute = precision(gpu, four_bit=four_bit)
    config = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute,
    )
    smaller = "take a smaller model" if four_bit else "take a smaller model, or set finetune.four_bit=true"
    with quiet_libraries(), enough_memory(f"{path}: its weights", smaller):
        try:
            return AutoModelForCausalLM.from_pretrained(
                path, quantization_config=config if four_bit else None, dtype=compute, device_map=device
            )
        except (OSError, ValueError, RuntimeError, SafetensorError) as error:
            if out_of_memory(error):
                raise
            raise InputError(
                f"{path}: cannot be loaded ({in_short(error)}); save the model again, or take another"
            ) from error


def spare_compiler(gpu: bool) -> None:
    """Without torch's compiler on a CPU, where nothing here is compiled: bitsandbytes would load it, for three seconds
    in every worker. To be called before anything imports that.
    """
    if not gpu:
        os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")


def unpacked(network: Any) -> Any:
    """A 4-bit network on a CPU with its weights as the numbers that they stand for, which it would otherwise work out
    anew for every token. It answers the same; a network too large for that is left as it is.
    """
    if not getattr(network, "is_loaded_in_4bit", False) or network.device.type != "cpu":
        return network
    return network.dequantize() if network.num_parameters() <= UNPACKED else network


def load_student(base: Any, adapter: Path, base_path: str) -> Any:
    """The base with the adapter on it. Raises InputError when the adapter was trained on another base."""
    from peft import PeftModel
    from safetensors import SafetensorError

    refuse_other_base(adapter, base_path)
    with quiet_libraries():
        try:
            return PeftModel.from_pretrained(base, str(adapter))
        except (OSError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
            raise InputError(
                f"{adapter}: does not fit on {base_path} ({in_short(error)}); give the base it was trained on"
            ) from error


def origin_of(adapter: Path) -> dict[str, Any]:
    """The note of a student; empty where there is none. Raises InputError for one that cannot be read."""
    try:
        origin = json.loads((adapter / ORIGIN).read_text(encoding="utf-8"))
        if not isinstance(origin, dict):
            raise ValueError("it is no JSON object")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InputError(f"{adapter / ORIGIN}: cannot be read ({error}); fine-tune again") from error
    return origin


def refuse_other_base(adapter: Path, base_path: str) -> None:
    """Raises InputError when the adapter was trained on another base, or the files of its own have changed since."""
    origin = origin_of(adapter)
    if not origin or origin.get("base_fingerprint") == fingerprint(Path(base_path)):
        return
    trained_on = str(origin.get("base"))
    if Path(trained_on).resolve() == Path(base_path).resolve():
        raise InputError(
            f"{adapter}: the files of its base {base_path} (weights, tokenizer or configuration) have changed since it "
            "was trained; restore them, or fine-tune again"
        )
    raise InputError(
        f"{adapter}: was trained on another base ({trained_on}) than {base_path}; give that one, or fine-tune again"
    )


@contextlib.contextmanager
def quiet_libraries() -> Iterator[None]:
    """Without the bars of transformers, and bitsandbytes' advice to fetch CPU kernels, which it does without."""
    from transformers.utils import logging as transformers_logging

    logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def answers_alone() -> Iterator[None]:
    """Has TRL (1.16, trainer/utils.py) put no token through the output layer whose loss does not count, as it does on
    GPUs by itself; elsewhere it would put all through it, and leave those of the prompts out of the sum.
    """
    from trl.trainer import utils

    theirs = getattr(utils, "_use_triton", None)
    if theirs is None:
        yield
        return
    utils._use_triton = lambda _: True
    try:
        yield
    finally:
        utils._use_triton = theirs
