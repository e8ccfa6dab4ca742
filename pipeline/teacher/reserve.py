"""Room on the disk that a ledger's writer holds for the replies that are on their way when the disk runs full."""

import contextlib
import errno
import os
import tempfile
from pathlib import Path

SIZE = 4 * 2**20
"""64 replies of 21,000 tokens, or a thousand of the usual length."""
FULL = (errno.ENOSPC, errno.EDQUOT)


class Reserve:
    """A file without a name, which is gone when its writer is. It is written and not only preallocated, which shared
    file systems may not know how to do, and with random bytes, which none can make smaller.
    """

    def __init__(self, folder: Path) -> None:
        """Raises OSError when there is no room for it; a folder that takes no such file is done without one."""
        self._fd: int | None = None
        try:
            self._fd, name = tempfile.mkstemp(".reserve", ".", folder)
            Path(name).unlink()
            left = memoryview(os.urandom(SIZE))
            while left:
                left = left[os.pwrite(self._fd, left, SIZE - len(left)) :]
            os.fsync(self._fd)
        except OSError as error:
            self.release()
            if error.errno in FULL:
                raise

    def release(self) -> bool:
        """Gives the room back to the disk; False when that was done before, or there was none."""
        fd, self._fd = self._fd, None
        if fd is None:
            return False
        with contextlib.suppress(OSError):
            os.ftruncate(fd, 0)
        os.close(fd)
        return True
