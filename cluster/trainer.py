"""Training on Ray Train: one process group of as many workers as wanted; the training itself is the pure function.

A worker that dies takes its group with it; the group is started again from the last whole checkpoint, at most RESTARTS
times. Nothing of Ray's own bookkeeping outlives the training.
"""

import contextlib
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray

from cluster.deaths import death_or_raise
from cluster.resources import cpus_each
from pipeline.errors import SeedwrightError
from pipeline.finetune.checkpoints import last_complete, step_of
from pipeline.finetune.recipe import Recipe

RESTARTS = 3
Watch = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class TrainingFiles:
    """What the workers read and write, on a file system that all nodes share."""

    rows: Path
    validation: Path | None
    folder: Path


def train_on_ray(recipe: Recipe, files: TrainingFiles, watch: Watch, say: Callable[[str], None]) -> dict[str, Any]:
    """What pipeline.finetune.train.train returns, with `restarts` and `resumed_from`.

    `watch` is called with each new line of training.jsonl. Raises the project errors that training raises, InputError
    for a full disk, and SeedwrightError when workers keep dying; any other exception of the training itself is Ray's
    TrainingFailedError, at once.
    """
    first = last_complete(files.folder / "checkpoints")
    with _following(files.folder / "training.jsonl", watch):
        for restarts in range(RESTARTS + 1):
            resume_from = last_complete(files.folder / "checkpoints")
            try:
                figures = _fit(recipe, files, resume_from)
            except (ray.train.TrainingFailedError, ray.exceptions.RayError) as error:
                death = death_or_raise(error, files.folder)
                if restarts == RESTARTS:
                    raise SeedwrightError(
                        f"finetune: training workers died {restarts + 1} times ({death}); look at memory and GPUs with "
                        "`seedwright doctor`, then run the same command again: it goes on from the last checkpoint"
                    ) from error
                at = last_complete(files.folder / "checkpoints")
                say(f"  a training worker died ({death}); going on from {at.name if at else 'the beginning'}")
                continue
            return {**figures, "restarts": restarts, "resumed_from": step_of(first) if first else None}
    raise AssertionError("unreachable")


def _fit(recipe: Recipe, files: TrainingFiles, resume_from: Path | None) -> dict[str, Any]:
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    state = files.folder / ".ray"
    cpus = 1 if recipe.gpu else cpus_each(recipe.workers)
    trainer = TorchTrainer(
        _worker,
        train_loop_config={"recipe": recipe, "files": files, "resume_from": resume_from},
        torch_config=TorchConfig(backend="nccl" if recipe.gpu else "gloo"),
        scaling_config=ScalingConfig(
            num_workers=recipe.workers,
            use_gpu=recipe.gpu,
            resources_per_worker={"CPU": cpus, **({"GPU": 1} if recipe.gpu else {})},
        ),
        run_config=RunConfig(
            name="train",
            storage_path=str(state),
            failure_config=FailureConfig(max_failures=0, controller_failure_limit=0, max_preemption_failures=0),
        ),
    )
    try:
        trainer.fit()
    finally:
        shutil.rmtree(state, ignore_errors=True)
    done: dict[str, Any] = json.loads((files.folder / "trained.json").read_text(encoding="utf-8"))
    return done


def _worker(config: dict[str, Any]) -> None:
    """One process of the group. Rank and size are in its environment, where torch.distributed and TRL look for them."""
    import pyarrow.parquet as pq
    import torch

    from pipeline.finetune.train import first_rank, train
    from pipeline.run_dir import write_json

    recipe, files = config["recipe"], config["files"]
    if not recipe.gpu:
        torch.set_num_threads(max(1, int(ray.get_runtime_context().get_assigned_resources().get("CPU", 1))))
    validation = pq.read_table(files.validation) if files.validation else None
    figures = train(recipe, pq.read_table(files.rows), validation, files.folder, resume_from=config["resume_from"])
    if first_rank():
        write_json(files.folder / "trained.json", figures)


@contextlib.contextmanager
def _following(log: Path, watch: Watch) -> Iterator[None]:
    """Hands on the lines of a growing file, from those that are written from now on."""
    over = threading.Event()
    seen = log.stat().st_size if log.exists() else 0

    def read_on() -> None:
        nonlocal seen
        size = log.stat().st_size if log.exists() else 0
        seen = min(seen, size)  # a resumed training takes back what came after its checkpoint
        if size == seen:
            return
        with log.open(encoding="utf-8") as file:
            file.seek(seen)
            for line in iter(file.readline, ""):
                if not line.endswith("\n"):
                    break
                seen += len(line.encode())
                watch(json.loads(line))

    def follow() -> None:
        while not over.wait(0.5):
            read_on()

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        read_on()
