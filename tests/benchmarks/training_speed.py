"""Tokens per second of the training stage beside a plain TRL script, on the same rows and model, in one run.

    python tests/benchmarks/training_speed.py RUN_DIR [--rows 256] [--rounds 2]

Three ways take turns: the script that somebody would write with TRL's README; our training function in the same
process; and the stage as it runs, under Ray Train with one worker (its start is shown apart). Prints the figures of
each round, and the ratios of the best ones.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq
import torch

from cluster.session import session
from cluster.trainer import TrainingFiles, train_on_ray
from pipeline.config import Finetune
from pipeline.finetune.base_model import find_base, load_tokenizer
from pipeline.finetune.recipe import Recipe, resolve
from pipeline.finetune.rows import fit
from pipeline.finetune.train import train


def plain_trl(recipe: Recipe, rows: Path, folder: Path) -> tuple[int, float]:
    """As TRL's and PEFT's documentation have it; no validation, no checkpoints."""
    import torch
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
            per_device_train_batch_size=recipe.batch,
            num_train_epochs=1,
            learning_rate=recipe.learning_rate,
            max_length=recipe.max_length,
            use_cpu=not recipe.gpu,
            bf16=recipe.gpu,
            activation_checkpointing=recipe.gpu,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        ),
        quantization_config=BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16 if recipe.gpu else torch.float32,
        ),
        peft_config=LoraConfig(
            r=16, lora_alpha=32, lora_dropout=0.05, target_modules="all-linear", task_type="CAUSAL_LM"
        ),
    )
    result = trainer.train()
    tokens = next(line["num_tokens"] for line in reversed(trainer.state.log_history) if "num_tokens" in line)
    return int(tokens), result.metrics["train_runtime"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    base = find_base("pocket")
    gpu = torch.cuda.is_available()
    recipe = resolve(Finetune(epochs=1, checkpoints=1), base, workers=1, gpu=gpu)
    table = pq.read_table(options.run_dir / "dataset/train.parquet").slice(0, options.rows)
    fitted = fit(table, load_tokenizer(base.path), recipe.max_length, drop_long=True, where=str(options.run_dir))
    best: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch, session():
        rows = Path(scratch) / "rows.parquet"
        pq.write_table(fitted.rows, rows)
        for number in range(options.rounds):
            for name in ("plain TRL script", "training function", "under Ray Train"):
                folder = Path(scratch) / "out"
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                started = time.perf_counter()
                if name == "plain TRL script":
                    tokens, seconds = plain_trl(recipe, rows, folder)
                elif name == "training function":
                    done = train(recipe, fitted.rows, None, folder)
                    tokens, seconds = done["tokens"], done["train_seconds"]
                else:
                    done = train_on_ray(recipe, TrainingFiles(rows, None, folder), lambda _: None, print)
                    tokens, seconds = done["tokens"], done["train_seconds"]
                rate, whole = tokens / seconds, time.perf_counter() - started
                best[name] = max(best.get(name, 0), rate)
                told = f"{tokens:,} tokens  {rate:,.0f} tokens/s  {whole:.1f} s with its start"
                print(f"round {number + 1}  {name:18}  {told}")
    for name, rate in best.items():
        print(f"{name:18}  {rate:,.0f} tokens/s  {rate / best['plain TRL script']:.2f} x")


if __name__ == "__main__":
    main()
