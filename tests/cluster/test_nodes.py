"""The flow on a cluster of several nodes, started on this machine."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from command import Seedwright

from pipeline.layers import BUILT_IN

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def cluster(open_clusters: contextlib.ExitStack) -> Iterator[Cluster]:
    """Of one node; tests add others."""
    from ray.cluster_utils import Cluster

    open_clusters.close()
    one = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    yield one
    one.shutdown()


def test_three_nodes_reach_the_built_in_teacher_and_give_the_rows_that_one_gives(
    cluster: Cluster, seedwright: Seedwright, tmp_path: Path
) -> None:
    seeds = tmp_path / "seeds.jsonl"
    seeds.write_text("".join((BUILT_IN / "contracts/seeds.jsonl").read_text().splitlines(keepends=True)[::20]))
    while len(cluster.list_all_nodes()) < 3:
        cluster.add_node(num_cpus=1)
    there = ("--address", cluster.address, "--set", "cluster={generation_actors: 3, shards: 3, block_rows: 5}")
    for name, where in (("one", ()), ("three", there)):
        asked = ("run", "contracts", "--until", "curate", "--out", tmp_path / name, "--set", f"seeds.path={seeds}")
        done = seedwright(*asked, *where)
        assert done.returncode == 0, done.stderr
    for part in ("samples", "rejected"):
        three, one = (pq.read_table(tmp_path / name / f"rounds/1/{part}/part-0.parquet") for name in ("three", "one"))
        assert three.num_rows > 0
        assert three.equals(one)
