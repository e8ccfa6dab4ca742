"""The flow on a cluster of three nodes on this machine, one of which is killed while replies are on their way."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import ray
from command import Seedwright
from ray.cluster_utils import Cluster
from serving import hosted

from pipeline.canonical import content_hash
from pipeline.layers import BUILT_IN
from pipeline.teacher.ledger import answers
from pipeline.teacher.simulated.settings import SimulatedSettings

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(900)]
IN_FLIGHT, REQUESTS = 8, 100


def command(folder: Path, seeds: Path, url: str, *more: str) -> list[str]:
    pairs = [f"seeds.path={seeds}", f"teacher.base_url={url}", "generation.samples=5", "generation.refills=0"]
    pairs += [f"limits.in_flight={IN_FLIGHT}", *more]
    return ["run", "contracts", "--out", str(folder), *[part for pair in pairs for part in ("--set", pair)]]


def log(folder: Path) -> list[dict[str, Any]]:
    path = folder / "requests.jsonl"
    lines = map(json.loads, path.read_text().splitlines()) if path.exists() else ()
    return [line for line in lines if line["path"] == "/v1/messages"]


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def generating(node: Any) -> int:
    """How many generation actors live on a node."""
    raylet = node.all_processes["raylet"][0].process.pid
    found = subprocess.run(["pgrep", "-f", "ray::MapWorker"], capture_output=True, text=True, check=False)
    return sum(parent(int(pid)) == raylet for pid in found.stdout.split())


def test_a_node_killed_at_a_random_moment_costs_no_reply_and_the_rows_are_those_of_an_undisturbed_run(
    tmp_path: Path, seedwright: Seedwright, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = random.SystemRandom().randrange(10_000)
    moment = random.Random(seed).randint(REQUESTS // 10, REQUESTS * 3 // 4)
    print(f"seed {seed}: the node dies after {moment} replies")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "simulated")
    seeds = tmp_path / "seeds.jsonl"
    seeds.write_text("".join((BUILT_IN / "contracts/seeds.jsonl").read_text().splitlines(keepends=True)[::12]))
    ray.shutdown()
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    driver = None
    try:
        nodes = [cluster.add_node(num_cpus=2), cluster.add_node(num_cpus=2)]
        with hosted(SimulatedSettings(latency_ms=(200, 400)), tmp_path / "teacher") as url:
            asked = command(tmp_path / "killed", seeds, url, "cluster={generation_actors: 3, shards: 3, block_rows: 5}")
            asked += ["--until", "curate", "--address", cluster.address]
            driver = subprocess.Popen([sys.executable, "-m", "jobs", *asked], stderr=subprocess.PIPE, text=True)
            while len(log(tmp_path / "teacher")) < moment:
                time.sleep(0.05)
                assert driver.poll() is None, driver.communicate()[1]
            victim = max(nodes, key=generating)
            assert generating(victim) > 0
            cluster.remove_node(victim, allow_graceful=False)
            said = driver.communicate(timeout=400)[1]
            assert driver.returncode == 0, said
    finally:
        if driver is not None and driver.poll() is None:
            driver.kill()
            driver.communicate()
        cluster.shutdown()
    planned = [json.loads(one) for one in table(tmp_path / "killed", "plan.parquet")["params"].to_pylist()]
    paid = Counter(line["body"] for line in log(tmp_path / "teacher") if line["status"] == 200)
    print(f"{REQUESTS} requests, {len(paid)} answered, {paid.total() - len(paid)} paid twice")
    assert set(paid) == {content_hash(params) for params in planned}
    assert len(paid) == REQUESTS
    assert paid.total() - len(paid) <= IN_FLIGHT
    assert sum(record["kind"] == "reply" for record in answers(tmp_path / "killed/ledger")) == REQUESTS
    with hosted(SimulatedSettings(), tmp_path / "calm teacher") as url:
        done = seedwright(*command(tmp_path / "calm", seeds, url), "--until", "curate")
        assert done.returncode == 0, done.stderr
    for part in ("samples/part-0.parquet", "rejected/part-0.parquet"):
        assert table(tmp_path / "killed", part).equals(table(tmp_path / "calm", part))


def table(run: Path, part: str) -> pa.Table:
    return pq.read_table(run / "rounds/1" / part)
