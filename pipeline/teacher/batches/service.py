"""The Message Batches endpoint over the anthropic SDK: plain values out, every error sorted by what to do next.

No error shows the key, even where the server repeats it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipeline.teacher.batches.values import Result, read_result
from pipeline.teacher.client import Answer, hide, sort_error

if TYPE_CHECKING:
    import anthropic

PATH = "/v1/messages/batches"
PAGE = 100
UPLOAD_S = 600.0
"""The least that a submission is given: its body has up to 256 MB."""
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
        import anthropic
        from anthropic.types.messages import MessageBatch

        seconds = max(self.timeout_s, UPLOAD_S)
        try:
            async with asyncio.timeout(seconds):
                made = await self.client.post(
                    PATH,
                    cast_to=MessageBatch,
                    content=body,
                    options={"headers": {"content-type": "application/json"}, "timeout": seconds},
                )
                return _status(made)
        except (anthropic.APIError, TimeoutError, AttributeError) as error:
            return self._sorted(error)

    async def retrieve(self, batch_id: str) -> Status | Answer | None:
        """None when the server does not know the batch."""
        import anthropic

        try:
            async with asyncio.timeout(self.timeout_s):
                return _status(await self.client.messages.batches.retrieve(batch_id))
        except anthropic.NotFoundError:
            return None
        except (anthropic.APIError, TimeoutError, AttributeError) as error:
            return self._sorted(error)

    async def newest(self) -> str | Answer | None:
        """The id of the newest batch of all; None when there is none."""
        import anthropic

        try:
            async with asyncio.timeout(self.timeout_s):
                page = await self.client.messages.batches.list(limit=1)
                return page.data[0].id if page.data else None
        except (anthropic.APIError, TimeoutError, AttributeError) as error:
            return self._sorted(error)

    async def newer(self, than: str | None) -> Listed | Answer:
        """All batches down to that one, or all there are; no clock is asked."""
        import anthropic

        found: list[Status] = []
        try:
            async with asyncio.timeout(self.timeout_s):
                async for batch in self.client.messages.batches.list(limit=PAGE):
                    if batch.id == than:
                        return Listed(tuple(found), True)
                    found.append(_status(batch))
                return Listed(tuple(found), than is None)
        except (anthropic.APIError, TimeoutError, AttributeError) as error:
            return self._sorted(error)

    async def results(self, batch_id: str) -> AsyncGenerator[Result | Answer]:
        """The results in the order of the stream, torn lines left out; an Answer last when the stream broke off.

        Lines end at line feeds alone: a reply may hold any other of the characters that Unicode takes for the end of a
        line.
        """
        import anthropic
        import httpx2

        rest = b""
        try:
            calls = self.client.messages.batches.with_streaming_response
            async with calls.results(batch_id, timeout=self.timeout_s) as response:
                async for chunk in response.iter_bytes():
                    *whole, rest = (rest + chunk).split(b"\n")
                    for line in whole:
                        if result := self._result(line):
                            yield result
            if result := self._result(rest):
                yield result
        except (anthropic.AnthropicError, httpx2.HTTPError, TimeoutError) as error:
            yield self._sorted(error)

    def _sorted(self, error: Exception) -> Answer:
        answer = sort_error(error)
        return replace(answer, error=hide(answer.error, self.client.api_key))

    def _result(self, line: bytes) -> Result | None:
        result = read_result(line)
        return replace(result, error=hide(result.error, self.client.api_key)) if result and result.error else result


def _status(batch: Any) -> Status:
    """AttributeError where a proxy sent a page instead of a batch."""
    counts = {name: int(getattr(batch.request_counts, name, 0) or 0) for name in COUNTS}
    ended = batch.processing_status == "ended"
    return Status(batch.id, ended, counts, gone=ended and not batch.results_url)
