"""The `seedwright` command as a test calls it."""

from collections.abc import Callable
from typing import NamedTuple


class Shown(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


Seedwright = Callable[..., Shown]
