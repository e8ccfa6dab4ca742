"""What each node of the cluster has, found out by asking every one of them."""

from pathlib import Path
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from pipeline.config import Cluster
from pipeline.errors import InputError


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
    """How many processes train. Raises InputError when the cluster has not that many GPUs or CPUs."""
    kind = "GPU" if gpu else "CPU"
    there = int(ray.cluster_resources().get(kind, 0))
    wanted = settings.training_workers or (there if gpu else 1)
    if wanted > max(there, 1):
        raise InputError(
            f"cluster.training_workers: {wanted} are wanted and the cluster has {there} {kind}s; lower it, or add nodes"
        )
    return wanted


def count_gpus() -> int:
    return int(ray.cluster_resources().get("GPU", 0))
