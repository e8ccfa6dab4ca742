"""What each node of the cluster has, found out by asking every one of them."""

from pathlib import Path
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy


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
