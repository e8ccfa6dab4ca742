"""The simulated server's Message Batches as the anthropic SDK sees them."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import anthropic
import pytest
from aiohttp import web
from anthropic import AsyncAnthropic
from anthropic.types.messages import MessageBatch, MessageBatchIndividualResponse

from pipeline.canonical import content_hash
from pipeline.teacher.simulated.responder import respond
from pipeline.teacher.simulated.server import create_app
from pipeline.teacher.simulated.settings import SimulatedSettings

Scenario = Callable[[AsyncAnthropic], Awaitable[Any]]


def params(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "simulated-teacher", "max_tokens": 50, "messages": [{"role": "user", "content": text}], **more}


def asked(*texts: str) -> list[Any]:
    return [{"custom_id": text, "params": params(text)} for text in texts]


def play(folder: Path, scenario: Scenario, plan: Mapping[str, Any] | None = None, **settings: Any) -> Any:
    async def main() -> Any:
        app = create_app(SimulatedSettings(**{"batch_s": 0, **settings}), respond, folder / "log.jsonl", plan or {})
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            async with AsyncAnthropic(base_url=url, api_key="simulated", max_retries=0) as client:
                return await scenario(client)
        finally:
            await runner.cleanup()

    return asyncio.run(main())


async def ended(client: AsyncAnthropic, batch: MessageBatch) -> MessageBatch:
    async with asyncio.timeout(10):
        while (now := await client.messages.batches.retrieve(batch.id)).processing_status != "ended":
            await asyncio.sleep(0.01)
    return now


async def results(client: AsyncAnthropic, batch: MessageBatch) -> list[MessageBatchIndividualResponse]:
    return [line async for line in await client.messages.batches.results(batch.id)]


def entry_lines(folder: Path) -> list[dict[str, Any]]:
    lines = map(json.loads, (folder / "log.jsonl").read_text().splitlines())
    return [line for line in lines if line["path"] == "/v1/messages/batches#entry"]


def test_a_batch_is_in_progress_then_ends_and_says_of_each_request_what_a_single_call_would(tmp_path: Path) -> None:
    async def scenario(client: AsyncAnthropic) -> None:
        texts = [f"text {number}".replace(" ", "_") for number in range(30)]
        batch = await client.messages.batches.create(requests=asked(*texts))
        assert batch.id.startswith("msgbatch_")
        assert (batch.type, batch.processing_status, batch.results_url) == ("message_batch", "in_progress", None)
        assert (batch.request_counts.processing, batch.request_counts.succeeded) == (30, 0)
        assert (batch.expires_at - batch.created_at).total_seconds() == 86_400
        over = await ended(client, batch)
        assert over.ended_at is not None
        assert over.ended_at > over.created_at
        assert over.request_counts.to_dict() == {
            "processing": 0,
            "succeeded": 30,
            "errored": 0,
            "canceled": 0,
            "expired": 0,
        }
        found = await results(client, batch)
        assert sorted(line.custom_id for line in found) == sorted(texts)
        assert [line.custom_id for line in found] != texts
        for line in found:
            online = await client.messages.create(**params(line.custom_id))
            assert line.result.type == "succeeded"
            assert line.result.message.id == online.id
            assert line.result.message.content == online.content
            assert line.result.message.usage.service_tier == "batch"

    play(tmp_path, scenario, requests_per_minute=60_000, batch_s=0.05)
    assert len(entry_lines(tmp_path)) == 30
    assert {line["status"] for line in entry_lines(tmp_path)} == {200}


def test_no_limit_of_a_minute_holds_for_batches(tmp_path: Path) -> None:
    async def scenario(client: AsyncAnthropic) -> None:
        batch = await client.messages.batches.create(requests=asked(*"abcdefgh"))
        assert (await ended(client, batch)).request_counts.succeeded == 8

    play(tmp_path, scenario, requests_per_minute=1)


def test_entries_meet_the_faults_that_were_planned_for_them(tmp_path: Path) -> None:
    plan = {
        content_hash(params("a")): {"batch": "expired"},
        content_hash(params("b")): {"batch": "errored", "times": 2},
        content_hash(params("c")): {"batch": "invalid"},
    }

    async def scenario(client: AsyncAnthropic) -> list[dict[str, str]]:
        seen = []
        for _ in range(3):
            batch = await client.messages.batches.create(
                requests=[*asked(*"abcd"), {"custom_id": "e", "params": params("e", temperature=1)}]
            )
            await ended(client, batch)
            lines = await results(client, batch)
            seen.append(
                {
                    line.custom_id: line.result.error.error.type if line.result.type == "errored" else line.result.type
                    for line in lines
                }
            )
        return seen

    first, second, third = play(tmp_path, scenario, plan)
    bad = "invalid_request_error"
    assert first == {"a": "expired", "b": "api_error", "c": bad, "d": "succeeded", "e": bad}
    assert second == {"a": "succeeded", "b": "api_error", "c": "succeeded", "d": "succeeded", "e": bad}
    assert third == {"a": "succeeded", "b": "succeeded", "c": "succeeded", "d": "succeeded", "e": bad}


def test_rates_decide_by_the_request_and_its_attempt(tmp_path: Path) -> None:
    async def scenario(client: AsyncAnthropic) -> Counter[str]:
        batch = await client.messages.batches.create(requests=asked(*map(str, range(200))))
        await ended(client, batch)
        return Counter(line.result.type for line in await results(client, batch))

    counts = play(tmp_path, scenario, batch_rates={"expired": 0.2, "errored": 0.1})
    assert 20 < counts["expired"] < 60
    assert 5 < counts["errored"] < 40
    assert counts == play(tmp_path, scenario, batch_rates={"expired": 0.2, "errored": 0.1})


def test_the_list_has_the_newest_first_and_pages_in_both_directions(tmp_path: Path) -> None:
    async def scenario(client: AsyncAnthropic) -> None:
        made = [(await client.messages.batches.create(requests=asked("a"))).id for _ in range(7)]
        newest_first = made[::-1]
        assert [one.id async for one in client.messages.batches.list(limit=2)] == newest_first
        page = await client.messages.batches.list(limit=2, after_id=newest_first[1])
        assert [one.id for one in page.data] == newest_first[2:4]
        assert (page.first_id, page.last_id, page.has_more) == (newest_first[2], newest_first[3], True)
        page = await client.messages.batches.list(limit=2, before_id=newest_first[4])
        assert [one.id for one in page.data] == newest_first[2:4]
        with pytest.raises(anthropic.BadRequestError):
            await client.messages.batches.list(after_id="msgbatch_none")

    play(tmp_path, scenario)


def test_a_canceled_batch_ends_without_processing_what_was_left(tmp_path: Path) -> None:
    async def scenario(client: AsyncAnthropic) -> None:
        batch = await client.messages.batches.create(requests=asked(*"abc"))
        assert (await client.messages.batches.cancel(batch.id)).processing_status == "canceling"
        over = await ended(client, batch)
        assert (over.request_counts.canceled, over.cancel_initiated_at is not None) == (3, True)
        assert {line.result.type for line in await results(client, batch)} == {"canceled"}

    play(tmp_path, scenario, batch_s=60)
    assert entry_lines(tmp_path) == []


def test_what_the_api_would_refuse_is_refused(tmp_path: Path) -> None:
    async def scenario(client: AsyncAnthropic) -> None:
        create = client.messages.batches.create
        for wrong in ([], asked("a", "a"), asked("not allowed"), asked("x" * 65), [{"custom_id": "a"}]):
            with pytest.raises(anthropic.BadRequestError):
                await create(requests=wrong)
        with pytest.raises(anthropic.BadRequestError):
            await create(requests=asked("a", "b", "c"))
        with pytest.raises(anthropic.APIStatusError, match="request_too_large"):
            await create(requests=[{"custom_id": "a", "params": params("x" * 1000)}])
        with pytest.raises(anthropic.NotFoundError):
            await client.messages.batches.retrieve("msgbatch_none")

    play(tmp_path, scenario, batch_requests=2, batch_bytes=900)


def test_calls_meet_planned_faults_and_a_dropped_reply_leaves_the_batch_behind(tmp_path: Path) -> None:
    plan = {
        "POST /v1/messages/batches": {"server": "dropped"},
        "GET /v1/messages/batches/{id}": {"server": "overloaded"},
    }

    async def scenario(client: AsyncAnthropic) -> None:
        with pytest.raises(anthropic.APIConnectionError):
            await client.messages.batches.create(requests=asked("a"))
        (left,) = [one async for one in client.messages.batches.list()]
        with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
            await client.messages.batches.retrieve(left.id)
        await ended(client, left)

    play(tmp_path, scenario, plan)
    assert len(entry_lines(tmp_path)) == 1
