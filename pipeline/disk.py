"""A write that fails, told in one line: which file, why, and what to do."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import InputError
from pipeline.run_dir import remedy


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raises InputError for what the disk or its permissions refuse inside the block, naming `path`."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error}); {remedy(error)}") from error
