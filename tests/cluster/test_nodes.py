"""The flow on a cluster of several nodes, started on this machine."""

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import ray
from ray.cluster_utils import Cluster

from pipeline.layers import BUILT_IN

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(900)]


def run(folder: Path, seeds: Path, *more: str) -> None:
    command = [
        sys.executable,
        "-m",
        "jobs",
        "run",
        "contracts",
        "--until",
        "curate",
        "--out",
        str(folder),
        "--set",
        f"seeds.path={seeds}",
    ]
    done = subprocess.run([*command, *more], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_three_nodes_reach_the_built_in_teacher_and_give_the_rows_that_one_gives(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds.jsonl"
    seeds.write_text("".join((BUILT_IN / "contracts/seeds.jsonl").read_text().splitlines(keepends=True)[::20]))
    ray.shutdown()
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        cluster.add_node(num_cpus=1)
        cluster.add_node(num_cpus=1)
        actors = ("--set", "cluster.generation_actors=3", "--set", "cluster.block_rows=5", "--set", "cluster.shards=3")
        run(tmp_path / "three", seeds, "--address", cluster.address, *actors)
    finally:
        cluster.shutdown()
    run(tmp_path / "one", seeds)
    for part in ("samples", "rejected"):
        three, one = (pq.read_table(tmp_path / name / f"rounds/1/{part}/part-0.parquet") for name in ("three", "one"))
        assert three.num_rows > 0
        assert three.equals(one)
