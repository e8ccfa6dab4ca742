"""What dies while rows are deduplicated changes no verdict: shards, workers and a whole node, at each of the steps."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from edited_copies import corpus

from pipeline.curate.dedup import DedupSettings, find_duplicates

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

pytestmark = [
    pytest.mark.ray,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray"),
]
ROWS, BLOCK_ROWS, SHARDS = 600, 60, 3
MOMENTS = [("keys", 0.1), ("keys", 1.0), ("components", 0.0), ("groups", 0.1)]
"""Signatures are being made; all are inserted; shards join what they hold; groups are judged."""
OPTIONS: dict[str, Any] = {
    "id": "id",
    "text": "text",
    "settings": DedupSettings(),
    "rank": [("score", "descending")],
    "fixed": "old",
}


@pytest.fixture(scope="module")
def cluster(open_clusters: contextlib.ExitStack) -> Iterator[Cluster]:
    """A head that judges and two nodes more; a node that dies is replaced by the test that killed it."""
    import ray
    from ray.cluster_utils import Cluster

    open_clusters.close()
    three = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    for _ in range(2):
        three.add_node(num_cpus=1)
    ray.init(address=three.address, log_to_driver=False)
    yield three
    ray.shutdown()
    three.shutdown()


@pytest.fixture(scope="module")
def undisturbed() -> pa.Table:
    return find_duplicates(corpus(ROWS), **OPTIONS)


Moment = tuple[str, float]


def at_each(moments: list[Moment], deed: Callable[[Moment], object]) -> Callable[[str, int, int], None]:
    """A watcher that does the deed at each moment: when that step has come so far."""
    left = list(moments)

    def watch(step: str, done: int, total: int) -> None:
        for moment in [one for one in left if step == one[0] and done >= one[1] * total]:
            left.remove(moment)
            deed(moment)

    return watch


def processes(cluster: Cluster, title: str, nodes: list[Any] | None = None) -> list[int]:
    """The processes of this cluster, or of some of its nodes, that go by that title."""
    raylets = {node.all_processes["raylet"][0].process.pid for node in nodes or cluster.list_all_nodes()}
    found = subprocess.run(["pgrep", "-f", f"^ray::{title}"], capture_output=True, text=True, check=False)
    return [pid for pid in map(int, found.stdout.split()) if parent(pid) in raylets]


def parent(pid: int) -> int | None:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    return None


def deduplicated(moments: list[Moment], deed: Callable[[Moment], object]) -> pa.Table:
    from cluster.shards import dedup_on_ray

    done: dict[Moment, bool] = {}
    watch = at_each(moments, lambda moment: done.update({moment: bool(deed(moment))}))
    found = dedup_on_ray(corpus(ROWS), **OPTIONS, shards=SHARDS, block_rows=BLOCK_ROWS, watch=watch)
    assert done == dict.fromkeys(moments, True), "nothing was there to be killed"
    return found


def killed(pids: list[int]) -> int:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(pids)


def test_shards_killed_at_every_step_change_no_verdict(cluster: Cluster, undisturbed: pa.Table) -> None:
    found = deduplicated(MOMENTS[:3], lambda _: killed(processes(cluster, "Shard")[:2]))
    assert found.equals(undisturbed)


def test_workers_killed_while_they_make_keys_change_no_verdict(cluster: Cluster, undisturbed: pa.Table) -> None:
    found = deduplicated(MOMENTS[:1], lambda _: killed(processes(cluster, "_keys") or processes(cluster, "IDLE")[:1]))
    assert found.equals(undisturbed)


@pytest.mark.parametrize("moments", [MOMENTS[0::2], MOMENTS[1::2]], ids=["keys, components", "insertion, groups"])
def test_nodes_that_die_at_any_step_change_no_verdict(
    cluster: Cluster, undisturbed: pa.Table, moments: list[Moment]
) -> None:
    def end(moment: Moment) -> bool:
        others = [node for node in cluster.list_all_nodes() if not node.head]
        deadline = time.monotonic() + 30
        while not any(held := [len(processes(cluster, "Shard", [node])) for node in others]):
            if moment[0] == "groups" or time.monotonic() > deadline:
                break
            time.sleep(0.1)
        cluster.remove_node(others[held.index(max(held))], allow_graceful=False)
        cluster.add_node(num_cpus=1)
        return any(held) or moment[0] == "groups"

    assert deduplicated(moments, end).equals(undisturbed)
