"""From dataset to report through the command, with a base model that knows nothing: what holds however good it is."""

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest
from command import Seedwright
from tiny_model import make_tiny_model

from pipeline.layers import BUILT_IN
from pipeline.records import PREDICTION

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.usefixtures("ray_here")]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    texts = [json.loads(line)["text"] for line in (BUILT_IN / "contracts/seeds.jsonl").read_text().splitlines()]
    return make_tiny_model(tmp_path_factory.mktemp("base"), context=2048, texts=texts)


def some(folder: Path, name: str, step: int) -> str:
    """The setting's value: a file of every so many rows of the built-in one."""
    lines = (BUILT_IN / f"contracts/{name}.jsonl").read_text().splitlines(keepends=True)
    (folder / f"{name}.jsonl").write_text("".join(lines[::step]))
    return str(folder / f"{name}.jsonl")


def arguments(folder: Path, base: Path, *more: str) -> list[str]:
    pairs = [
        f"seeds.path={some(folder, 'seeds', 20)}",
        f"real.final={some(folder, 'final', 7)}",
        f"real.dev={some(folder, 'dev', 15)}",
        "generation.samples=1",
        f"finetune={{model: {base}, epochs: 3, batch: 2, checkpoints: 6}}",
        "evaluation={sets: [final, dev], shots: 1, max_new_tokens: 8, teacher: true}",
        "teacher.simulated.rates={low_confidence: 0, refusal: 0}",
        "teacher.price=[1, 5]",
        "cluster={generation_actors: 1, shards: 1}",
        *more,
    ]
    return ["run", "contracts", "--out", str(folder / "run"), *[part for pair in pairs for part in ("--set", pair)]]


def newest(checkpoints: Path) -> int:
    """The step of the last whole checkpoint; those that are being written are left alone."""
    return max((int(mark.parent.name.split("-")[1]) for mark in checkpoints.glob("*/complete")), default=0)


@pytest.mark.drill
def test_a_training_whose_worker_and_then_whose_driver_is_killed_goes_on_from_its_checkpoints_to_the_report(
    base: Path, tmp_path: Path, seedwright: Seedwright
) -> None:
    import ray

    wanted = arguments(tmp_path, base)
    here = ["--address", ray.get_runtime_context().gcs_address]
    student = tmp_path / "run/students/round-1"
    with (tmp_path / "driver.err").open("w") as said:
        driver = subprocess.Popen([sys.executable, "-m", "jobs", *wanted, *here], stderr=said)

    def checkpoint_after(step: int) -> int:
        while (found := newest(student / "checkpoints")) <= step:
            time.sleep(0.05)
            assert driver.poll() is None, (tmp_path / "driver.err").read_text()
        return found

    first = checkpoint_after(0)
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "RayTrainWorker" in " ".join(process.cmdline()):
                process.kill()
    second = checkpoint_after(first)
    driver.kill()
    driver.wait()
    told = (tmp_path / "driver.err").read_text()
    assert "a training worker died" in told
    assert f"going on from checkpoint-{first}" in told

    done = seedwright(*wanted, "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    trained = record["stages"]["finetune"]
    assert second <= trained["resumed_from"] < trained["steps"]
    steps = [json.loads(line)["step"] for line in (student / "training.jsonl").read_text().splitlines()]
    assert steps == list(range(1, trained["steps"] + 1))
    assert "generate: done already" in done.stderr

    metrics = json.loads((tmp_path / "run/metrics.json").read_text())
    assert list(metrics["students"]) == ["baseline", "round-1", "teacher"]
    assert metrics["students"]["teacher"]["final"]["macro_f1"]["value"] > 0.4
    assert {"value", "low", "high"} <= metrics["difference"]["macro_f1"].keys()
    assert metrics["difference"]["set"] == "final"
    openings = record["openings_of_final"]
    assert [(one["items"], one["students"]) for one in openings] == [(12, list(metrics["students"]))]
    for name in metrics["students"]:
        table = pq.read_table(tmp_path / f"run/students/{name}/predictions/final.parquet")
        assert table.schema.equals(PREDICTION)
        assert table.num_rows == 12
    page = (tmp_path / "run/report.html").read_text()
    assert metrics["difference"]["verdict"]["word"] in page
    assert "demonstration" in page
    paid, of_teacher = record["stages"]["evaluate"], metrics["students"]["teacher"]
    assert paid["output_tokens"] == sum(of_teacher[name]["tokens"]["output"] for name in ("final", "dev"))
    by_the_thousand = {name: of_teacher[name]["per_thousand"]["dollars"] for name in ("final", "dev")}
    assert paid["dollars"] > 0
    assert 12 * by_the_thousand["final"] + 2 * by_the_thousand["dev"] == pytest.approx(1000 * paid["dollars"])
    assert metrics["students"]["round-1"]["final"]["per_thousand"]["seconds"] > 0
    assert (student / "MODEL_CARD.md").read_text().startswith("---\nlibrary_name: peft")
    assert not (student / "checkpoints").exists()

    again = seedwright(*wanted)
    assert again.returncode == 0, again.stderr
    assert again.stderr.count("done already") == 7

    (tmp_path / "run/metrics.json").unlink()
    looked = seedwright(*wanted, "--set", "finetune.merge=true", "--update", "--json")
    assert looked.returncode == 0, looked.stderr
    assert "trained already" in looked.stderr
    asked_already = [f"{name} on {of}: asked already" for name in metrics["students"] for of in ("final", "dev")]
    assert [said for said in asked_already if said not in looked.stderr] == []
    whole = json.loads((tmp_path / "run/metrics.json").read_text())
    merged = whole["students"].pop("round-1-merged")
    assert {name: merged[name]["items"] for name in merged} == {"final": 12, "dev": 2}
    assert whole == metrics
    assert len(json.loads(looked.stdout)["openings_of_final"]) == 2

    final, out = tmp_path / "final.jsonl", tmp_path / "predictions.jsonl"
    pairs = ("--set", "evaluation.max_new_tokens=8", "--set", f"finetune.model={base}")
    asked = seedwright("predict", student / "adapter", final, "--task", "contracts", "--out", out, *pairs, "--json")
    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout)["rows"] == 12
    mine = [json.loads(line)["raw"] for line in out.read_text().splitlines()]
    theirs = pq.read_table(tmp_path / "run/students/round-1/predictions/final.parquet")["raw"].to_pylist()
    assert mine == theirs
    scored = seedwright("score", out, "--task", "contracts", "--set", f"real.final={final}", "--json")
    assert scored.returncode == 0, scored.stderr
    again_scored = json.loads(scored.stdout)["students"][str(student / "adapter")]["final"]
    assert again_scored["macro_f1"] == metrics["students"]["round-1"]["final"]["macro_f1"]


def test_a_gpu_asked_for_where_there_is_none_is_refused_before_anything_is_trained(
    base: Path, tmp_path: Path, seedwright: Seedwright
) -> None:
    done = seedwright(*arguments(tmp_path, base, "cluster.gpu=true"))
    assert done.returncode == 2
    assert "cluster.gpu: is true, and no node of the cluster has a GPU; leave it unset" in done.stderr
    assert not (tmp_path / "run/students").exists()
