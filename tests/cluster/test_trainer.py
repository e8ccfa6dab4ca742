"""Training through Ray Train, on two nodes of a CPU each."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tiny_model import make_tiny_model

from pipeline.config import Finetune
from pipeline.errors import InputError
from pipeline.finetune.base_model import find_base
from pipeline.finetune.checkpoints import last_complete
from pipeline.finetune.recipe import Recipe, resolve
from pipeline.finetune.train import train

if TYPE_CHECKING:
    from cluster.trainer import TrainingFiles

pytestmark = [
    pytest.mark.ray,
    pytest.mark.drill,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.usefixtures("two_nodes"),
    pytest.mark.filterwarnings("ignore:.*RAY_ACCEL_ENV_VAR:FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray"),
]


@pytest.fixture(scope="module")
def two_nodes(open_clusters: contextlib.ExitStack) -> Iterator[None]:
    """A worker that asked for what both have together would be waited for, for ever."""
    import ray
    from ray.cluster_utils import Cluster

    open_clusters.close()
    two = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    two.add_node(num_cpus=1)
    ray.init(address=two.address, log_to_driver=False)
    yield
    ray.shutdown()
    two.shutdown()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_tiny_model(tmp_path_factory.mktemp("base"), context=256))


def files(folder: Path, rows: int) -> TrainingFiles:
    """Rows of many lengths, so that workers who took the wrong ones would not count the same tokens."""
    from cluster.trainer import TrainingFiles

    folder.mkdir()
    table = pa.table(
        {
            "prompt": [[{"role": "user", "content": "count " + "a" * (number % 17)}] for number in range(rows)],
            "completion": [[{"role": "assistant", "content": str(number % 17)}] for number in range(rows)],
        }
    )
    pq.write_table(table, folder / "rows.parquet")
    return TrainingFiles(folder / "rows.parquet", None, folder)


def recipe(base: str, *, workers: int, **values: Any) -> Recipe:
    settings = Finetune(model=base, batch=8, learning_rate=5e-3, **values)
    return resolve(settings, find_base(base), workers=workers, gpu=False)


def ignore(_: dict[str, Any]) -> None:
    """Nobody watches."""


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "training.jsonl").read_text().splitlines()]


def test_two_workers_train_on_the_same_rows_as_one_and_end_with_one_adapter(base: str, tmp_path: Path) -> None:
    from cluster.trainer import train_on_ray

    here, there = files(tmp_path / "1", 64), files(tmp_path / "2", 64)
    found = {
        1: train(recipe(base, workers=1, epochs=2), pq.read_table(here.rows), None, here.folder),
        2: train_on_ray(recipe(base, workers=2, epochs=2), there, ignore, print),
    }
    assert len(found[2]["ranks"]) == 2
    assert len(set(found[2]["ranks"])) == 1
    assert found[1]["tokens"] == found[2]["tokens"]
    assert found[1]["steps"] == found[2]["steps"] == 16
    one, two = ([line["loss"] for line in lines(tmp_path / name)] for name in ("1", "2"))
    assert len(one) == len(two) == 16
    assert max(abs(a - b) for a, b in zip(one, two, strict=True)) < 0.05
    assert one[-1] < one[0]


def test_a_mistake_in_a_worker_comes_back_as_itself_and_is_not_tried_again(base: str, tmp_path: Path) -> None:
    from cluster.trainer import train_on_ray

    told: list[str] = []
    wild = recipe(base, workers=1, epochs=4)
    wild = Recipe(**{name: getattr(wild, name) for name in Recipe.__slots__} | {"learning_rate": 1e30})
    with pytest.raises(InputError, match=r"loss is nan at step \d+ of 32; lower\s+finetune.learning_rate"):
        train_on_ray(wild, files(tmp_path / "run", 64), ignore, told.append)
    assert told == []
    assert last_complete(tmp_path / "run/checkpoints") is None or not (tmp_path / "run/adapter").exists()


def test_a_disk_that_is_too_full_for_rays_own_state_ends_the_training_at_once(base: str, tmp_path: Path) -> None:
    from cluster.trainer import TrainingFiles, train_on_ray

    small, told = tmp_path / "small", list[str]()
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "nr_inodes=3", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        rows = files(tmp_path / "rows", 16).rows
        with pytest.raises(InputError, match=rf"^{small}: the disk is full, .*; free disk space, then run the same"):
            train_on_ray(recipe(base, workers=1), TrainingFiles(rows, None, small), ignore, told.append)
        assert told == []
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)
