"""The ledger: every paid call is written down before it leaves, every raw reply before it is used.

One append-only JSONL file a writer, so that no two machines ever write to the same file; every reader reads all. A line
is
    {"kind": "intent",  "key", "at", "dollars"}                 the request is about to leave; the most it can cost
    {"kind": "reply",   "key", "at", "dollars", "tokens", "body"}    the server's answer, byte for byte as text; what it
                                                                cost that day, null for an unknown price; its tokens, as
                                                                in `pipeline.teacher.usage`, so that nobody has to parse
                                                                the body, which then comes last, to count them
    {"kind": "lost",    "key", "at", "dollars", "error"}        no reply arrived, but it may have to be paid for
    {"kind": "waiting", "key", "at"}                            not answered when the run ended, and not paid for
    {"kind": "failure", "key", "at", "error"}                   given up; a later run asks again only if told to
Intents and replies of requests that travel in a Message Batch also hold "batch", the batch's key: a random mark that is
in the custom id of each of its requests. Such an intent is no sign of a paid call; the batch itself leaves
    {"kind": "batch_intent", "key", "at", "dollars", "newest"}  all intents of its requests are written, and it is about
                                                                to leave; `dollars` is the most that it can cost, and
                                                                `newest` the id of the newest batch at the server then
    {"kind": "batch",        "key", "at", "id"}                 the server has taken it
    {"kind": "batch_end",    "key", "at", "outcome", "dollars"} nothing of it is open any more: `read` to its end,
                                                                `never` taken by the server, or `forgotten` on demand;
                                                                `dollars` is the most that the requests of a forgotten
                                                                one can have cost to which there is no reply
Lines are ASCII, so a torn last line, all that a crash can leave, is recognised and skipped. A writer holds a lock on
its file, which the kernel releases when it dies: who resumes waits for that, and so never asks what an orphan is just
being told.
"""

import asyncio
import fcntl
import json
import os
import socket
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.file_lock import lock
from pipeline.teacher.reserve import FULL, Reserve

BODY = b', "body": "'


@dataclass(frozen=True, slots=True)
class _Line:
    text: bytes
    sends: bool
    """Whether something is about to leave that may have to be paid for."""
    done: "asyncio.Future[None]"


class Ledger:
    """A writer. Lines that arrive while the disk is busy share one fsync.

    The folder must exist: whoever opens the run makes it, so that a node that does not share it is told so. When the
    disk runs full nothing more may leave, and what comes back meanwhile is written where a reserve was held for it.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}.jsonl"
        try:
            self._fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise InputError(
                f"{folder}: cannot be written on {socket.gethostname()} ({error.strerror}); put the run folder on a "
                "file system that all nodes share, see `seedwright doctor`"
            ) from error
        try:
            lock(self._fd, fcntl.LOCK_EX, folder)
            self._reserve = Reserve(folder)
        except (InputError, OSError) as error:
            os.close(self._fd)
            self.path.unlink()
            if isinstance(error, OSError):
                raise self._unwritten(error) from error
            raise
        self._torn = False
        self._full: OSError | None = None
        self._waiting: list[_Line] = []
        self._flushing: asyncio.Task[None] | None = None

    async def append(self, kind: str, key: str, **values: Any) -> None:
        """Returns when the line is on the disk. Raises InputError when it cannot be written, and for an intent ever
        after the disk was full.
        """
        line = json.dumps({"kind": kind, "key": key, "at": round(time.time(), 3), **values}) + "\n"
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Line(line.encode("ascii"), kind in ("intent", "batch_intent"), done))
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())
        await done

    async def _flush(self) -> None:
        while self._waiting:
            lines, self._waiting = self._waiting, []
            error = self._full or await asyncio.to_thread(self._write, lines)
            if error and error.errno in FULL and self._reserve.release():
                self._full = error
            if self._full:
                self._settle([line for line in lines if line.sends], self._full)
                lines = [line for line in lines if not line.sends]
                error = await asyncio.to_thread(self._write, lines)
            self._settle(lines, error)

    def _settle(self, lines: list[_Line], error: OSError | None) -> None:
        for line in lines:
            if line.done.cancelled():
                continue
            if error is None:
                line.done.set_result(None)
            else:
                line.done.set_exception(self._unwritten(error))

    def _write(self, lines: list[_Line]) -> OSError | None:
        """All of the lines, or none: what was written of them when the disk ran full is taken back."""
        text, start = b"\n" * self._torn + b"".join(line.text for line in lines), os.fstat(self._fd).st_size
        try:
            while text:
                text = text[os.write(self._fd, text) :]
            os.fsync(self._fd)
            self._torn = False
        except OSError as error:
            try:
                os.ftruncate(self._fd, start)
            except OSError:
                self._torn = True
            return error
        return None

    def _unwritten(self, error: OSError) -> InputError:
        return InputError(
            f"{self.path}: cannot be written ({error.strerror}); free disk space, then run the same command again: "
            "replies that were written are kept"
        )

    def close(self) -> None:
        self._reserve.release()
        os.close(self._fd)


def read_ledger(folder: Path, holding: bytes = b"") -> Iterator[dict[str, Any]]:
    """Every whole line of every writer (that holds these bytes), in the order of file names and lines."""
    for records in read_writers(folder, holding):
        yield from records


def read_heads(folder: Path) -> Iterator[dict[str, Any]]:
    """The same without the bodies of replies, in half the time; with them where a record does not say its tokens."""
    for records in read_writers(folder, bodies=False):
        yield from records


def read_writers(folder: Path, holding: bytes = b"", *, bodies: bool = True) -> Iterator[Iterator[dict[str, Any]]]:
    """The same, one writer at a time: an intent with no line after it is one that its writer did not live to close."""
    yield from (_read(path, holding, bodies) for path in sorted(folder.glob("*.jsonl")))


def _read(path: Path, holding: bytes, bodies: bool) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for line in file:
            if holding not in line:
                continue
            try:
                record = json.loads(line if bodies else _head(line))
            except ValueError:
                continue
            if isinstance(record, dict) and "kind" in record and "key" in record:
                yield record


def _head(line: bytes) -> bytes:
    """The record without its body, if it is whole and says its tokens."""
    body = line.find(BODY)
    if body < 0 or line.find(b', "tokens": [', 0, body) < 0:
        return line
    return line[:body] + b"}" if _ends(line) else b""


def _ends(line: bytes) -> bool:
    """Whether the text that ends the line is closed: a torn one may end in a quote and a brace of its own, escaped."""
    line = line.removesuffix(b"\n")
    text = line.removesuffix(b'"}')
    return len(text) < len(line) and (len(text) - len(text.rstrip(b"\\"))) % 2 == 0


def answers(folder: Path, keys: set[str] | None = None) -> Iterator[dict[str, Any]]:
    """The first reply to each key (of `keys`, or of all), then a failure for each key that has no reply."""
    replied: set[str] = set()
    failures: dict[str, dict[str, Any]] = {}
    for record in read_ledger(folder):
        key = record["key"]
        if key in replied or (keys is not None and key not in keys):
            continue
        if record["kind"] == "reply":
            replied.add(key)
            yield record
        elif record["kind"] == "failure":
            failures[key] = record
    yield from (record for key, record in failures.items() if key not in replied)


def wait_for_writers(folder: Path, seconds: float = 60.0) -> None:
    """Waits until nobody writes to the ledger any more. Raises InputError when somebody still does after `seconds`, or
    when a file system without locks cannot tell.
    """
    deadline = time.monotonic() + seconds
    for path in sorted(folder.glob("*.jsonl")):
        while _held(path):
            if time.monotonic() > deadline:
                raise InputError(
                    f"{path}: is still being written by another process; wait for it or end it, then run again"
                )
            time.sleep(0.1)


def _held(path: Path) -> bool:
    with path.open("rb") as file:
        return not lock(file, fcntl.LOCK_SH | fcntl.LOCK_NB, path.parent)
