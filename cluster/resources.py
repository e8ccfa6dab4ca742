"""What each node of the cluster has, found out by asking every one of them."""

from pathlib import Path
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from pipeline.config import Cluster
from pipeline.errors import InputError, SeedwrightError


def look_at_nodes(probe: Path) -> list[dict[str, Any]]:
    """One entry a live node: address, CPUs, GPUs, memory in GiB, and whether it sees the file `probe`."""
    nodes = [node for node in ray.nodes() if node["Alive"]]
    exists = ray.remote(num_cpus=0)(lambda: probe.exists())
    seen = ray.get(
        [
            exists.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)).remote()
            for node in nodes
        ]
    )
    return [
        {
            "address": node["NodeManagerAddress"],
            "cpus": node["Resources"].get("CPU", 0),
            "gpus": node["Resources"].get("GPU", 0),
            "memory_gib": round(node["Resources"].get("memory", 0) / 2**30, 1),
            "sees_run_dir": sees,
        }
        for node, sees in zip(nodes, seen, strict=True)
    ]


def spread(count: int) -> list[dict[str, Any]]:
    """Options for so many actors that take no CPU: node after node, of those that have any; where a node dies, its
    actor starts on another. Ray's own SPREAD and a soft affinity put several of them on one node.
    """
    alive = [node for node in ray.nodes() if node["Alive"]]
    working = [node for node in alive if node["Resources"].get("CPU")] or alive
    homes = [{"ray.io/node-id": working[at % len(working)]["NodeID"]} for at in range(count)]
    return [{"label_selector": home, "fallback_strategy": [{"label_selector": {}}]} for home in homes]


def use_gpu(settings: Cluster) -> bool:
    """Whether students are trained and asked on GPUs. Raises InputError when they are asked for and there are none."""
    there = count_gpus()
    if settings.gpu and not there:
        raise InputError(
            "cluster.gpu: is true, and no node of the cluster has a GPU; leave it unset to use the CPU, or see "
            "`seedwright doctor`"
        )
    return bool(there) if settings.gpu is None else settings.gpu


def training_workers(settings: Cluster, gpu: bool) -> int:
    """How many processes train. Raises InputError when the nodes have no room for so many."""
    return _within("training_workers", settings.training_workers, gpu)


def evaluation_actors(settings: Cluster, gpu: bool) -> int:
    """How many actors hold a student. Raises InputError when the nodes have no room for so many."""
    return _within("evaluation_actors", settings.evaluation_actors, gpu)


def _within(key: str, wanted: int | None, gpu: bool) -> int:
    """One a GPU and one on the CPU where nothing is said. Ray would wait for ever for room that no node has."""
    there = count_gpus() if gpu else rooms(1)
    wanted = wanted or (there if gpu else 1)
    if wanted > there:
        kind = "GPUs (with a CPU each)" if gpu else "CPUs"
        raise InputError(
            f"cluster.{key}: {wanted} are wanted and the cluster has {there} {kind}; lower it, or add nodes"
        )
    return wanted


def count_gpus() -> int:
    """GPUs for which their node has a CPU as well: each worker takes one of both."""
    return sum(min(int(node["Resources"].get("GPU", 0)), cpus) for node, cpus in _nodes())


def cpus_each(workers: int) -> int:
    """The most CPUs that each of so many workers can have: a worker lives on one node, whatever all of them have.

    Raises SeedwrightError when nodes have died since and what is left has no room for them.
    """
    most = max(node_cpus(), default=0)
    found = next((cpus for cpus in range(most, 0, -1) if rooms(cpus) >= workers), None)
    if found is None:
        raise SeedwrightError(
            f"cluster: its nodes have {sum(node_cpus())} CPUs and {workers} workers are to have one each; see "
            "`seedwright doctor`, then run the same command again"
        )
    return found


def rooms(cpus: int) -> int:
    """How many workers of so many CPUs the nodes have room for."""
    return sum(there // cpus for there in node_cpus())


def node_cpus() -> list[int]:
    """The whole CPUs of each node that lives and has any."""
    return [cpus for _, cpus in _nodes() if cpus]


def _nodes() -> list[tuple[dict[str, Any], int]]:
    return [(node, int(node["Resources"].get("CPU", 0))) for node in ray.nodes() if node["Alive"]]
