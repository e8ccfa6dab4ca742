"""The Message Batches endpoint over the anthropic SDK: plain values out, every error sorted by what to do next.

No error shows the key, even where the server repeats it. A page, a list, null or half a JSON text of status 200 says as
little as a dropped connection: what was asked for may have been done, and is looked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.teacher.batches.values import Result, read_result
from pipeline.teacher.client import Answer, hide, sort_error

if TYPE_CHECKING:
    import anthropic

PATH = "/v1/messages/batches"
PAGE = 100
UPLOAD_S = 600.0
"""The least that a submission is given: its body has up to 256 MB."""
ODD = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
"""What reading something else than a batch raises, in the SDK or here."""
T = TypeVar("T")
COUNTS = ("processing", "succeeded", "errored", "canceled", "expired")


@dataclass(frozen=True, slots=True)
class Status:
    """A batch as the server describes it. `gone`: its results can no longer be had."""

    id: str
    ended: bool
    counts: Mapping[str, int]
    gone: bool

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Listed:
    """The batches that are newer than a certain one, and whether that one is still known."""

    newer: tuple[Status, ...]
    known: bool


class BatchService:
    """What a run needs of the endpoint; a call that fails gives an Answer that says how."""

    def __init__(self, client: anthropic.AsyncAnthropic, timeout_s: float) -> None:
        self.client, self.timeout_s = client, timeout_s

    async def create(self, body: bytes) -> Status | Answer:
        """The body is handed over as it is: the SDK would hold it three times to write it from dictionaries."""
        from anthropic.types.messages import MessageBatch

        seconds = max(self.timeout_s, UPLOAD_S)
        headers = {"content-type": "application/json"}

        async def call() -> Status:
            options: Any = {"headers": headers, "timeout": seconds}
            return _status(await self.client.post(PATH, cast_to=MessageBatch, content=body, options=options))

        return await self._heard(call(), seconds)

    async def retrieve(self, batch_id: str) -> Status | Answer | None:
        """None when the server does not know the batch."""
        import anthropic

        async def call() -> Status | None:
            try:
                status = _status(await self.client.messages.batches.retrieve(batch_id))
            except anthropic.NotFoundError:
                return None
            if status.id != batch_id:
                raise ValueError(f"another batch, {status.id}")
            return status

        return await self._heard(call(), self.timeout_s)

    async def newest(self) -> str | Answer | None:
        """The id of the newest batch of all; None when there is none."""

        async def call() -> str | None:
            batches = _page(await self.client.messages.batches.list(limit=1))
            return _status(batches[0]).id if batches else None

        return await self._heard(call(), self.timeout_s)

    async def newer(self, than: str | None) -> Listed | Answer:
        """All batches down to that one, or all there are; no clock is asked."""

        async def call() -> Listed:
            found: list[Status] = []
            page = await self.client.messages.batches.list(limit=PAGE)
            while True:
                for batch in _page(page):
                    status = _status(batch)
                    if status.id == than:
                        return Listed(tuple(found), True)
                    found.append(status)
                if not page.has_next_page():
                    return Listed(tuple(found), than is None)
                page = await page.get_next_page()

        return await self._heard(call(), self.timeout_s)

    async def results(self, batch_id: str, until: float) -> AsyncGenerator[Result | Answer]:
        """The results in the order of the stream, torn lines left out; an Answer last when the stream broke off, or
        went on beyond `until`, in the loop's time: of a stream that trickles no wait for the next bytes is ever long.

        Lines end at line feeds alone: a reply may hold any other of the characters that Unicode takes for the end of a
        line.
        """
        calls = self.client.messages.batches.with_streaming_response
        rest = b""
        try:
            async with AsyncExitStack() as stack:
                async with asyncio.timeout_at(until):
                    opened = calls.results(batch_id, timeout=self.timeout_s)
                    chunks = (await stack.enter_async_context(opened)).iter_bytes()
                while (chunk := await _next(chunks, until)) is not None:
                    *whole, rest = (rest + chunk).split(b"\n")
                    for line in whole:
                        if result := self._result(line):
                            yield result
            if result := self._result(rest):
                yield result
        except _failures() as error:
            yield self._sorted(error)

    async def _heard(self, call: Coroutine[Any, Any, T], seconds: float) -> T | Answer:
        try:
            async with asyncio.timeout(seconds):
                return await call
        except _failures() as error:
            return self._sorted(error)

    def _sorted(self, error: Exception) -> Answer:
        if isinstance(error, ODD):
            answer = Answer("failed", error=f"200 without what was asked for ({error})", lost=True)
        else:
            answer = sort_error(error)
        return replace(answer, error=hide(answer.error, self.client.api_key))

    def _result(self, line: bytes) -> Result | None:
        result = read_result(line)
        return replace(result, error=hide(result.error, self.client.api_key)) if result and result.error else result


def _failures() -> tuple[type[Exception], ...]:
    import anthropic
    import httpx2

    return (anthropic.AnthropicError, httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, *ODD)


async def _next(chunks: AsyncIterator[bytes], until: float) -> bytes | None:
    async with asyncio.timeout_at(until):
        return await anext(chunks, None)


def _page(page: Any) -> list[Any]:
    """Raises ValueError where no list came: as an empty one it would say that there are no batches."""
    if not isinstance(getattr(page, "data", None), list):
        raise ValueError("no list of batches")
    return page.data  # type: ignore[no-any-return]


def _status(batch: Any) -> Status:
    """Raises ValueError where something else came: the SDK takes a batch for one whatever it lacks."""
    batch_id, said = getattr(batch, "id", None), getattr(batch, "processing_status", None)
    if not (isinstance(batch_id, str) and batch_id and isinstance(said, str)):
        raise ValueError("no batch")
    counts = {name: int(getattr(batch.request_counts, name, 0) or 0) for name in COUNTS}
    ended = said == "ended"
    return Status(batch_id, ended, counts, gone=ended and not batch.results_url)
