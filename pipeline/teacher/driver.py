"""The process that started a run, seen from another one of the same machine, which learns of its death at once."""

import os
from pathlib import Path
from typing import NamedTuple


class Driver(NamedTuple):
    """The process that started the run, by its number and the space in which that number means something."""

    pid: int
    space: str

    @classmethod
    def this(cls) -> "Driver":
        return cls(os.getpid(), _pid_space())

    def open(self) -> int | None:
        """A descriptor that becomes readable when the process ends; None where it cannot be seen from here.

        Raises ProcessLookupError when it has ended already.
        """
        if not hasattr(os, "pidfd_open") or not self.space or self.space != _pid_space():
            return None
        try:
            return os.pidfd_open(self.pid)
        except ProcessLookupError:
            raise
        except OSError:
            return None


def _pid_space() -> str:
    try:
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""
