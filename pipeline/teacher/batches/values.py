"""Message Batches as values: requests parted into batches, results sorted, open batches read from the ledger.

A batch's key is a random mark that begins the custom id of each of its requests. The server's list of batches shows no
custom ids, but their results do: by the mark a batch is known again whatever became of whoever sent it.
"""

import json
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

import pyarrow as pa

from pipeline.teacher.batches.settings import BatchSettings
from pipeline.teacher.client import PAY, is_message, is_spent
from pipeline.teacher.prefix import is_lasting, is_marked
from pipeline.teacher.prices import Price
from pipeline.teacher.terms import Terms

PLAIN = Terms(caching=False)
HEAD, TAIL = b'{"requests":[', b"]}"
FATAL = ("authentication_error", "permission_error", "not_found_error")
REFUSED = ("invalid_request_error", "request_too_large")


@dataclass(frozen=True, slots=True)
class Entry:
    """A request that waits for a batch: its row in the plan, the bytes of its body, the most that it can cost."""

    key: str
    row: int
    size: int
    dollars: float
    failures: int = 0

    @property
    def length(self) -> int:
        """Bytes that it adds to a batch's body, its comma included."""
        return self.size + len(wrapped("0" * 16, self.key, b"")) + 1


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that is on its way, as the ledger tells; `id` is None until it is known that the server has it.

    `done` are the keys whose replies are in the ledger already: its results were being read when somebody was killed.
    `dollars` is the most that the others can cost.
    """

    key: str
    at: float
    keys: frozenset[str]
    dollars: float
    newest: str | None
    id: str | None = None
    done: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return self.id or self.key


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one request of a batch.

    ok: `body` is the reply. failed: send it again. refused: the server will never take it. fatal: it will take no
    request of ours. canceled: somebody called the batch off.
    """

    custom_id: str
    kind: Literal["ok", "failed", "refused", "fatal", "canceled"]
    body: str = ""
    error: str = ""


def entries_of(requests: pa.Table, price: Price | None, terms: Terms = PLAIN) -> list[Entry]:
    """An Entry for each row of a REQUEST table, at the most that it can cost as it is sent: see `Price.most`."""
    found = []
    columns = (requests[name].to_pylist() for name in ("key", "input_tokens", "output_tokens"))
    for row, (key, tokens, expected) in enumerate(zip(*columns, strict=True)):
        dressed = _dressed(requests, row, terms)
        body = _encoded(dressed)
        read, written = max(tokens, len(body)), int(dressed.get("max_tokens", expected))
        marks = {"marked": is_marked(body), "hour": is_lasting(body)}
        dollars = price.most(read, written, **marks, batch=True) if price else 0.0
        found.append(Entry(key, row, len(body), dollars))
    return found


def params_of(requests: pa.Table, row: int, terms: Terms = PLAIN) -> bytes:
    """The body of a request as it is sent on these terms."""
    return _encoded(_dressed(requests, row, terms))


def _dressed(requests: pa.Table, row: int, terms: Terms) -> dict[str, Any]:
    return terms.dress(json.loads(requests["params"][row].as_py()))


def _encoded(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def new_mark() -> str:
    return uuid.uuid4().hex[:16]


def custom_id(mark: str, key: str) -> str:
    """64 characters of [0-9a-f-], unique within a batch as keys, content hashes, are unique.

    >>> custom_id("0123456789abcdef", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    '0123456789abcdef-e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934'
    """
    return f"{mark}-{key[:47]}"


def wrapped(mark: str, key: str, params: bytes) -> bytes:
    return b'{"custom_id":"%s","params":%s}' % (custom_id(mark, key).encode(), params)


def batch_body(mark: str, requests: Iterable[tuple[str, bytes]]) -> bytes:
    """The body that submits these requests, of (key, params as JSON) each; up to 256 MB, and held once."""
    body = BytesIO()
    body.write(HEAD)
    for at, (key, params) in enumerate(requests):
        body.write(b"," if at else b"")
        body.write(wrapped(mark, key, params))
    body.write(TAIL)
    return body.getvalue()  # its own buffer, not a copy, while nobody writes on


def take_part(waiting: deque[Entry], limits: BatchSettings, dollars: float | None) -> list[Entry]:
    """Takes from the left as many as one batch may hold and `dollars` allow (None is any).

    An entry that is too long by itself goes alone, for the server to judge; one that is too dear stays.
    """
    part: list[Entry] = []
    length, cost = len(HEAD) + len(TAIL), 0.0
    while waiting and len(part) < limits.requests:
        entry = waiting[0]
        length, cost = length + entry.length, cost + entry.dollars
        if (part and length > limits.bytes) or (dollars is not None and cost > dollars):
            break
        part.append(waiting.popleft())
    return part


def read_result(line: bytes) -> Result | None:
    """One line of a batch's results; None when it is torn or no result. Its error is the server's, word for word."""
    try:
        found = json.loads(line)
        name, result = str(found["custom_id"]), found["result"]
        kind = result["type"]
        if kind == "succeeded":
            body = json.dumps(result["message"], ensure_ascii=False)
            return Result(name, "ok", body) if is_message(body) else Result(name, "failed", error="no message")
        if kind == "errored":
            return _sorted_error(name, result["error"])
        return Result(name, "canceled" if kind == "canceled" else "failed", error=str(kind))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _sorted_error(name: str, error: Mapping[str, Any]) -> Result:
    """A server that wants money says so by the same error as to a request that it does not understand."""
    inner = error["error"] if isinstance(error.get("error"), dict) else error
    kind, text = str(inner.get("type", "")), str(inner.get("message", ""))
    details = inner.get("details")
    code = str(details.get("error_code") or "") if isinstance(details, dict) else ""
    said = f"{kind} {code}".strip() + f": {text}"
    if kind == "billing_error" or is_spent(said):
        return Result(name, "fatal", error=f"{said}; {PAY}")
    if kind in FATAL:
        return Result(name, "fatal", error=said)
    return Result(name, "refused" if kind in REFUSED else "failed", error=said)


def open_batches(read: Callable[[bytes], Iterable[Mapping[str, Any]]]) -> tuple[list[Batch], frozenset[str]]:
    """The batches that are not read to their end, the oldest first, and the ids of all that were ever sent.

    `read` gives the ledger's records whose lines hold some bytes: what batches leave is few lines, and the many lines
    of their requests are read only while a batch is open.
    """
    intents: dict[str, Mapping[str, Any]] = {}
    ids: dict[str, str] = {}
    ended: set[str] = set()
    for record in read(b'"kind": "batch'):
        if record["kind"] == "batch_intent":
            intents[record["key"]] = record
        elif record["kind"] == "batch":
            ids[record["key"]] = record["id"]
        elif record["kind"] == "batch_end":
            ended.add(record["key"])
    open_ones = intents.keys() - ended
    most: dict[str, dict[str, float]] = {mark: {} for mark in open_ones}
    done: dict[str, set[str]] = {mark: set() for mark in open_ones}
    for record in read(b'"batch": "') if open_ones else ():
        if (mark := record.get("batch")) in open_ones:
            if record["kind"] == "intent":
                most[mark][record["key"]] = record.get("dollars", 0.0)
            elif record["kind"] == "reply":
                done[mark].add(record["key"])
    found = [
        Batch(
            mark,
            intents[mark]["at"],
            frozenset(most[mark]),
            max(0.0, intents[mark]["dollars"] - sum(most[mark].get(key, 0.0) for key in done[mark])),
            intents[mark]["newest"],
            ids.get(mark),
            frozenset(done[mark]),
        )
        for mark in open_ones
        if most[mark].keys() - done[mark]
    ]
    return sorted(found, key=lambda batch: batch.at), frozenset(ids.values())
