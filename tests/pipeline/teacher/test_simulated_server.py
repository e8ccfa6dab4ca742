"""The simulated server as a client sees it: the anthropic SDK against the real server on a free port."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import anthropic
import pytest
from aiohttp import web
from anthropic import AsyncAnthropic
from pydantic import ValidationError

from pipeline.canonical import content_hash
from pipeline.errors import InputError
from pipeline.teacher.prefix import unmarked
from pipeline.teacher.simulated.fate import fate
from pipeline.teacher.simulated.responder import Reply, respond
from pipeline.teacher.simulated.server import create_app
from pipeline.teacher.simulated.settings import SERVER_FAULTS, SimulatedSettings

pytestmark = pytest.mark.slow

Scenario = Callable[[AsyncAnthropic], Awaitable[Any]]
MODEL = "simulated-teacher"


def body(text: str = "hello", max_tokens: int = 1000, **more: Any) -> dict[str, Any]:
    return {"model": MODEL, "max_tokens": max_tokens, "messages": [{"role": "user", "content": text}], **more}


def echo(asked: Mapping[str, Any], _settings: SimulatedSettings, entry: Mapping[str, Any] | None) -> Reply:
    """A teacher that says what it was asked and what was planned for it."""
    return Reply(json.dumps({"asked": asked["messages"][-1]["content"], "entry": entry}), "end_turn")


@asynccontextmanager
async def serving(log: Path, settings: SimulatedSettings, plan: Mapping[str, Any], answer: Any) -> AsyncIterator[str]:
    runner = web.AppRunner(create_app(settings, answer, log, plan), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def play(folder: Path, scenario: Scenario, plan: Mapping[str, Any] | None = None, **settings: Any) -> Any:
    """Run the scenario with an SDK client that never retries, on a server that logs to folder/log.jsonl."""
    answer = settings.pop("answer", echo)

    async def main() -> Any:
        url = serving(folder / "log.jsonl", SimulatedSettings(**settings), plan or {}, answer)
        plain = anthropic.DefaultAsyncHttpxClient(verify=False)  # reading all certificates takes as long as a test
        access = {"api_key": "simulated", "max_retries": 0, "http_client": plain}
        async with url as base_url, AsyncAnthropic(base_url=base_url, **access) as client:
            return await scenario(client)

    return asyncio.run(main())


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


async def first_line(folder: Path) -> None:
    async with asyncio.timeout(10):
        while not lines(folder):
            await asyncio.sleep(0.01)


async def outcome(client: AsyncAnthropic, asked: dict[str, Any]) -> str:
    """The text of the reply, or the name of the SDK's exception."""
    try:
        message = await client.messages.create(**asked)
    except anthropic.APIError as error:
        return type(error).__name__
    return str(message.content[0].text)


def test_a_reply_is_a_message_whose_usage_and_id_follow_from_the_request(tmp_path: Path) -> None:
    async def scenario(client: AsyncAnthropic) -> None:
        asked = body("hello", system=[{"type": "text", "text": "be brief"}])
        message, again = [await client.messages.create(**asked) for _ in range(2)]
        assert message.content[0].text == '{"asked": "hello", "entry": null}'
        assert (message.model, message.role, message.type) == (MODEL, "assistant", "message")
        assert (message.stop_reason, message.stop_sequence) == ("end_turn", None)
        assert message.usage.to_dict() == {
            "input_tokens": 4,  # "be brief" and "hello" are 13 bytes
            "output_tokens": 9,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
        }
        assert message.id == again.id == f"msg_{content_hash(unmarked(asked))[:24]}"
        assert message._request_id != again._request_id
        assert (await client.messages.create(**body("other"))).id != message.id

    play(tmp_path, scenario)


def test_counting_tokens_agrees_with_the_usage_of_the_reply(tmp_path: Path) -> None:
    async def scenario(client: AsyncAnthropic) -> None:
        asked = body("Überschrift – naïve façade", system="sötvatten")
        counted = await client.messages.count_tokens(**{name: asked[name] for name in ("model", "messages", "system")})
        message = await client.messages.create(**asked)
        assert counted.input_tokens == message.usage.input_tokens == 11  # 41 bytes

    play(tmp_path, scenario)


@pytest.mark.parametrize(("max_tokens", "text"), [(3, "ééé" + "ééé"), (2, "ééé\N{SNOWMAN}"), (1, "abcd" * 2)])
def test_a_reply_longer_than_max_tokens_is_cut_there(tmp_path: Path, max_tokens: int, text: str) -> None:
    async def scenario(client: AsyncAnthropic) -> None:
        message = await client.messages.create(**body(max_tokens=max_tokens))
        cut = message.content[0].text
        if len(text.encode()) <= max_tokens * 4:
            assert (message.stop_reason, cut) == ("end_turn", text)
        else:
            assert message.stop_reason == "max_tokens"
            assert text.startswith(cut)
            assert max_tokens * 4 - 3 <= len(cut.encode()) <= max_tokens * 4
        assert message.usage.output_tokens == max_tokens

    play(tmp_path, scenario, answer=lambda *_: Reply(text, "end_turn"))


def test_the_models_are_listed_and_found_by_name(tmp_path: Path) -> None:
    async def scenario(client: AsyncAnthropic) -> None:
        assert [model.id async for model in client.models.list()] == ["small", "large/2"]
        assert (await client.models.retrieve("small")).lifecycle == "active"
        with pytest.raises(anthropic.NotFoundError):
            await client.models.retrieve("medium")

    play(tmp_path, scenario, models=("small", "large/2"))


def test_only_the_right_key_is_let_in_as_bearer_or_as_x_api_key(tmp_path: Path) -> None:
    async def scenario(client: AsyncAnthropic) -> None:
        for key in ("wrong", "simulated2", "ключ".encode().decode("latin-1")):
            with pytest.raises(anthropic.AuthenticationError) as caught:
                await client.with_options(api_key=key).messages.create(**body())
            assert caught.value.type == "authentication_error"
            assert caught.value.body["request_id"] == caught.value.request_id
        async with aiohttp.ClientSession() as session:
            for headers, status in ({"x-api-key": "simulated"}, 200), ({"Authorization": "simulated"}, 401), ({}, 401):
                url = f"{client.base_url}/v1/messages"
                async with session.post(url, json=body(), headers=headers) as response:
                    assert response.status == status

    play(tmp_path, scenario)
    log = (tmp_path / "log.jsonl").read_text()
    assert "wrong" not in log
    assert "simulated2" not in log


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (body(extra_body={"temperature": 1.0}), "temperature"),
        (body(extra_body={"seed": 3}), "seed: Extra inputs"),
        (body(stream=True), "does not stream"),
        (body(stop_sequences=["\n"]), "stop_sequences"),
        (body(max_tokens=0), "max_tokens: 0"),
        (body(extra_body={"max_tokens": True}), "max_tokens: True"),
        (body(extra_body={"model": None}), "model: None"),
        (body(""), r"messages\.0\.content"),
        (body(messages=[]), "at least one message"),
        (body(messages=[{"role": "system", "content": "x"}]), r"messages\.0: an object"),
        (body(messages=[{"role": "user", "content": [{"type": "text"}]}]), r"messages\.0\.content"),
        (body(messages=[{"role": "assistant", "content": "x"}]), "first message"),
        (
            body(messages=[{"role": "user", "content": "x"}, {"role": "assistant", "content": "{"}]),
            r"messages\.1: .*go on",
        ),
        (body(system=[{"type": "text", "text": 1}]), "system"),
    ],
)
def test_a_request_that_the_api_would_refuse_is_a_bad_request(tmp_path: Path, asked: Any, named: str) -> None:
    async def scenario(client: AsyncAnthropic) -> None:
        with pytest.raises(anthropic.BadRequestError, match=named) as caught:
            await client.messages.create(**asked)
        assert caught.value.type == "invalid_request_error"

    play(tmp_path, scenario)


@pytest.mark.parametrize("raw", [b"", b"{", b"[1]", b'{"n": NaN}', b'{"n": 1e999}', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_a_bad_request(tmp_path: Path, raw: bytes) -> None:
    async def scenario(client: AsyncAnthropic) -> None:
        async with aiohttp.ClientSession(headers={"x-api-key": "simulated"}) as session:
            async with session.post(f"{client.base_url}/v1/messages", data=raw) as response:
                assert response.status == 400
                assert (await response.json())["error"]["type"] == "invalid_request_error"
            async with session.post(f"{client.base_url}/v1/messages", json=body()) as response:
                assert response.status == 200

    play(tmp_path, scenario)


def test_unknown_models_and_endpoints_are_not_found_and_huge_bodies_too_large(tmp_path: Path) -> None:
    async def scenario(client: AsyncAnthropic) -> None:
        with pytest.raises(anthropic.NotFoundError, match="model: gpt"):
            await client.messages.create(**(body() | {"model": "gpt"}))
        with pytest.raises(anthropic.NotFoundError, match="no such endpoint"):
            await client.messages.batches.delete("msgbatch_1")
        with pytest.raises(anthropic.ContentTooLargeError) as caught:
            await client.messages.create(**body("x" * (32 * 2**20)))
        assert caught.value.type == "request_too_large"

    play(tmp_path, scenario)


@pytest.mark.parametrize(
    ("fault", "error", "status"),
    [
        ("rate_limited", "RateLimitError", 429),
        ("overloaded", "OverloadedError", 529),
        ("server_error", "InternalServerError", 500),
        ("dropped", "APIConnectionError", 0),
        ("half_sent", "APIConnectionError", 0),
    ],
)
def test_each_fault_of_the_server_reaches_the_sdk_as_its_error(
    tmp_path: Path, fault: str, error: str, status: int
) -> None:
    assert play(tmp_path, lambda client: outcome(client, body()), server_rates={fault: 1.0}) == error
    (line,) = lines(tmp_path)
    assert (line["status"], line["fault"], line["attempt"]) == (status, fault, 1)


def test_a_half_sent_reply_promises_more_than_it_holds(tmp_path: Path) -> None:
    async def scenario(client: AsyncAnthropic) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
        sent = json.dumps(body("long" * 500)).encode()
        head = f"POST /v1/messages HTTP/1.1\r\nHost: x\r\nx-api-key: simulated\r\nContent-Length: {len(sent)}\r\n\r\n"
        writer.write(head.encode() + sent)
        got = await reader.read()
        writer.close()
        await writer.wait_closed()
        return got

    head, _, rest = play(tmp_path, scenario, server_rates={"half_sent": 1.0}).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    promised = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    assert len(rest) == promised // 2 > 1000


def test_a_slow_reply_comes_late_and_a_random_429_says_when_to_come_again(tmp_path: Path) -> None:
    start = time.monotonic()
    play(tmp_path, lambda client: outcome(client, body()), server_rates={"slow": 1.0}, slow_s=0.2)
    assert 0.2 <= time.monotonic() - start < 5

    async def scenario(client: AsyncAnthropic) -> None:
        with pytest.raises(anthropic.RateLimitError) as caught:
            await client.messages.create(**body())
        assert caught.value.response.headers["retry-after"] == "0.25"

    play(tmp_path, scenario, server_rates={"rate_limited": 1.0}, retry_after_s=0.25)


def test_faults_depend_on_the_request_and_its_attempt_alone_so_runs_agree_and_retries_succeed(tmp_path: Path) -> None:
    rates = {"overloaded": 0.3, "dropped": 0.2, "half_sent": 0.1}

    async def scenario(client: AsyncAnthropic, order: list[int]) -> dict[int, list[str]]:
        async def until_answered(number: int) -> list[str]:
            met: list[str] = []
            while not met or met[-1].endswith("Error"):
                met.append(await outcome(client, body(f"item {number}")))
            return met

        return dict(zip(order, await asyncio.gather(*map(until_answered, order)), strict=True))

    there = play(tmp_path, lambda client: scenario(client, list(range(20))), server_rates=rates)
    back = play(tmp_path, lambda client: scenario(client, list(range(20))[::-1]), server_rates=rates)
    assert there == back
    assert {len(met) for met in there.values()} > {1, 2}


def test_faults_come_as_often_as_the_rates_say() -> None:
    rates = {"slow": 0.1, "overloaded": 0.2, "dropped": 0.05}
    settings = SimulatedSettings(server_rates=rates, latency_ms=(20, 40), slow_s=1.0)
    drawn = [fate(settings, {}, content_hash(number), 1) for number in range(4000)]
    for fault in SERVER_FAULTS:
        share = sum(one == fault for one, _ in drawn) / len(drawn)
        assert share == pytest.approx(rates.get(fault, 0.0), abs=0.025)
    plain = [delay for fault, delay in drawn if fault != "slow"]
    assert 0.02 <= min(plain) < 0.021
    assert 0.039 < max(plain) <= 0.04
    assert all(1.02 <= delay <= 1.04 for fault, delay in drawn if fault == "slow")


def test_a_plan_fails_the_first_attempts_of_one_request_and_leaves_the_others_alone(tmp_path: Path) -> None:
    async def scenario(client: AsyncAnthropic) -> list[str]:
        return [await outcome(client, asked) for asked in (body("a"), body("b"), body("a"), body("a"))]

    met = play(tmp_path, scenario, {content_hash(body("a")): {"server": "overloaded", "times": 2}})
    assert met[0] == met[2] == "OverloadedError"
    assert '"a"' in met[3]
    assert '"b"' in met[1]
    assert [(line["attempt"], line["status"]) for line in lines(tmp_path)] == [(1, 529), (1, 200), (2, 529), (3, 200)]


def test_a_planned_request_meets_no_random_fault_and_its_entry_goes_to_the_responder(tmp_path: Path) -> None:
    plan = {content_hash(body("a")): {"fault": "twin", "of": "b"}}

    async def scenario(client: AsyncAnthropic) -> list[str]:
        return [await outcome(client, asked) for asked in (body("a"), body("b"))]

    planned, other = play(tmp_path, scenario, plan, server_rates={"server_error": 1.0})
    assert json.loads(planned)["entry"] == {"fault": "twin", "of": "b"}
    assert other == "InternalServerError"


@pytest.mark.parametrize("entry", [{"server": "overload"}, {"server": "slow", "times": 0}, {"times": "2"}])
def test_a_plan_that_the_server_cannot_follow_is_refused(tmp_path: Path, entry: Mapping[str, Any]) -> None:
    with pytest.raises(InputError, match="plan abc: "):
        create_app(SimulatedSettings(), echo, tmp_path / "log.jsonl", {"abc": entry})


def test_the_limits_hold_and_a_refused_request_is_told_how_long_to_wait(tmp_path: Path) -> None:
    async def scenario(client: AsyncAnthropic) -> float:
        async def worker(name: int) -> None:
            for turn in range(60):
                try:
                    await client.messages.create(**body(f"{name} {turn}"))
                except anthropic.RateLimitError as error:
                    refused.append(error)

        refused: list[anthropic.RateLimitError] = []
        start = time.monotonic()
        await asyncio.gather(*map(worker, range(4)))
        seconds = time.monotonic() - start
        assert {error.type for error in refused} == {"rate_limit_error"}
        assert all(0 < float(error.response.headers["retry-after"]) <= 0.051 for error in refused)
        return seconds

    seconds = play(tmp_path, scenario, requests_per_minute=1200, burst_s=0.5)
    let_in = sum(line["status"] == 200 for line in lines(tmp_path))
    assert 10 <= let_in <= 10 + 20 * seconds
    assert {line["status"] for line in lines(tmp_path)} == {200, 429}


def test_waiting_for_retry_after_gets_every_request_in_and_a_refusal_is_not_an_attempt(tmp_path: Path) -> None:
    async def scenario(client: AsyncAnthropic) -> None:
        for number in range(12):
            while True:
                try:
                    await client.messages.create(**body(f"item {number}"))
                    break
                except anthropic.RateLimitError as error:
                    await asyncio.sleep(float(error.response.headers["retry-after"]))

    play(tmp_path, scenario, output_tokens_per_minute=9000, burst_s=0.2)
    log = lines(tmp_path)
    assert sum(line["status"] == 200 for line in log) == 12
    assert any(line["status"] == 429 for line in log)
    assert {line["attempt"] for line in log} == {1}


def test_the_rate_limit_headers_count_down_for_each_model_by_itself(tmp_path: Path) -> None:
    async def scenario(client: AsyncAnthropic) -> None:
        async def headers(model: str) -> Mapping[str, str]:
            return (await client.messages.with_raw_response.create(**(body() | {"model": model}))).headers

        first, second, other = await headers("a"), await headers("a"), await headers("b")
        name = "anthropic-ratelimit-{}-{}".format
        assert first[name("requests", "limit")] == "6"
        left = [int(seen[name("requests", "remaining")]) for seen in (first, second, other)]
        assert left == [5, 4, 5]
        assert 900 <= int(first[name("input-tokens", "remaining")]) < 1000
        assert name("output-tokens", "limit") not in first
        reset = datetime.fromisoformat(first[name("requests", "reset")])
        assert 5 < (reset - datetime.now(UTC)).total_seconds() <= 12

    limits = {"requests_per_minute": 6, "input_tokens_per_minute": 1000}
    play(tmp_path, scenario, models=("a", "b"), burst_s=60.0, **limits)


def test_the_log_has_one_line_for_each_request_with_what_it_cost(tmp_path: Path) -> None:
    async def scenario(client: AsyncAnthropic) -> None:
        await outcome(client, body("one"))
        await outcome(client, body("one"))
        await outcome(client, body(extra_body={"temperature": 1.0}))
        await client.messages.count_tokens(model=MODEL, messages=body()["messages"])

    before = time.time()
    play(tmp_path, scenario)
    first, second, refused, counted = lines(tmp_path)
    assert before <= first.pop("at") <= second.pop("at") <= time.time()
    spent = {"input_tokens": 1, "output_tokens": 8}
    same = {"path": "/v1/messages", "body": content_hash(body("one")), "status": 200, "fault": None, **spent}
    assert first == same | {"attempt": 1}
    assert second == same | {"attempt": 2}
    assert (refused["status"], refused["attempt"], refused["output_tokens"]) == (400, None, 0)
    assert (counted["path"], counted["status"], counted["input_tokens"]) == ("/v1/messages/count_tokens", 200, 2)


def test_a_client_that_leaves_before_the_reply_is_logged_as_gone_and_not_as_answered(tmp_path: Path) -> None:
    async def scenario(client: AsyncAnthropic) -> None:
        with pytest.raises(anthropic.APITimeoutError):
            await client.messages.create(**body(), timeout=0.05)
        await first_line(tmp_path)

    play(tmp_path, scenario, latency_ms=(200, 200))
    (line,) = lines(tmp_path)
    assert (line["status"], line["fault"], line["attempt"]) == (-1, "client_gone", 1)


def test_a_client_that_takes_only_a_part_of_a_long_reply_is_logged_as_gone(tmp_path: Path) -> None:
    async def scenario(client: AsyncAnthropic) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port, limit=1024)
        sent = json.dumps(body(max_tokens=10**8)).encode()
        head = f"POST /v1/messages HTTP/1.1\r\nHost: x\r\nx-api-key: simulated\r\nContent-Length: {len(sent)}\r\n\r\n"
        writer.write(head.encode() + sent)
        await reader.readexactly(1000)
        assert not lines(tmp_path)
        writer.transport.abort()
        await first_line(tmp_path)

    play(tmp_path, scenario, answer=lambda *_: Reply("x" * 2**25, "end_turn"))
    (line,) = lines(tmp_path)
    assert (line["status"], line["fault"]) == (-1, "client_gone")


def test_a_responder_that_fails_is_a_server_error_and_the_server_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail_once(asked: Mapping[str, Any], settings: SimulatedSettings, entry: Mapping[str, Any] | None) -> Reply:
        if asked["messages"][0]["content"] == "bad":
            raise RuntimeError("no such clause")
        return echo(asked, settings, entry)

    async def scenario(client: AsyncAnthropic) -> list[str]:
        return [await outcome(client, body("bad")), await outcome(client, body("good"))]

    failed, answered = play(tmp_path, scenario, answer=fail_once)
    assert failed == "InternalServerError"
    assert '"good"' in answered
    assert "no such clause" in caplog.text
    assert [(line["status"], line["fault"]) for line in lines(tmp_path)] == [(500, "failed"), (200, None)]


DRAFT = """<cell>
register: plain
</cell>
<variation>1 of 3</variation>
<style_reference>
Rent is due.
</style_reference>"""


def test_a_draft_prompt_gets_a_section_and_its_fault_stands_in_the_log_alone(tmp_path: Path) -> None:
    async def scenario(client: AsyncAnthropic) -> str:
        return await outcome(client, body(DRAFT, max_tokens=4000))

    honest = json.loads(play(tmp_path, scenario, answer=respond))
    assert set(honest) == {"text", "answer", "confidence"}
    assert honest == json.loads(play(tmp_path, scenario, answer=respond))
    unsure = json.loads(play(tmp_path, scenario, answer=respond, rates={"low_confidence": 1.0}))
    assert unsure["confidence"] < 0.85 <= honest["confidence"]
    plan = {content_hash(body(DRAFT, max_tokens=4000)): {"fault": "refusal"}}
    play(tmp_path, scenario, plan, answer=respond)
    assert [line["fault"] for line in lines(tmp_path)] == [None, None, "low_confidence", "refusal"]


def test_a_label_prompt_gets_an_answer_and_a_planned_raw_reply_takes_its_place() -> None:
    asked = body("Label this.\n<document>\nThis lease starts on 3 March 2024.\n</document>")
    answer = json.loads(respond(asked, SimulatedSettings(), None).text)
    assert answer.keys() >= {"effective_date", "parties"}
    entry = {"fault": "raw", "text": "no idea", "stop_reason": "refusal"}
    assert respond(asked, SimulatedSettings(), entry).text == "no idea"
    with pytest.raises(InputError, match="needs a draft prompt"):
        respond(asked, SimulatedSettings(), {"fault": "wrong_field"})


def test_a_prompt_that_it_does_not_understand_gets_a_polite_explanation() -> None:
    reply = respond(body("Write me a poem."), SimulatedSettings(), None)
    assert reply.stop_reason == "end_turn"
    assert "simulated teacher" in reply.text


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"server_rates": {"slwo": 0.1}}, "'slwo'"),
        ({"rates": {"no_such_fault": 0.1}}, "'no_such_fault'"),
        ({"server_rates": {"slow": 0.6, "dropped": 0.6}}, "at most 1 in all"),
        ({"server_rates": {"slow": -0.1}}, "from 0 to 1"),
        ({"latency_ms": (5, 1)}, "shorter delay first"),
        ({"models": ()}, "models"),
        ({"requests_per_minute": 0}, "requests_per_minute"),
        ({"burst_s": 0}, "burst_s"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_settings_that_make_no_sense_are_refused_without_showing_the_key(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SimulatedSettings(api_key="top-secret", **wrong)
    assert named in str(caught.value)
    assert "top-secret" not in str(caught.value) + repr(SimulatedSettings(api_key="top-secret"))
