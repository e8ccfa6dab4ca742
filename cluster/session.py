"""The Ray session: a cluster that is given, or one on this machine; quiet, and ended only if it was started here."""

import contextlib
import logging
import os
import re
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import InputError, SeedwrightError

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("jobs", "cluster", "pipeline")
PATIENCE_S = 3.0
"""How long a given address may take to accept a connection; Ray itself would try for minutes."""


@contextlib.contextmanager
def session(address: str | None = None) -> Iterator[None]:
    """Connects to `address`, to the cluster that RAY_ADDRESS or a submitted job names, or starts one of its own here.

    It never joins a cluster merely because one happens to run on this machine, as Ray does by default. A cluster of our
    own has no dashboard, which would take seconds to start; `ray start --head` and --address give one.

    Inside an open session it does nothing, so that stages can ask for one wherever they run.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    import ray

    if ray.is_initialized():
        yield
        return
    given = address or os.environ.get("RAY_ADDRESS")
    if not given:
        os.environ.setdefault("RAY_TRAIN_ENABLE_PREEMPTION_WATCHER", "0")  # a process that asks about other machines
    _refuse_unreachable(given or "")
    with _hushed(), contextlib.chdir(ROOT):  # Ray's workers look for modules where it is started, first of all
        try:
            ray.init(
                address=given or "local",
                include_dashboard=None if given else False,
                log_to_driver=False,
                logging_level=logging.ERROR,
                runtime_env={"py_modules": [str(ROOT / room) for room in ROOMS]} if given and _checkout() else None,
            )
        except Exception as error:  # of a start that takes too long Ray says no more than that
            raise _no_cluster(given, error) from error
    quiet()
    try:
        yield
    finally:
        ray.shutdown()


def _refuse_unreachable(address: str) -> None:
    """Raises InputError when nothing listens at host:port or ray://host:port; other spellings are Ray's to read."""
    spelt = re.fullmatch(r"(?:ray://)?\[?([^\[\]/]+?)\]?:(\d+)", address)
    if spelt is None:
        return
    try:
        socket.create_connection((spelt[1], int(spelt[2])), PATIENCE_S).close()
    except (OSError, OverflowError, UnicodeError) as error:
        raise _no_cluster(address, getattr(error, "strerror", None) or error) from error


def _no_cluster(address: str | None, why: object) -> SeedwrightError:
    if not address:
        return SeedwrightError(
            f"cluster: Ray did not start on this machine ({why}); it may be out of processor time, memory or disk in "
            "/tmp: see `seedwright doctor`, then run the same command again"
        )
    return InputError(
        f"cluster.address: no Ray cluster at {address} ({why}); start one with `ray start --head`; if it "
        "wants a token, set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH here too"
    )


def _checkout() -> bool:
    """Whether the code is a checkout, which other nodes do not have, and not an installation, which they are given."""
    return "site-packages" not in ROOT.parts


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """Keeps what Ray's own processes write at their start off standard error, unless the start fails."""
    sys.stderr.flush()
    ours = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
        except BaseException:
            aside.seek(0)
            os.write(ours, aside.read())
            raise
        finally:
            os.dup2(ours, 2)
            os.close(ours)


def quiet() -> None:
    """Ray Data's own progress and log lines are for its developers; ours are for the user."""
    from ray.data import DataContext

    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.memory_usage_poll_interval_s = None  # a thread for every block that an actor works on
    logging.getLogger("ray.data").setLevel(logging.ERROR)
