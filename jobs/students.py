"""The students of a run: where each one's files lie, and how it is asked."""

from pathlib import Path
from typing import Any

from jobs.run import Run
from pipeline.finetune.base_model import fingerprint, folder_of

BASELINE, STUDENT, MERGED, TEACHER = "baseline", "round-1", "round-1-merged", "teacher"


def folder(run: Run, name: str) -> Path:
    return run.dir.path / "students" / name


def model_shape(run: Run) -> Any:
    """The base model, by what is in its folder and not by where it lies."""
    return fingerprint(folder_of(run.settings.finetune.model))
