"""Checkpoints: folders that count only once they are whole, so that a crash in one loses none before it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

MARK = "complete"


def mark_complete(folder: Path, step: int) -> None:
    """Called when every file of the checkpoint is written."""
    (folder / f"checkpoint-{step}" / MARK).write_text("", encoding="utf-8")


def last_complete(folder: Path) -> Path | None:
    """The newest whole checkpoint; torn ones are removed, lest they be taken for one."""
    found: list[tuple[int, Path]] = []
    for path in folder.glob("checkpoint-*"):
        if (path / MARK).exists():
            found.append((step_of(path), path))
        else:
            shutil.rmtree(path, ignore_errors=True)
    return max(found)[1] if found else None


def step_of(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])


def trim_log(log: Path, step: int) -> None:
    """Takes out of the training log what came after the checkpoint that training goes on from."""
    _keep(log, lambda line: line["step"] <= step)


def without_validation(log: Path, step: int) -> None:
    """Takes out of the training log the validation loss of a step, which is taken again."""
    _keep(log, lambda line: line["step"] != step or "eval_loss" not in line)


def _keep(log: Path, wanted: Callable[[dict[str, Any]], bool]) -> None:
    if not log.exists():
        return
    lines = log.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if line.endswith("}") and wanted(json.loads(line))]
    log.write_text("".join(line + "\n" for line in kept), encoding="utf-8")
