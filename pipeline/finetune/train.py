"""The training function: rows and a recipe in, an adapter out. TRL does the work; nothing here knows of a cluster.

Several processes may call it at once, each with its rank in the environment as torch.distributed wants it; the first of
them writes the files. Going on after a crash is calling it again with the last whole checkpoint.
"""

import hashlib
import json
import os
import shutil
import time
import warnings
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.errors import InputError, SeedwrightError
from pipeline.finetune.base_model import load_tokenizer
from pipeline.finetune.checkpoints import mark_complete, step_of, trim_log, without_validation
from pipeline.finetune.loading import ORIGIN, answers_alone, load_base, quiet_libraries, spare_compiler
from pipeline.finetune.memory import enough_memory
from pipeline.finetune.recipe import Recipe, precision
from pipeline.finetune.rows import template_options
from pipeline.run_dir import write_json

KEPT = 2
"""Checkpoints on disk: one whole and one being written."""


def train(
    recipe: Recipe,
    rows: pa.Table,
    validation: pa.Table | None,
    folder: Path,
    *,
    resume_from: Path | None = None,
    callbacks: Sequence[Any] = (),
) -> dict[str, Any]:
    """Writes `folder`/adapter, /training.jsonl and /checkpoints; returns steps, tokens and the last losses.

    `rows` and `validation` have the columns prompt and completion (lists of messages); every row is to fit into
    recipe.max_length. `callbacks` are transformers.TrainerCallback objects. Raises InputError when the loss is no
    number any more, or the adapter's weights are none, or the disk is full, or memory does not suffice.
    """
    spare_compiler(recipe.gpu)
    from safetensors import SafetensorError

    steps = total_steps(recipe, rows.num_rows)
    if first_rank():
        trim_log(folder / "training.jsonl", step_of(resume_from) if resume_from else 0)
    with warnings.catch_warnings(), quiet_libraries(), answers_alone(), _memory_for(recipe):
        trainer = _trainer(recipe, rows, validation, folder, steps, callbacks)
        try:
            result = trainer.train(resume_from_checkpoint=str(resume_from) if resume_from else None)
            _refuse_broken(trainer)
            _validate_the_end(trainer, folder / "training.jsonl")
            ranks = _same_on_all(trainer.model)
            if first_rank():
                _save_adapter(trainer, recipe, folder / "adapter")
        except (OSError, RuntimeError, SafetensorError) as error:
            if full := full_disk(error, folder):
                raise full from error
            raise
    losses = [line for line in trainer.state.log_history if "loss" in line or "eval_loss" in line]
    return {
        "steps": trainer.state.global_step,
        "epochs": trainer.state.epoch,
        "loss": next((line["loss"] for line in reversed(losses) if "loss" in line), None),
        "eval_loss": next((line["eval_loss"] for line in reversed(losses) if "eval_loss" in line), None),
        "tokens": trainer.state.num_input_tokens_seen,
        "train_seconds": round(result.metrics["train_runtime"], 2),
        "ranks": ranks,
    }


def _memory_for(recipe: Recipe) -> Any:
    return enough_memory(
        f"finetune.device_batch: {recipe.device_batch} rows of up to {recipe.max_length} tokens at a time",
        f"lower it, or finetune.max_length ({recipe.max_length}), or take a smaller model",
    )


def total_steps(recipe: Recipe, rows: int) -> int:
    return ceil(ceil(rows / recipe.batch) * recipe.epochs)


def first_rank() -> bool:
    return os.environ.get("RANK", "0") == "0"


def _trainer(
    recipe: Recipe,
    rows: pa.Table,
    validation: pa.Table | None,
    folder: Path,
    steps: int,
    callbacks: Sequence[Any],
) -> Any:
    from datasets import Dataset
    from peft import LoraConfig
    from trl import SFTTrainer

    def told(table: pa.Table) -> Any:
        options = pa.array([template_options(recipe.thinking)] * table.num_rows)
        return Dataset(table.select(["prompt", "completion"]).append_column("chat_template_kwargs", options))

    tested = validation is not None and validation.num_rows > 0
    trainer = SFTTrainer(
        model=load_base(recipe.base, four_bit=recipe.four_bit, gpu=recipe.gpu),
        args=_arguments(recipe, folder, steps, tested=tested),
        train_dataset=told(rows),
        eval_dataset=told(validation) if tested and validation is not None else None,
        processing_class=load_tokenizer(recipe.base),
        peft_config=LoraConfig(
            r=recipe.rank,
            lora_alpha=recipe.alpha,
            lora_dropout=recipe.dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        ),
        callbacks=[_log_writer(folder), *callbacks],
    )
    for weight in trainer.model.parameters():
        if weight.requires_grad:  # TRL makes them bfloat16, in which small steps of the optimizer vanish
            weight.data = weight.data.float()
    trainer.remove_callback(_printer())
    return trainer


def _arguments(recipe: Recipe, folder: Path, steps: int, *, tested: bool) -> Any:
    import torch
    from trl import SFTConfig

    computed = precision(recipe.gpu, four_bit=recipe.four_bit)
    return SFTConfig(
        output_dir=str(folder / "checkpoints"),
        max_length=recipe.max_length,
        completion_only_loss=True,
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.device_batch,
        per_device_eval_batch_size=recipe.device_batch,
        gradient_accumulation_steps=recipe.accumulation,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=min(ceil(0.03 * steps), steps - 1),  # the first step of a warm-up is one of nothing
        activation_checkpointing=recipe.gpu,
        bf16=computed == torch.bfloat16,
        fp16=computed == torch.float16,
        use_cpu=not recipe.gpu,
        dataloader_pin_memory=recipe.gpu,
        ddp_find_unused_parameters=False,
        eval_strategy="epoch" if tested else "no",
        save_strategy="steps",
        save_steps=ceil(steps / recipe.checkpoints),
        save_total_limit=KEPT,
        logging_steps=1,
        logging_nan_inf_filter=False,
        include_num_input_tokens_seen="non_padding",
        disable_tqdm=True,
        report_to="none",
        seed=recipe.seed,
    )


def _printer() -> Any:
    from transformers import PrinterCallback

    return PrinterCallback


def _log_writer(folder: Path) -> Any:
    """The callback that writes the loss down, stops when it is no number, and marks whole checkpoints."""
    from transformers import TrainerCallback

    started, log = time.monotonic(), folder / "training.jsonl"

    class LogWriter(TrainerCallback):  # type: ignore[misc]
        def on_log(self, args: Any, state: Any, _: Any, logs: dict[str, Any] | None = None, **__: Any) -> None:
            line = _line(state, logs or {}, time.monotonic() - started)
            if line is None:
                return
            for name in ("loss", "eval_loss"):
                if name in line and not line[name] - line[name] == 0:
                    raise InputError(
                        f"finetune: {name} is {line[name]} at step {state.global_step} of {state.max_steps}; lower "
                        f"finetune.learning_rate ({args.learning_rate:g}) and run again"
                    )
            if state.is_world_process_zero:
                log.parent.mkdir(parents=True, exist_ok=True)
                with log.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")

        def on_save(self, args: Any, state: Any, _: Any, **__: Any) -> None:
            if state.is_world_process_zero:
                mark_complete(Path(args.output_dir), state.global_step)

    return LogWriter()


def _line(state: Any, logs: dict[str, Any], seconds: float) -> dict[str, Any] | None:
    names = {
        "loss": "loss",
        "eval_loss": "eval_loss",
        "learning_rate": "learning_rate",
        "num_input_tokens_seen": "tokens",
    }
    names |= {"mean_token_accuracy": "token_accuracy", "eval_mean_token_accuracy": "eval_token_accuracy"}
    found = {ours: logs[theirs] for theirs, ours in names.items() if theirs in logs}
    if not {"loss", "eval_loss"} & found.keys():
        return None
    at = {"step": state.global_step, "of": state.max_steps, "epoch": state.epoch}
    return {**at, **found, "seconds": round(seconds, 2)}


def _validate_the_end(trainer: Any, log: Path) -> None:
    """Takes the validation loss after the last step where it is missing: a checkpoint at the end of an epoch is saved
    before the epoch's validation, and who goes on from the last one comes to no other.
    """
    step = trainer.state.global_step
    taken = any("eval_loss" in line and line["step"] == step for line in trainer.state.log_history)
    if trainer.eval_dataset is None or taken:
        return
    if first_rank():
        without_validation(log, step)
    trainer.evaluate()


def _refuse_broken(trainer: Any) -> None:
    """No loss is taken after the last step, so what that did is looked at here."""
    import torch

    if all(bool(torch.isfinite(weight).all()) for weight in trainer.model.parameters() if weight.requires_grad):
        return
    state = trainer.state
    raise InputError(
        f"finetune: the adapter holds no numbers after step {state.global_step} of {state.max_steps}; lower "
        f"finetune.learning_rate ({trainer.args.learning_rate:g}) and run again"
    )


def _same_on_all(model: Any) -> list[str]:
    """A hash of the adapter on each rank. Raises SeedwrightError when ranks have come apart: what is saved would be the
    first one's alone.
    """
    import torch
    from torch import distributed

    digest = hashlib.sha256()
    for name, weight in sorted(model.named_parameters()):
        if weight.requires_grad:
            digest.update(name.encode() + weight.detach().to("cpu", torch.float32).numpy().tobytes())
    hashes: list[Any] = [digest.hexdigest()[:16]]
    if distributed.is_available() and distributed.is_initialized():
        hashes = [None] * distributed.get_world_size()
        distributed.all_gather_object(hashes, digest.hexdigest()[:16])
    if len(set(hashes)) > 1:
        raise SeedwrightError(f"finetune: the workers' adapters differ ({', '.join(hashes)}); run the stage again")
    return hashes


def _save_adapter(trainer: Any, recipe: Recipe, adapter: Path) -> None:
    """Whole or not at all: written beside its place and renamed."""
    unfinished = adapter.with_name(".adapter.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    trainer.save_model(str(unfinished))
    (unfinished / "training_args.bin").unlink(missing_ok=True)  # a pickle, which nobody should load
    (unfinished / "README.md").unlink(missing_ok=True)
    of_base = {"base": recipe.base, "base_fingerprint": recipe.base_fingerprint}
    origin = {**of_base, "four_bit": recipe.four_bit, "thinking": recipe.thinking}
    write_json(unfinished / ORIGIN, origin)
    shutil.rmtree(adapter, ignore_errors=True)
    unfinished.rename(adapter)


def full_disk(error: Exception, folder: Path) -> InputError | None:
    """What torch and safetensors say when a checkpoint does not fit differs; that nothing is free does not."""
    told = "no space left" in str(error).lower() or "quota" in str(error).lower()
    if not told and shutil.disk_usage(folder).free > 2**20:
        return None
    said = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    return InputError(
        f"{folder}: the disk is full, a checkpoint could not be written ({said}); free "
        "disk space, then run the same command again: it goes on from the last whole checkpoint"
    )
