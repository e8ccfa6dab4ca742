"""The recipe: all that shapes a student, resolved from the settings, as plain values that any worker can be sent."""

from dataclasses import dataclass
from math import ceil
from typing import Any

from pipeline.config import Finetune
from pipeline.errors import InputError
from pipeline.finetune.base_model import LONGEST, POCKET, BaseModel

RATE, POCKET_RATE = 2e-4, 2e-3


@dataclass(frozen=True, slots=True)
class Recipe:
    """QLoRA on one base model. `batch` rows make a step, whoever holds them; `accumulation` is the number of times that
    each of `workers` comes round for it.
    """

    base: str
    base_fingerprint: str
    four_bit: bool
    rank: int
    alpha: int
    dropout: float
    learning_rate: float
    epochs: float
    batch: int
    device_batch: int
    accumulation: int
    workers: int
    max_length: int
    checkpoints: int
    seed: int
    gpu: bool
    thinking: bool = False


def resolve(settings: Finetune, base: BaseModel, *, workers: int, gpu: bool) -> Recipe:
    """Raises InputError when the rows of a step cannot be shared out among the workers, or max_length is beyond the
    model.
    """
    if settings.batch % workers:
        raise InputError(
            f"finetune.batch: {settings.batch} rows a step cannot be shared by {workers} workers; make it a "
            "multiple, or "
            "set cluster.training_workers"
        )
    share = settings.batch // workers
    rounds = ceil(share / settings.device_batch)
    while share % rounds:
        rounds += 1
    return Recipe(
        base=base.path,
        base_fingerprint=base.fingerprint,
        four_bit=settings.four_bit,
        rank=settings.rank,
        alpha=settings.alpha,
        dropout=settings.dropout,
        learning_rate=settings.learning_rate or (POCKET_RATE if base.name == POCKET else RATE),
        epochs=settings.epochs,
        batch=settings.batch,
        device_batch=share // rounds,
        accumulation=rounds,
        workers=workers,
        max_length=max_length(settings, base),
        checkpoints=settings.checkpoints,
        seed=settings.seed,
        gpu=gpu,
        thinking=settings.thinking,
    )


def max_length(settings: Finetune, base: BaseModel) -> int:
    """The most tokens that a row may have. Raises InputError when that is more than the model takes."""
    if settings.max_length is not None and settings.max_length > base.context:
        raise InputError(
            f"finetune.max_length: {settings.max_length} is more than the {base.context} tokens that {base.name} "
            "takes; "
            "lower it"
        )
    return settings.max_length or min(base.context, LONGEST)


def precision(gpu: bool, *, four_bit: bool = True) -> Any:
    """What is computed in: bfloat16 on a GPU that has it; on older ones float16 for 4-bit weights, and float32 for
    whole ones, as float16 overflows in models that were made in bfloat16; on a CPU float32, which needs no instructions
    that few have.
    """
    import torch

    if not gpu:
        return torch.float32
    if torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.bfloat16
    return torch.float16 if four_bit else torch.float32
