"""A lock on a file, which the kernel releases when its holder dies, told apart from a file system that has none.

Lustre without its mount option `flock` and NFS without a lock daemon refuse every lock. That must not be taken for
somebody else's lock, which one would wait for in vain.
"""

import errno
import fcntl
from pathlib import Path
from typing import IO

from pipeline.errors import InputError

HELD = (errno.EWOULDBLOCK, errno.EACCES)


def lock(file: IO[str] | IO[bytes] | int, how: int, folder: Path) -> bool:
    """Takes the lock `how` (as of fcntl.flock); False when somebody else holds it and LOCK_NB is in `how`.

    Raises InputError, naming the folder, where its file system gives no locks.
    """
    try:
        fcntl.flock(file, how)
    except OSError as error:
        if error.errno in HELD:
            return False
        raise InputError(
            f"{folder}: files cannot be locked there ({error.strerror or error}); mount it with locks (Lustre: the "
            "option flock; NFS: version 4, or with a lock daemon), or choose a folder elsewhere, which `seedwright "
            "doctor --run-dir` probes"
        ) from error
    return True


def gives_locks(file: Path) -> bool:
    """Whether a lock that is held here is refused to whoever else opens the file. Raises InputError as `lock` does."""
    with file.open("rb+") as held, file.open("rb+") as other:
        lock(held, fcntl.LOCK_EX | fcntl.LOCK_NB, file.parent)
        return not lock(other, fcntl.LOCK_EX | fcntl.LOCK_NB, file.parent)
