"""Loops compiled on first use, their machine code kept between processes where there is a place to keep it.

Numba keeps it beside the module, in the user's cache where that folder cannot be written, and refuses where neither
can. A machine without any such place shall compile anew in each process instead of failing.
"""

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """The function as machine code; other threads run while it does."""
    try:
        return cast(Function, njit(cache=True, nogil=True)(function))
    except RuntimeError:
        return cast(Function, njit(nogil=True)(function))
