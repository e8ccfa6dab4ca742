"""What ended a training: a death of workers or nodes, which is tried again, or a mistake, which would only come again.

A worker that dies takes others with it, whose connections to it break; so a death beside other failures is their cause.
"""

from pathlib import Path

from ray.exceptions import RayError, RayTaskError

from cluster.apply import project_error
from pipeline.finetune.train import full_disk

PEERS = ("gloo", "nccl", "connection closed by peer", "connection reset by peer")
"""Of whom a worker speaks that has lost another one."""


def death_or_raise(error: Exception, folder: Path) -> str:
    """In short who died. Raises the project error that a worker raised, InputError where the disk of `folder` is full,
    and `error` itself when nobody died.
    """
    failures = failures_of(error)
    for failure in [*failures, error]:
        if ours := project_error(failure):
            raise ours from None
    for failure in failures:
        if full := full_disk(failure, folder):
            raise full from error
    died = [failure for failure in failures if _by_ray(failure)]
    if not died and not all(map(_lost_a_peer, failures)):
        raise error
    first = (died or failures)[0]
    return f"{type(first).__name__}: {(str(first).strip().splitlines() or [''])[-1][:200]}"


def failures_of(error: Exception) -> list[Exception]:
    """What happened to each worker, or to Ray's controller of them."""
    workers = getattr(error, "worker_failures", {})
    return [workers[rank] for rank in sorted(workers)] or [getattr(error, "controller_failure", error)]


def _by_ray(failure: Exception) -> bool:
    """Ray's own exceptions tell of processes and nodes; what a task raised only comes in one of them."""
    ours = isinstance(failure, RayTaskError)
    return not ours and (isinstance(failure, RayError) or type(failure).__module__.startswith("ray.train"))


def _lost_a_peer(failure: Exception) -> bool:
    return isinstance(failure, RuntimeError) and any(name in str(failure).lower() for name in PEERS)
