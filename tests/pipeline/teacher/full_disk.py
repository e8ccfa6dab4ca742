"""A disk that runs full under os.write, where no file system of a few blocks can be mounted."""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MINE = Path("/proc/self/fd")


def refuse(number: int) -> Callable[..., None]:
    """Any call of the operating system, failing."""

    def call(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return call


@dataclass
class Disk:
    """So many bytes for the ledger files in a folder and for their writers' reserves, counted by what is really there;
    a write that does not fit is half done first.
    """

    folder: Path
    size: int
    write: Callable[[int, bytes], int] = os.write

    def __call__(self, fd: int, data: bytes) -> int:
        if (MINE / str(fd)).readlink().parent != self.folder:
            return self.write(fd, data)
        left = self.size - self.used()
        if len(data) <= left:
            return self.write(fd, data)
        if left > 0:
            return self.write(fd, data[: max(1, left // 2)])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def used(self) -> int:
        named = sum(path.stat().st_size for path in self.folder.glob("*.jsonl"))
        return named + sum(self._nameless(link) for link in MINE.iterdir())

    def _nameless(self, link: Path) -> int:
        try:
            target = str(link.readlink())
            ours = target.startswith(f"{self.folder}/") and target.endswith("(deleted)")
            return link.stat().st_size if ours else 0
        except FileNotFoundError:
            return 0
