"""The doctor: what this machine and the cluster have, whether the run folder can be locked, and who sees it."""

import importlib.util
import os
import platform
import shutil
import uuid
from pathlib import Path
from typing import Any

from jobs.console import say
from jobs.run import TRAINING, installed
from pipeline.errors import InputError
from pipeline.file_lock import gives_locks
from pipeline.run_dir import remedy

FOUR_BIT = {
    "cuda": "bitsandbytes on CUDA: computed in bfloat16 where the GPU has it and else in float16, activations "
    "checkpointed, one worker a GPU",
    "cpu": "bitsandbytes on the CPU: computed in float32, which saves memory and no time; one worker unless "
    "cluster.training_workers says more; layer inputs must be multiples of 64, outputs of 32",
}
PACKAGES = ("ray", "anthropic", "datasketch", "pyarrow", "datasets", *TRAINING)


def examine(run_dir: Path, address: str | None) -> dict[str, Any]:
    """Looks at packages, key, disk and every node; raises InputError when the run folder cannot be written here."""
    probe = _write_probe(run_dir)
    try:
        nodes, locks = _nodes(probe, address), _locks(probe)
        found: dict[str, Any] = {
            "python": platform.python_version(),
            "packages": {name: installed(name) for name in PACKAGES},
            "key": {"ANTHROPIC_API_KEY": "set" if os.environ.get("ANTHROPIC_API_KEY") else "not set"},
            "gpus_here": _gpus(),
            "bitsandbytes_back_end": _back_end(nodes),
            "disk_free_gib": round(shutil.disk_usage(run_dir).free / 2**30, 1),
            "nodes": nodes,
            "run_dir_locks": locks is None,
            "run_dir_locks_error": locks,
        }
    finally:
        probe.unlink()
    found["run_dir_shared"] = all(node["sees_run_dir"] for node in found["nodes"])
    for line in _lines(found, run_dir):
        say(line)
    return found


def _gpus() -> list[str]:
    if importlib.util.find_spec("torch") is None:
        return []
    import torch

    return [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]


def _back_end(nodes: list[dict[str, Any]]) -> str | None:
    """Students are trained on the cluster's GPUs where it has any, whatever this machine has."""
    if installed("bitsandbytes") is None or installed("torch") is None:
        return None
    return "cuda" if any(node["gpus"] for node in nodes) else "cpu"


def _write_probe(run_dir: Path) -> Path:
    probe = run_dir.absolute() / f".doctor-{uuid.uuid4().hex}"
    try:
        run_dir.mkdir(parents=True, exist_ok=True)
        probe.write_text("seedwright", encoding="utf-8")
    except OSError as error:
        other = remedy(error, "choose a folder you may write to with --run-dir")
        raise InputError(f"{run_dir}: cannot be written ({error.strerror}); {other}") from error
    return probe


def _locks(probe: Path) -> str | None:
    """What is wrong with locks on the run folder's files; None when they hold."""
    try:
        return None if gives_locks(probe) else "files can be locked twice there; choose a folder elsewhere"
    except InputError as error:
        return str(error).partition(": ")[2]


def _nodes(probe: Path, address: str | None) -> list[dict[str, Any]]:
    from cluster.resources import look_at_nodes
    from cluster.session import session

    with session(address):
        return look_at_nodes(probe)


def _lines(found: dict[str, Any], run_dir: Path) -> list[str]:
    packages = ", ".join(f"{name} {number or 'not installed'}" for name, number in found["packages"].items())
    lines = [
        f"python      {found['python']}",
        f"packages    {packages}",
        f"key         ANTHROPIC_API_KEY is {found['key']['ANTHROPIC_API_KEY']}; the built-in teacher needs none",
        f"GPUs here   {', '.join(found['gpus_here']) or 'none'}",
        f"4-bit       {FOUR_BIT.get(found['bitsandbytes_back_end'], 'bitsandbytes and torch are not both installed')}",
        f"disk        {found['disk_free_gib']} GiB free for {run_dir}",
        f"locks       {found['run_dir_locks_error'] or 'files of the run folder can be locked'}",
    ]
    for node in found["nodes"]:
        has = f"{node['cpus']:g} CPUs, {node['gpus']:g} GPUs, {node['memory_gib']} GiB"
        sees = "sees" if node["sees_run_dir"] else "does NOT see (put it on a shared file system)"
        lines.append(f"node        {node['address']}: {has}; {sees} the run folder")
    return lines
