"""What our additions to training cost: tokens per second beside a plain TRL script, on the same rows and model.

    python tests/benchmarks/training_speed.py RUN_DIR [--rows 256] [--rounds 4]

Three ways take turns, each round beginning with another: the script that somebody would write with TRL's README; our
training function in the same process; and the stage as it runs, under Ray Train with one worker (its start is shown
apart). All have the same rows, seed, threads, precision of the base and, since TRL makes it bfloat16 and a CPU is slow
at that, precision of the adapter. What is left is ours: a loss for every step, a checkpoint at the end, the checks of
losses and weights. Prints each round, then the median of the rounds' ratios to the plain script, and their range.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import ray
import torch

from cluster.session import session
from cluster.trainer import TrainingFiles, train_on_ray
from pipeline.config import Finetune
from pipeline.finetune.base_model import find_base, load_tokenizer
from pipeline.finetune.loading import spare_compiler
from pipeline.finetune.recipe import Recipe, precision, resolve
from pipeline.finetune.rows import Fitted, fit
from pipeline.finetune.train import train

PLAIN, OURS, RAY = WAYS = ("plain TRL script", "training function", "under Ray Train")


def plain_trl(recipe: Recipe, rows: Path, folder: Path) -> float:
    """As TRL's and PEFT's documentation have it, but for the adapter's precision; no validation, no checkpoints."""
    from datasets import load_dataset
    from peft import LoraConfig
    from transformers import BitsAndBytesConfig
    from trl import SFTConfig, SFTTrainer

    trainer = SFTTrainer(
        model=recipe.base,
        train_dataset=load_dataset("parquet", data_files=str(rows), split="train").select_columns(
            ["prompt", "completion"]
        ),
        args=SFTConfig(
            output_dir=str(folder),
            model_init_kwargs={"dtype": precision(recipe.gpu)},
            per_device_train_batch_size=recipe.device_batch,
            gradient_accumulation_steps=recipe.accumulation,
            num_train_epochs=recipe.epochs,
            learning_rate=recipe.learning_rate,
            max_length=recipe.max_length,
            use_cpu=not recipe.gpu,
            bf16=precision(recipe.gpu) == torch.bfloat16,
            activation_checkpointing=recipe.gpu,
            seed=recipe.seed,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        ),
        quantization_config=BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=precision(recipe.gpu),
        ),
        peft_config=LoraConfig(
            r=recipe.rank,
            lora_alpha=recipe.alpha,
            lora_dropout=recipe.dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        ),
    )
    for weight in trainer.model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.float()
    return float(trainer.train().metrics["train_runtime"])


def timed(way: str, recipe: Recipe, rows: Path, fitted: Fitted, folder: Path) -> float:
    """Seconds of the training itself, without its start."""
    if way == PLAIN:
        return plain_trl(recipe, rows, folder)
    done: dict[str, Any]
    if way == OURS:
        done = train(recipe, fitted.rows, None, folder)
    else:
        done = train_on_ray(recipe, TrainingFiles(rows, None, folder), lambda _: None, print)
    return float(done["train_seconds"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    base = find_base("pocket")
    gpu = torch.cuda.is_available()
    spare_compiler(gpu)  # or it would be spared from our first turn on, and loaded in a plain one before that
    recipe = resolve(Finetune(epochs=1, checkpoints=1), base, workers=1, gpu=gpu)
    table = pq.read_table(options.run_dir / "dataset/train.parquet").slice(0, options.rows)
    fitted = fit(table, load_tokenizer(base.path), recipe.max_length, drop_long=True, where=str(options.run_dir))
    ratios: dict[str, list[float]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as scratch, session():
        if not gpu:
            torch.set_num_threads(max(1, int(ray.cluster_resources()["CPU"])))  # as many as the worker under Ray has
        rows = Path(scratch) / "rows.parquet"
        pq.write_table(fitted.rows, rows)
        for number in range(options.rounds):
            first = number % len(WAYS)
            taken: dict[str, float] = {}
            for way in (*WAYS[first:], *WAYS[:first]):
                folder = Path(scratch) / "out"
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                started = time.perf_counter()
                taken[way] = timed(way, recipe, rows, fitted, folder)
                rate, whole = fitted.tokens / taken[way], time.perf_counter() - started
                told = f"{fitted.tokens:,} tokens  {rate:,.0f} tokens/s  {whole:.1f} s with its start"
                print(f"round {number + 1}  {way:18}  {told}")
            for way, seconds in taken.items():
                ratios[way].append(taken[PLAIN] / seconds)
    for way, found in ratios.items():
        print(f"{way:18}  {statistics.median(found):.2f} x  ({min(found):.2f} to {max(found):.2f}, n={len(found)})")


if __name__ == "__main__":
    main()
