"""The students of a run: where each one's files lie, and how it is asked."""

from pathlib import Path
from typing import Any

from jobs.run import Run
from pipeline.config import Settings
from pipeline.finetune.base_model import fingerprint, folder_here, folder_of
from pipeline.finetune.model_files import look_at, look_at_widths

BASELINE, STUDENT, MERGED, TEACHER = "baseline", "round-1", "round-1-merged", "teacher"


def folder(run: Run, name: str) -> Path:
    return run.dir.path / "students" / name


def model_shape(run: Run) -> Any:
    """The base model, by what is in its folder and not by where it lies."""
    return fingerprint(folder_of(run.settings.finetune.model))


def require_model(settings: Settings) -> None:
    """Raises InputError for a base model whose files say already that no student will come of it."""
    folder = look_at(settings.finetune.model, "finetune.model")
    if folder and settings.finetune.four_bit and settings.cluster.gpu is False:
        look_at_widths(folder)


def require_room(settings: Settings) -> None:
    """Raises InputError where the cluster, which is connected, lacks what the student is to be trained or asked on."""
    from cluster.resources import evaluation_actors, training_workers, use_gpu

    gpu = use_gpu(settings.cluster)
    training_workers(settings.cluster, gpu)
    evaluation_actors(settings.cluster, gpu)
    folder = folder_here(settings.finetune.model, "finetune.model")
    if folder and settings.finetune.four_bit and not gpu:
        look_at_widths(folder)
