"""The simulated server's cache and its word on reply formats, as the SDK sees them."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anthropic
import jsonschema_rs
import pytest
from aiohttp import web

from pipeline.layers import BUILT_IN
from pipeline.teacher.prefix import mark_prefix
from pipeline.teacher.reply_format import sample_format
from pipeline.teacher.simulated.caching import PromptCache
from pipeline.teacher.simulated.responder import respond
from pipeline.teacher.simulated.server import create_app
from pipeline.teacher.simulated.settings import SimulatedSettings
from pipeline.teacher.usage import Usage, usage

PREFIX = "Be brief. " * 500  # 5,000 bytes, 1,250 tokens
DRAFT = "<cell>\nregister: plain\n</cell>\n<variation>{} of 9</variation>\n<style_reference>\nX\n</style_reference>"
Scenario = Callable[[anthropic.AsyncAnthropic], Awaitable[None]]


def asked(text: str = "hello", system: str = PREFIX, **more: Any) -> dict[str, Any]:
    body = {"model": "simulated-teacher", "max_tokens": 900, "messages": [{"role": "user", "content": text}], **more}
    return mark_prefix({**body, "system": system})


@asynccontextmanager
async def client_of(log: Path, settings: SimulatedSettings) -> AsyncIterator[anthropic.AsyncAnthropic]:
    runner = web.AppRunner(create_app(settings, respond, log, {}), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with anthropic.AsyncAnthropic(base_url=url, api_key="simulated", max_retries=0) as client:
            yield client
    finally:
        await runner.cleanup()


def play(folder: Path, scenario: Scenario, **settings: Any) -> list[dict[str, Any]]:
    async def main() -> None:
        async with client_of(folder / "log.jsonl", SimulatedSettings(**settings)) as client:
            await scenario(client)

    asyncio.run(main())
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


async def used(client: anthropic.AsyncAnthropic, body: dict[str, Any]) -> Usage:
    return usage((await client.messages.create(**body)).to_json())


def test_the_first_writes_the_prefix_and_later_ones_read_it(tmp_path: Path) -> None:
    async def scenario(client: anthropic.AsyncAnthropic) -> None:
        first, second, other = [
            await used(client, asked(text)) for text in ("one more", "two more", "a longer question than the others")
        ]
        assert (first.input, first.cache_write, first.cache_read) == (2, 1250, 0)
        assert (second.input, second.cache_write, second.cache_read) == (2, 0, 1250)
        assert (other.input, other.cache_read) == (9, 1250)
        assert first.prompt == second.prompt == 1252
        message = await client.messages.create(**asked("x", f"{PREFIX}!"))
        assert message.usage.cache_read_input_tokens == 0
        assert message.usage.cache_creation is not None
        assert message.usage.cache_creation.ephemeral_5m_input_tokens == 1251

    log = play(tmp_path, scenario)
    assert [line.get("cache_read") for line in log] == [0, 1250, 1250, 0]


def test_what_is_not_marked_too_short_or_of_another_model_or_format_is_not_read(tmp_path: Path) -> None:
    async def scenario(client: anthropic.AsyncAnthropic) -> None:
        await used(client, asked())
        plain = {**asked(), "system": PREFIX}
        format_ = {"format": sample_format({"properties": {"a": {"type": "null"}}})}
        for body in (plain, asked(system=PREFIX[:4000]), asked(model="other"), asked(output_config=format_)):
            assert (await used(client, body)).cache_read == 0
        assert (await used(client, asked(system=PREFIX[:4000]))).cache_write == 0
        assert (await used(client, asked())).cache_read == 1250

    play(tmp_path, scenario, models=("simulated-teacher", "other"))


def test_requests_that_start_together_each_write_the_prefix(tmp_path: Path) -> None:
    async def scenario(client: anthropic.AsyncAnthropic) -> None:
        together = await asyncio.gather(*(used(client, asked(str(number))) for number in range(5)))
        assert [one.cache_write for one in together] == [1250] * 5
        later = await asyncio.gather(*(used(client, asked(str(number))) for number in range(5)))
        assert [one.cache_read for one in later] == [1250] * 5

    play(tmp_path, scenario, latency_ms=(200, 200))


def test_what_is_read_from_the_cache_takes_nothing_from_the_limit(tmp_path: Path) -> None:
    async def scenario(client: anthropic.AsyncAnthropic) -> None:
        await used(client, asked("first"))
        for number in range(8):
            assert (await used(client, asked(str(number)))).cache_read == 1250
        await used(client, {**asked("first unmarked"), "system": PREFIX})
        with pytest.raises(anthropic.RateLimitError):
            await used(client, {**asked("second unmarked"), "system": PREFIX})

    play(tmp_path, scenario, input_tokens_per_minute=2600, burst_s=60)


def test_a_prefix_lives_five_minutes_from_its_last_use() -> None:
    cache = PromptCache(100)

    def read(now: float, ttl: str = "5m") -> int:
        split = cache.split(mark_prefix({**asked(), "system": PREFIX}, ttl), now)  # type: ignore[arg-type]
        cache.keep(split, now, now + 2)
        return split.read

    assert [read(0), read(1), read(2), read(301), read(602), read(905)] == [0, 0, 1250, 1250, 1250, 0]
    assert [read(2000, "1h"), read(5500, "1h")] == [0, 1250]


def test_a_server_without_a_cache_says_nothing_of_one(tmp_path: Path) -> None:
    async def scenario(client: anthropic.AsyncAnthropic) -> None:
        for found in [await used(client, asked()) for _ in range(2)]:
            assert (found.input, found.prompt) == (1252, 1252)

    play(tmp_path, scenario, cache_minimum=None)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"system": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}] * 5}, "maximum of 4"),
        ({"system": [{"type": "text", "text": "a", "cache_control": {"type": "lasting"}}]}, "not ephemeral"),
        ({"cache_control": {"type": "ephemeral", "ttl": "2h"}}, "ttl of 5m or 1h"),
        ({"output_config": {"format": {"type": "json"}}}, r"output_config\.format"),
        ({"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}, "additionalProperties"),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": {"type": "string", "maxLength": 1}}}},
            "'maxLength' is not supported",
        ),
    ],
)
def test_marks_and_formats_that_the_api_refuses_are_refused(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    async def scenario(client: anthropic.AsyncAnthropic) -> None:
        with pytest.raises(anthropic.BadRequestError, match=why):
            await client.messages.create(**{**asked(), **change})

    play(tmp_path, scenario)


def test_a_mark_on_the_request_is_one_on_its_last_block(tmp_path: Path) -> None:
    async def scenario(client: anthropic.AsyncAnthropic) -> None:
        body = {**asked(PREFIX), "system": "short", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
        message = await client.messages.create(**body)
        assert message.usage.cache_creation is not None
        assert message.usage.cache_creation.ephemeral_1h_input_tokens == 1252
        assert (await used(client, body)).cache_read == 1252

    play(tmp_path, scenario)


def test_faultless_replies_follow_the_format_and_the_same_reply_comes_without_one(tmp_path: Path) -> None:
    made = sample_format(json.loads((BUILT_IN / "contracts/schema.json").read_text()))
    validator = jsonschema_rs.validator_for(made["schema"])

    async def scenario(client: anthropic.AsyncAnthropic) -> None:
        for number in range(1, 10):
            body = asked(DRAFT.format(number))
            with_format = await client.messages.create(**body, output_config={"format": made})
            without = await client.messages.create(**body)
            assert with_format.content[0].text == without.content[0].text  # type: ignore[union-attr]
            assert validator.is_valid(json.loads(with_format.content[0].text))  # type: ignore[union-attr]

    play(tmp_path, scenario)
