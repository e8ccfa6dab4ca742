"""What is wrong with a student is told before its samples are paid for, and to nobody who wants no student."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tiny_model import make_tiny_model

from jobs.run import Run, open_run
from pipeline.errors import InputError
from pipeline.layers import load_settings
from pipeline.run_dir import locked

if TYPE_CHECKING:
    from command import Seedwright

pytestmark = pytest.mark.slow


def test_a_mistyped_model_ends_a_run_that_would_train_it_before_anything_is_asked(
    seedwright: Seedwright, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    told = f"seedwright: finetune.model: there is no folder {tmp_path}/nope; give a folder with a model, a hub name"
    for until in ([], ["--until", "finetune"]):
        done = seedwright("run", "contracts", "--out", out, "--set", f"finetune.model={tmp_path}/nope", *until)
        assert done.returncode == 2
        assert done.stderr.startswith(told)
    assert not (out / "inputs").exists()
    assert not (out / "ledger").exists() or not any((out / "ledger").iterdir())


@pytest.mark.parametrize("until", ["check", "plan"])
def test_a_run_that_ends_before_the_student_does_not_look_at_it(
    seedwright: Seedwright, tmp_path: Path, until: str
) -> None:
    model = ["--set", f"finetune.model={tmp_path}/nope"]
    done = seedwright("run", "contracts", "--out", tmp_path / "run", *model, "--until", until)
    assert done.returncode == 0, done.stderr
    assert seedwright("check", tmp_path / "run").returncode == 0
    assert seedwright("run", "contracts", "--out", tmp_path / "run", *model).returncode == 2


def test_widths_are_looked_at_where_it_is_settled_that_there_is_no_gpu(seedwright: Seedwright, tmp_path: Path) -> None:
    odd = make_tiny_model(tmp_path / "odd", intermediate=336)
    given = ["--set", f"finetune.model={odd}", "--set", "cluster.gpu=false"]
    done = seedwright("run", "contracts", "--out", tmp_path / "run", *given)
    assert done.returncode == 2
    assert f"{odd}: 6 layers have widths that 4-bit weights on a CPU cannot hold" in done.stderr
    assert not (tmp_path / "run/inputs").exists()


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        (["cluster.gpu=true"], "^cluster.gpu: is true, and no node of the cluster has a GPU; leave it unset"),
        (["cluster.training_workers=3"], "^cluster.training_workers: 3 are wanted and the cluster has 2 CPUs"),
        (["cluster.evaluation_actors=3"], "^cluster.evaluation_actors: 3 are wanted and the cluster has 2 CPUs"),
        (["finetune.model={odd}"], "6 layers have widths that 4-bit weights on a CPU cannot hold"),
        (["finetune.model={odd}", "finetune.four_bit=false"], None),
    ],
)
def test_the_first_stage_that_connects_to_a_cluster_looks_whether_it_will_do_for_the_student(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pairs: list[str], told: str | None
) -> None:
    odd = make_tiny_model(tmp_path / "odd", intermediate=336)
    monkeypatch.setattr("cluster.session.session", lambda _: contextlib.nullcontext())
    node: dict[str, Any] = {"Alive": True, "Resources": {"CPU": 2.0}}
    monkeypatch.setattr("ray.nodes", lambda: [node])
    monkeypatch.setattr("ray.cluster_resources", lambda: {"CPU": 2.0})
    settings = load_settings("contracts", None, [pair.format(odd=odd) for pair in pairs])[0]
    with locked(tmp_path / "run") as folder:
        run: Run = open_run(folder, settings)
        run.use_cluster()
        run.student = True
        if told is None:
            run.use_cluster()
            return
        with pytest.raises(InputError, match=told):
            run.use_cluster()
