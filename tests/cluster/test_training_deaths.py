"""What is tried again, and what is not: each way in which Ray Train says that a training failed."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import Finetune
from pipeline.errors import InputError, SeedwrightError
from pipeline.finetune.base_model import BaseModel
from pipeline.finetune.recipe import resolve

GLOO = RuntimeError("[../third_party/gloo/gloo/transport/tcp/pair.cc:534] Connection closed by peer [127.0.0.1]:1234")
NCCL = RuntimeError("NCCL error in: ProcessGroupNCCL.cpp:3690, remote process exited or there was a network error")
MISTAKES = (ValueError("no such column"), TypeError("no keyword"), RuntimeError("shapes do not fit"))


def dead() -> Exception:
    import ray
    from ray.train.v2._internal.exceptions import WorkerHealthCheckFailedError

    return WorkerHealthCheckFailedError("the worker is gone", ray.exceptions.ActorDiedError())


def of_workers(*failures: Exception) -> Exception:
    from ray.train import WorkerGroupError

    return WorkerGroupError("[Rank 0 Error Snippet]: ...", dict(enumerate(failures)))


def of_controller(failure: Exception) -> Exception:
    from ray.train import ControllerError

    return ControllerError(failure)


def tried(monkeypatch: pytest.MonkeyPatch, folder: Path, error: Exception) -> tuple[int, Exception]:
    """How often a training was begun that always fails so, and what came of it."""
    from cluster import trainer

    begun: list[Any] = []

    def fit(*given: Any) -> dict[str, Any]:
        begun.append(given)
        raise error

    monkeypatch.setattr(trainer, "_fit", fit)
    recipe = resolve(Finetune(), BaseModel("m", "/m", "f", 1024), workers=2, gpu=False)
    files = trainer.TrainingFiles(folder / "rows.parquet", None, folder)
    with pytest.raises(Exception) as caught:  # noqa: PT011
        trainer.train_on_ray(recipe, files, print, print)
    return len(begun), caught.value


@pytest.mark.parametrize("mistake", [*MISTAKES, MISTAKES], ids=str)
def test_a_mistake_in_the_training_is_raised_at_once(
    mistake: Exception | tuple[Exception, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    error = of_workers(*(mistake if isinstance(mistake, tuple) else (mistake, GLOO)))
    assert tried(monkeypatch, tmp_path, error) == (1, error)
    assert tried(monkeypatch, tmp_path, of_controller(MISTAKES[0]))[0] == 1


def test_deaths_are_tried_again_with_whatever_they_bring_about_in_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import ray
    from ray.train.v2._internal.exceptions import WorkerGroupStartupTimeoutError

    deaths = [of_workers(dead()), of_workers(GLOO), of_workers(NCCL, NCCL), of_workers(MISTAKES[2], dead())]
    deaths += [of_controller(WorkerGroupStartupTimeoutError(2)), ray.exceptions.ActorDiedError()]
    for death in deaths:
        times, told = tried(monkeypatch, tmp_path, death)
        assert times == 4
        assert type(told) is SeedwrightError
        assert str(told).startswith("finetune: training workers died 4 times (")
        assert str(told).endswith("run the same command again: it goes on from the last checkpoint")
    assert "WorkerHealthCheckFailedError" in str(tried(monkeypatch, tmp_path, deaths[3])[1])


def test_a_project_error_is_raised_as_itself_whatever_else_failed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ours = InputError("finetune.device_batch: 16 rows take more memory than there is; lower it")
    for failures in ([ours], [GLOO, ours], [dead(), ours]):
        times, told = tried(monkeypatch, tmp_path, of_workers(*failures))
        assert (times, type(told), str(told)) == (1, InputError, str(ours))


def test_a_full_disk_ends_the_training_whoever_met_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, "No space left on device", str(tmp_path / ".ray/train"))
    for error in (of_workers(full), of_controller(full), of_workers(full, GLOO)):
        times, told = tried(monkeypatch, tmp_path, error)
        assert (times, type(told)) == (1, InputError)
        assert str(told).startswith(f"{tmp_path}: the disk is full, a checkpoint could not be written ([Errno 28] No")
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("", (), {"free": 0}))
    times, told = tried(monkeypatch, tmp_path, of_workers(dead()))
    assert (times, type(told)) == (1, InputError)
