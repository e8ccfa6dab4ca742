"""A thread that asks the limiter for its figures while the driver is busy, and hands them to whoever shows progress."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import ray

INTERVAL_S = 0.5


@contextlib.contextmanager
def watching(limiter: Any, watch: Callable[[dict[str, Any]], None]) -> Iterator[None]:
    done = threading.Event()

    def look() -> None:
        while not done.wait(INTERVAL_S):
            try:
                watch(ray.get(limiter.stats.remote(), timeout=10))
            except ray.exceptions.RayError:
                return

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
