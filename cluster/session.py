"""The Ray session: a cluster that is given, or one on this machine; quiet, and ended only if it was started here."""

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import InputError

ROOT = Path(__file__).resolve().parent.parent


@contextlib.contextmanager
def session(address: str | None = None) -> Iterator[None]:
    """Connects to `address`, to the cluster that RAY_ADDRESS or a submitted job names, or starts one here.

    Inside an open session it does nothing, so that stages can ask for one wherever they run.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray

    if ray.is_initialized():
        yield
        return
    given = address or os.environ.get("RAY_ADDRESS")
    try:
        ray.init(
            address=given,
            include_dashboard=None if given else False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            configure_logging=True,
            runtime_env=None
            if given is None or _installed()
            else {"py_modules": [str(ROOT / room) for room in ("jobs", "cluster", "pipeline")]},
        )
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise InputError(
            f"cluster.address: no Ray cluster at {given} ({error}); start one with `ray start --head`"
        ) from error
    quiet()
    try:
        yield
    finally:
        ray.shutdown()


def _installed() -> bool:
    """Whether the packages come from an installation, which every node is expected to have, and not from a checkout."""
    return "site-packages" in ROOT.parts


def quiet() -> None:
    """Ray Data's own progress and log lines are for its developers; ours are for the user."""
    from ray.data import DataContext

    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
