"""What goes wrong between a request and its reply, against the real server over the real client, in one process."""

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alone import Teller, answered, kinds, log, params, replies, request, requests, tell, text_of
from pydantic import SecretStr

from pipeline.canonical import content_hash
from pipeline.config import Limits
from pipeline.generate.parsing import parse_reply
from pipeline.teacher.ask import Request
from pipeline.teacher.client import Answer, open_client, send
from pipeline.teacher.ledger import answers
from pipeline.teacher.pacing import Ask, Pacing, Settled
from pipeline.teacher.prices import Price
from pipeline.teacher.simulated.host import hosted
from pipeline.teacher.simulated.settings import SimulatedSettings

Serve = Callable[..., Teller]
DRAFT = """<cell>
register: plain
</cell>
<variation>{} of 9</variation>
<style_reference>
Rent is due.
</style_reference>"""
DOLLAR = Price(1.0, 5.0, "test")


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts a teacher whose log is in tmp_path; gives who asks it."""
    with contextlib.ExitStack() as stack:

        def start(plan: Any = None, teller: dict[str, Any] | None = None, **settings: Any) -> Teller:
            url = stack.enter_context(hosted(SimulatedSettings(**settings), tmp_path, plan))
            return Teller(tmp_path / "ledger", url, **(teller or {}))

        yield start


def plan_for(wanted: Request, **entry: Any) -> dict[str, Any]:
    return {content_hash(wanted.params): entry}


# Busy servers


def test_a_storm_of_429_costs_waiting_and_never_a_row_an_attempt_or_a_second_payment(
    serve: Serve, tmp_path: Path
) -> None:
    teller = serve(server_rates={"rate_limited": 0.7}, retry_after_s=0.02, teller={"attempts": 1})
    wanted = requests(60)
    told = tell(teller, wanted)
    assert set(told.fates.values()) == {"answered"}
    assert answered(tmp_path) == Counter({one.key: 1 for one in wanted})
    assert kinds(teller.folder)["failure"] == 0
    assert sum(line["status"] == 429 for line in log(tmp_path)) > 60


def test_after_a_storm_of_429_the_pace_is_cut_but_never_to_one_request_after_the_other(serve: Serve) -> None:
    teller = serve(
        plan={one.key: {"server": "rate_limited", "times": 3} for one in requests(40)},
        retry_after_s=0.05,
        latency_ms=(20, 20),
    )
    told = tell(teller, requests(40))
    assert set(told.fates.values()) == {"answered"}
    assert told.limiter.pacing.pace > 0.5


def test_an_hour_of_529_stops_the_run_after_its_patience_and_the_next_run_gets_every_row(
    serve: Serve, tmp_path: Path
) -> None:
    wanted = requests(12)
    down = {one.key: {"server": "overloaded", "times": 10_000} for one in wanted[6:]}
    first = serve(plan=down, teller={"patience_s": 1.0, "attempts": 2})
    began = time.monotonic()
    told = tell(first, wanted)
    assert time.monotonic() - began < 30
    assert told.stopped is not None
    assert told.stopped[0] == "teacher"
    assert "no request has succeeded for 1 s" in told.stopped[1]
    assert Counter(told.fates.values()) == {"answered": 6, "stopped": 6}
    assert kinds(first.folder)["failure"] == 0
    again = tell(serve(), wanted)
    assert set(again.fates.values()) == {"answered"}
    assert answered(tmp_path) == Counter({one.key: 1 for one in wanted})


def test_a_server_that_recovers_from_529_within_the_patience_answers_every_row(serve: Serve) -> None:
    wanted = requests(8)
    teller = serve(plan={one.key: {"server": "overloaded", "times": 2} for one in wanted}, teller={"attempts": 1})
    told = tell(teller, wanted)
    assert set(told.fates.values()) == {"answered"}
    assert told.limiter.pacing.pace == 1.0


def test_a_retry_after_of_an_hour_is_not_waited_out_the_run_stops_after_its_patience(serve: Serve) -> None:
    teller = serve(server_rates={"rate_limited": 1.0}, retry_after_s=3600, teller={"patience_s": 1.0})
    began = time.monotonic()
    told = tell(teller, requests(3))
    assert time.monotonic() - began < 30
    assert told.stopped is not None
    assert set(told.fates.values()) == {"stopped"}


def test_a_retry_after_of_an_hour_holds_everybody_for_five_minutes_at_most() -> None:
    pacing, one = Pacing(Limits()), Ask("k", 1, 1)
    pacing.start(0.0)
    pacing.reserve(one)
    pacing.settle(Settled(one, "rate_limited", retry_after=3600.0), 0.0)
    assert 299 < pacing.delay(one, 0.0) <= 300
    assert pacing.delay(one, 301.0) == 0.0


def test_the_client_sends_nothing_of_its_own_accord_every_attempt_has_its_intent(serve: Serve, tmp_path: Path) -> None:
    faults = dict.fromkeys(("rate_limited", "overloaded", "server_error", "dropped", "half_sent"), 0.12)
    teller = serve(server_rates=faults, retry_after_s=0.02, teller={"attempts": 30})
    assert set(tell(teller, requests(40)).fates.values()) == {"answered"}
    assert len(log(tmp_path)) == kinds(teller.folder)["intent"] > 60


# Broken replies


@pytest.mark.parametrize("fault", ["dropped", "half_sent", "html", "garbled"])
def test_a_reply_that_did_not_arrive_is_asked_for_again(serve: Serve, fault: str) -> None:
    wanted = requests(6)
    teller = serve({one.key: {"server": fault, "times": 2} for one in wanted[:2]})
    assert set(tell(teller, wanted).fates.values()) == {"answered"}
    assert kinds(teller.folder) == {"intent": 10, "reply": 6}


@pytest.mark.parametrize("fault", ["dropped", "half_sent", "html", "garbled"])
def test_a_request_whose_reply_never_arrives_fails_alone_and_says_why(serve: Serve, fault: str) -> None:
    wanted = requests(40)
    teller = serve(
        plan_for(wanted[0], server=fault, times=99),
        latency_ms=(10, 40),
        teller={"attempts": 3, "limits": Limits(in_flight=4)},
    )
    told = tell(teller, wanted)
    assert Counter(told.fates.values()) == {"answered": 39, "failed": 1}
    (failure,) = (record for record in answers(teller.folder) if record["kind"] == "failure")
    assert failure["key"] == wanted[0].key
    assert ("200 without a message" if fault == "html" else "connection failed") in failure["error"]


def test_a_reply_declared_as_plain_text_is_a_reply(serve: Serve) -> None:
    wanted = requests(3)
    teller = serve({one.key: {"server": "plain_text"} for one in wanted})
    assert set(tell(teller, wanted).fates.values()) == {"answered"}
    assert kinds(teller.folder) == {"intent": 3, "reply": 3}


def test_a_reply_without_a_block_is_kept_and_is_an_empty_sample(serve: Serve) -> None:
    wanted = requests(1)
    teller = serve(plan_for(wanted[0], server="empty_content"))
    assert set(tell(teller, wanted).fates.values()) == {"answered"}
    assert parse_reply(replies(teller.folder)[wanted[0].key], 1000).reason == "empty_reply"


def test_thoughts_before_the_text_are_passed_over_the_text_is_found_by_its_type(serve: Serve) -> None:
    plain, thinking = request(DRAFT.format(1)), request(DRAFT.format(1), metadata={"user_id": "thinks"})
    teller = serve(plan_for(thinking, server="thinking_first"))
    tell(teller, [plain, thinking])
    bodies = replies(teller.folder)
    assert json.loads(bodies[thinking.key])["content"][0]["type"] == "thinking"
    with_thoughts, without = (parse_reply(bodies[one.key], 1000) for one in (thinking, plain))
    assert with_thoughts.text == without.text is not None


@pytest.mark.parametrize(("stop", "reason"), [("max_tokens", "truncated"), ("refusal", "refusal")])
def test_a_reply_that_was_cut_or_refused_is_paid_once_kept_and_no_sample_though_it_parses(
    serve: Serve, tmp_path: Path, stop: str, reason: str
) -> None:
    whole = json.dumps({"text": "A clause.", "answer": {}, "confidence": 0.9})
    wanted = request("cut")
    teller = serve(plan_for(wanted, fault="raw", text=whole, stop_reason=stop))
    assert set(tell(teller, [wanted]).fates.values()) == {"answered"}
    body = replies(teller.folder)[wanted.key]
    assert text_of(body) == whole
    assert parse_reply(body, 1000).reason == reason
    assert tell(teller, [wanted]).fates == {}
    assert len(log(tmp_path)) == 1


def outcome_of(answer: bytes, timeout_s: float = 5.0, pause: float = 0.0, chunk: int = 2**20) -> Answer:
    """What becomes of one request to a server that sends these bytes, a chunk at a time, and hangs up."""
    ended: list[asyncio.Future[None]] = []

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended.append(asyncio.get_running_loop().create_future())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            for start in range(0, len(answer), chunk):
                writer.write(answer[start : start + chunk])
                await writer.drain()
                await asyncio.sleep(pause)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        ended.pop().set_result(None)

    async def main() -> Answer:
        server = await asyncio.start_server(serve_one, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server, open_client(url, SecretStr("k"), timeout_s) as client:
            found = await send(client, params("hello"), timeout_s)
        await asyncio.gather(*ended)
        return found

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"HTTP/1.1 529 Overloaded\r\ncontent-length: 900\r\n\r\n{", "failed"),
        (b"HTTP/1.1 529 Overloaded\r\ncontent-type: text/html\r\ncontent-length: 9\r\n\r\n<html>...", "overloaded"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "failed"),
        (
            b"HTTP/1.1 429 Slow\r\nretry-after: Wed, 21 Oct 2099 07:28 GMT\r\ncontent-length: 0\r\n\r\n",
            "rate_limited",
        ),
        (b"HTTP/1.1 429 Slow\r\nretry-after: nan\r\ncontent-length: 0\r\n\r\n", "rate_limited"),
        (b"HTTP/1.1 429 Slow\r\nretry-after: inf\r\ncontent-length: 0\r\n\r\n", "rate_limited"),
        (b"HTTP/1.1 302 Found\r\nlocation: /v1/messages\r\ncontent-length: 0\r\n\r\n", "failed"),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", "failed"),
        (b"\x16\x03\x01 this is no HTTP at all\r\n\r\n", "failed"),
        (b"", "failed"),
    ],
)
def test_whatever_comes_over_the_wire_is_an_outcome_and_never_an_exception(answer: bytes, kind: str) -> None:
    outcome = outcome_of(answer)
    assert outcome.kind == kind
    assert outcome.error
    assert outcome.retry_after is None or 0 <= outcome.retry_after < float("inf")


def test_a_reply_that_trickles_in_is_left_at_the_deadline_of_our_own() -> None:
    began = time.monotonic()
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"
    outcome = outcome_of(head + b" " * 100000, timeout_s=0.5, pause=0.02, chunk=10)
    assert time.monotonic() - began < 20
    assert (outcome.kind, "timed out" in outcome.error) == ("failed", True)


@pytest.mark.parametrize("bad", [{"messages": [{"role": "user", "content": "half \ud83d"}]}, {"no_such_argument": 1}])
def test_a_request_that_cannot_be_put_on_the_wire_fails_alone(serve: Serve, bad: dict[str, Any]) -> None:
    teller = serve()
    wrong = Request("wrong", params("x") | bad, 10, 10)
    told = tell(teller, [wrong, *requests(5)])
    assert Counter(told.fates.values()) == {"answered": 5, "failed": 1}
    assert told.fates["wrong"] == "failed"
    assert "cannot be sent" in next(one["error"] for one in answers(teller.folder) if one["kind"] == "failure")
