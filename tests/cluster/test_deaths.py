"""What dies on a cluster of three nodes costs no reply and changes no verdict: nodes while replies are on their way;
shards, workers and nodes at each of the steps of deduplication.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from command import Seedwright
from edited_copies import corpus
from serving import hosted

from pipeline.canonical import content_hash
from pipeline.curate.dedup import DedupSettings, find_duplicates
from pipeline.layers import BUILT_IN
from pipeline.teacher.ledger import answers
from pipeline.teacher.simulated.settings import SimulatedSettings

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

pytestmark = [
    pytest.mark.ray,
    pytest.mark.drill,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray"),
]
IN_FLIGHT, REQUESTS = 8, 100
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
        three.add_node(num_cpus=2)
    ray.init(address=three.address, log_to_driver=False)
    yield three
    ray.shutdown()
    three.shutdown()


@pytest.fixture
def head_is_full(cluster: Cluster) -> Iterator[None]:
    """So that all generation actors live on nodes that may die."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    class Full:
        """Takes the head's only CPU."""

    there = NodeAffinitySchedulingStrategy(cluster.head_node.node_id, soft=False)
    full = ray.remote(num_cpus=1)(Full).options(scheduling_strategy=there).remote()
    ray.get(full.__ray_ready__.remote())
    yield
    ray.kill(full)


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


def awaited(cluster: Cluster, title: str) -> list[int]:
    """The same once there are any: what died a moment ago may still be on its way back."""
    deadline = time.monotonic() + 60
    while not (found := processes(cluster, title)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def parent(pid: int) -> int | None:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    return None


def command(folder: Path, seeds: Path, url: str, *more: str) -> list[str]:
    pairs = [f"seeds.path={seeds}", f"teacher.base_url={url}", "generation.samples=5", "generation.refills=0"]
    pairs += [f"limits.in_flight={IN_FLIGHT}", *more]
    return ["run", "contracts", "--out", str(folder), *[part for pair in pairs for part in ("--set", pair)]]


def log(folder: Path) -> list[dict[str, Any]]:
    path = folder / "requests.jsonl"
    lines = map(json.loads, path.read_text().splitlines()) if path.exists() else ()
    return [line for line in lines if line["path"] == "/v1/messages"]


@pytest.mark.usefixtures("head_is_full")
def test_a_node_killed_at_a_random_moment_costs_no_reply_and_the_rows_are_those_of_an_undisturbed_run(
    cluster: Cluster, tmp_path: Path, seedwright: Seedwright, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = random.SystemRandom().randrange(10_000)
    moment = random.Random(seed).randint(REQUESTS // 10, REQUESTS * 3 // 4)
    print(f"seed {seed}: the node dies after {moment} replies", file=sys.__stderr__)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "simulated")
    seeds = tmp_path / "seeds.jsonl"
    seeds.write_text("".join((BUILT_IN / "contracts/seeds.jsonl").read_text().splitlines(keepends=True)[::12]))
    nodes, driver = [node for node in cluster.list_all_nodes() if not node.head], None
    try:
        with hosted(SimulatedSettings(latency_ms=(200, 400)), tmp_path / "teacher") as url:
            asked = command(tmp_path / "killed", seeds, url, "cluster={generation_actors: 3, shards: 3, block_rows: 5}")
            asked += ["--until", "generate", "--address", cluster.address]
            driver = subprocess.Popen([sys.executable, "-m", "jobs", *asked], stderr=subprocess.PIPE, text=True)
            while len(log(tmp_path / "teacher")) < moment:
                time.sleep(0.05)
                assert driver.poll() is None, driver.communicate()[1]
            generating = {node: len(processes(cluster, "MapWorker", [node])) for node in nodes}
            victim = max(nodes, key=generating.__getitem__)
            assert generating[victim] > 0
            cluster.remove_node(victim, allow_graceful=False)
            said = driver.communicate(timeout=400)[1]
            assert driver.returncode == 0, said
    finally:
        if driver is not None and driver.poll() is None:
            driver.kill()
            driver.communicate()
        for _ in range(2 + 1 - len(cluster.list_all_nodes())):
            cluster.add_node(num_cpus=2)
    planned = [json.loads(one) for one in table(tmp_path / "killed", "plan.parquet")["params"].to_pylist()]
    paid = Counter(line["body"] for line in log(tmp_path / "teacher") if line["status"] == 200)
    print(f"{REQUESTS} requests, {len(paid)} answered, {paid.total() - len(paid)} paid twice", file=sys.__stderr__)
    assert set(paid) == {content_hash(params) for params in planned}
    assert len(paid) == REQUESTS
    assert paid.total() - len(paid) <= IN_FLIGHT
    assert sum(record["kind"] == "reply" for record in answers(tmp_path / "killed/ledger")) == REQUESTS
    with hosted(SimulatedSettings(), tmp_path / "calm teacher") as calm_url:
        for name, teacher in (("killed", url), ("calm", calm_url)):
            done = seedwright(*command(tmp_path / name, seeds, teacher), "--until", "curate")
            assert done.returncode == 0, done.stderr
            assert ("generate: done already" in done.stderr) == (name == "killed")
    for part in ("samples/part-0.parquet", "rejected/part-0.parquet"):
        assert table(tmp_path / "killed", part).equals(table(tmp_path / "calm", part))


def table(run: Path, part: str) -> pa.Table:
    return pq.read_table(run / "rounds/1" / part)


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
    found = deduplicated(MOMENTS[:3], lambda _: killed(awaited(cluster, "Shard")[:2]))
    assert found.equals(undisturbed)


def test_shards_live_on_all_nodes(cluster: Cluster, undisturbed: pa.Table) -> None:
    def on_each(_: Moment) -> bool:
        nodes, deadline = cluster.list_all_nodes(), time.monotonic() + 30
        while not all(len(processes(cluster, "Shard", [node])) == 1 for node in nodes):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    assert deduplicated([("keys", 1.0)], on_each).equals(undisturbed)


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
        cluster.add_node(num_cpus=2)
        return any(held) or moment[0] == "groups"

    assert deduplicated(moments, end).equals(undisturbed)
