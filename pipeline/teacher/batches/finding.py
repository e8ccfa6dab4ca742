"""The search for a batch whose submission broke off: by what is newer, by its size, at last by its results."""

import asyncio
from collections.abc import Set
from contextlib import aclosing
from dataclasses import dataclass

from pipeline.errors import TeacherError
from pipeline.teacher.batches.service import BatchService, Status
from pipeline.teacher.batches.values import Batch
from pipeline.teacher.client import Answer


@dataclass(frozen=True, slots=True)
class Search:
    """One look. `ours` is the id, once that is certain; `foreign` are the ids that are somebody else's for certain;
    `alike` may still turn out to be ours. `reaches`: the list goes down to the batch that was the newest at the intent.
    """

    ours: str | None
    foreign: frozenset[str]
    alike: tuple[Status, ...]
    reaches: bool


async def search(service: BatchService, batch: Batch, strange: Set[str]) -> Search | Answer:
    """`strange` are ids that are known to be other batches'. One that does not say how large it is may be ours."""
    listed = await service.newer(batch.newest)
    if isinstance(listed, Answer):
        return listed
    alike: list[Status] = []
    foreign: set[str] = set()
    for status in listed.newer:
        if status.id in strange or status.gone or status.total not in (0, len(batch.keys)):
            continue
        ours = await is_ours(service, batch, status.id) if status.ended else None
        if ours:
            return Search(status.id, frozenset(foreign), (status,), listed.known)
        if ours is None:
            alike.append(status)
        else:
            foreign.add(status.id)
    return Search(None, frozenset(foreign), tuple(alike), listed.known)


async def is_ours(service: BatchService, batch: Batch, batch_id: str) -> bool | None:
    """Whether the results of a batch at the server carry this batch's mark; None while they cannot be read."""
    until = asyncio.get_running_loop().time() + service.timeout_s
    async with aclosing(service.results(batch_id, until)) as results:
        async for result in results:
            return None if isinstance(result, Answer) else result.custom_id.startswith(f"{batch.key}-")
    return None


def unknown(batch: Batch, what: str, section: str) -> TeacherError:
    """What a person is told of a batch that is at the server no more, or under another key."""
    left = len(batch.keys - batch.done)
    return TeacherError(
        f"batch {batch.name}: the server does not know {what} (any more); use the key of the workspace that it was "
        f"sent to, or --set '{section}.batches.forget=[{batch.name}]' to send, and pay, its {left:,} requests again"
    )
