"""Memory that is too small, of a GPU or of this machine: a mistake in the settings that has a remedy, and no crash."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa

from pipeline.errors import InputError
from pipeline.stage import Stage, Step

SAID = ("out of memory", "can't allocate memory", "alloc_failed")
"""By CUDA, by torch's allocator on the CPU, and by the libraries that CUDA is called through."""


def out_of_memory(error: BaseException) -> bool:
    """torch has a class for the most usual case alone, and torch is not imported to ask.

    >>> out_of_memory(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"))
    True
    """
    if isinstance(error, RuntimeError):
        return type(error).__name__ == "OutOfMemoryError" or any(words in str(error).lower() for words in SAID)
    return isinstance(error, MemoryError)


@contextlib.contextmanager
def enough_memory(what: str, remedy: str) -> Iterator[None]:
    """Raises InputError `what` takes more memory than there is, and the remedy, where something does."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(f"{what} take more memory than there is ({said}); {remedy}") from error


def within_memory(stage: Stage, what: str, remedy: str) -> Stage:
    """The stage, as it is loaded and as it works, with that error."""

    def load() -> Step:
        with enough_memory(what, remedy):
            step = stage.load()

        def through(table: pa.Table) -> pa.Table:
            with enough_memory(what, remedy):
                return step(table)

        return through

    return replace(stage, load=load)
