"""The results of a batch, read until every request has one: in any order, again from the start after a broken stream.

Replies go to the ledger as they come; only what became of each request is kept in memory.
"""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from pipeline.teacher.batches.service import BatchService
from pipeline.teacher.batches.values import Batch, Result, custom_id
from pipeline.teacher.client import Answer
from pipeline.teacher.ledger import Ledger
from pipeline.teacher.prices import Price
from pipeline.teacher.usage import usage

RESULT_S = 0.1
"""Seconds that each result of a batch is given, beside the timeout of a call."""
TOGETHER = 500
"""Lines that are handed to the ledger at once, to share an fsync."""


@dataclass(slots=True)
class Reading:
    """How far one batch has been read: the results by key, and what its replies have cost."""

    batch: Batch
    batch_id: str
    until: float
    """When it is given up, in the loop's time, however often it began anew: a server may send byte after byte."""
    results: dict[str, Result] = field(default_factory=dict)
    dollars: float = 0.0

    @property
    def missing(self) -> int:
        return len(self.batch.keys) - len(self.results)


async def read_on(reading: Reading, service: BatchService, ledger: Ledger, price: Price | None) -> Answer | None:
    """Reads the results once from their start and takes in what is new; how the stream broke off, if it did.

    A reply that is in the ledger already, from a reading that a crash ended, is not written again.
    """
    names = {custom_id(reading.batch.key, key): key for key in reading.batch.keys}
    fresh: list[tuple[str, str]] = []
    async with aclosing(service.results(reading.batch_id, reading.until)) as stream:
        async for result in stream:
            if isinstance(result, Answer):
                await _write(reading, fresh, ledger, price)
                return result
            key = names.get(result.custom_id)
            if key is None or key in reading.results:
                continue
            reading.results[key] = replace(result, body="")
            if result.kind == "ok" and key not in reading.batch.done:
                fresh.append((key, result.body))
            if len(fresh) == TOGETHER:
                await _write(reading, fresh, ledger, price)
                fresh = []
    await _write(reading, fresh, ledger, price)
    return None


async def _write(reading: Reading, replies: list[tuple[str, str]], ledger: Ledger, price: Price | None) -> None:
    async def write(key: str, body: str) -> None:
        used = usage(body, hour=True)
        dollars = price.dollars(used, batch=True) if price else None
        said = {"dollars": dollars, "batch": reading.batch.key, "tokens": used.tokens}
        await ledger.append("reply", key, **said, body=body)
        reading.dollars += dollars or 0.0

    await asyncio.gather(*(write(key, body) for key, body in replies))
