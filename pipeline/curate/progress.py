"""Progress of what takes long, told to whoever looks on."""

from collections.abc import Callable

Watch = Callable[[str, int, int], None]
"""Is told a step, how much of it is done, and of how much."""


def unwatched(_step: str, _done: int, _total: int) -> None:
    """Nobody looks on."""
