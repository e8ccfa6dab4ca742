"""What goes wrong between a request and its reply, against the real server over the real client, in one process."""

import asyncio
import contextlib
import json
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from aiohttp import web
from alone import UNMARKED, Teller, answered, kinds, log, params, replies, request, requests, tell, text_of
from pydantic import SecretStr

from jobs.asking import Answered, read_answered
from pipeline.canonical import content_hash
from pipeline.config import Judge, Limits
from pipeline.config import Teacher as TeacherSettings
from pipeline.errors import TeacherError
from pipeline.generate.parsing import parse_reply
from pipeline.teacher.ask import Request
from pipeline.teacher.client import Answer, open_client, probe, send
from pipeline.teacher.connection import Connection
from pipeline.teacher.ledger import answers, read_ledger
from pipeline.teacher.prices import Price, price_of
from pipeline.teacher.refusals import TELLING
from pipeline.teacher.simulated.responder import Reply, respond
from pipeline.teacher.simulated.server import create_app
from pipeline.teacher.simulated.settings import SimulatedSettings
from pipeline.teacher.terms import Terms
from pipeline.teacher.together import ask_here
from pipeline.teacher.usage import Usage

pytestmark = pytest.mark.slow

Serve = Callable[..., Teller]
Found = TypeVar("Found")
DRAFT = """<cell>
register: plain
</cell>
<variation>{} of 9</variation>
<style_reference>
Rent is due.
</style_reference>"""
DOLLAR = Price(1.0, 5.0, "test")


@contextlib.contextmanager
def serving(folder: Path, settings: SimulatedSettings, plan: Any, answer: Any = respond) -> Iterator[str]:
    """The simulated teacher in a thread of this process: nothing but the wire is between it and who asks."""
    loop, started, address = asyncio.new_event_loop(), threading.Event(), []

    async def start() -> web.AppRunner:
        app = create_app(settings, answer, folder / "requests.jsonl", plan)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        started.set()
        return runner

    def serve_until_stopped() -> None:
        runner = loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=serve_until_stopped)
    thread.start()
    started.wait(30)
    try:
        yield address[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts a teacher whose log is in tmp_path; gives who asks it."""
    with contextlib.ExitStack() as stack:

        def start(plan: Any = None, teller: dict[str, Any] | None = None, **settings: Any) -> Teller:
            url = stack.enter_context(serving(tmp_path, SimulatedSettings(**settings), plan or {}))
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


def test_after_a_storm_of_429_requests_leave_side_by_side_again(serve: Serve, tmp_path: Path) -> None:
    storm = {one.key: {"server": "rate_limited", "times": 3} for one in requests(40)}
    teller = serve(storm, retry_after_s=0.05, latency_ms=(400, 400))
    assert set(tell(teller, requests(40)).fates.values()) == {"answered"}
    arrived = sorted(line["at"] for line in log(tmp_path) if line["status"] == 200)
    assert arrived[-1] - arrived[0] < 0.5 * 40 * 0.4


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


def test_a_retry_after_of_an_hour_is_not_waited_out_the_run_stops_after_its_patience(serve: Serve) -> None:
    teller = serve(server_rates={"rate_limited": 1.0}, retry_after_s=3600, teller={"patience_s": 1.0})
    began = time.monotonic()
    told = tell(teller, requests(3))
    assert time.monotonic() - began < 30
    assert told.stopped is not None
    assert set(told.fates.values()) == {"stopped"}
    assert 200 < told.limiter.pacing.blocked_until - time.monotonic() <= 300  # had there been more patience


def test_the_client_sends_nothing_of_its_own_accord_every_attempt_has_its_intent(serve: Serve, tmp_path: Path) -> None:
    faults = dict.fromkeys(("rate_limited", "overloaded", "server_error", "dropped", "half_sent"), 0.12)
    teller = serve(server_rates=faults, retry_after_s=0.02, teller={"attempts": 30})
    assert set(tell(teller, requests(40)).fates.values()) == {"answered"}
    assert len(log(tmp_path)) == kinds(teller.folder)["intent"] > 60


# Unpaid bills


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("unpaid", "402 billing_error: There is a problem with the billing of this organization."),
        ("spend_limit", "429 rate_limit_error enforced_spend_limit_reached: Over the monthly threshold."),
    ],
)
def test_a_server_that_wants_to_be_paid_ends_the_run_gives_nothing_up_and_the_next_run_asks_the_rest(
    serve: Serve, tmp_path: Path, fault: str, said: str
) -> None:
    wanted = requests(30)
    teller = serve(plan_for(wanted[12], server=fault), latency_ms=(10, 30), teller={"limits": Limits(in_flight=4)})
    began = time.monotonic()
    told = tell(teller, wanted)
    assert time.monotonic() - began < 30
    assert told.stopped == ("teacher", f"{said}; pay, or raise the limit on spending")
    assert Counter(told.fates.values()).keys() == {"answered", "stopped"}
    assert kinds(teller.folder)["failure"] == 0
    assert len(log(tmp_path)) < 20
    again = tell(teller, wanted)
    assert Counter(again.fates.values()) == {"answered": sum(fate == "stopped" for fate in told.fates.values())}
    assert answered(tmp_path) == Counter({one.key: 1 for one in wanted})


# Refusals


def test_a_server_that_refuses_everything_ends_the_run_with_its_words_and_the_next_run_asks_again(
    serve: Serve, tmp_path: Path
) -> None:
    wanted = requests(60)
    first = serve(server_rates={"refused": 1.0}, latency_ms=(5, 30))
    told = tell(first, wanted)
    said = "400 invalid_request_error: Refused, as the settings of the simulated teacher ask."
    assert told.stopped == ("teacher", f"not one request was taken ({said})")
    assert TELLING <= len(log(tmp_path)) < 40
    assert Counter(told.fates.values())["stopped"] > 20
    assert set(tell(serve(), wanted).fates.values()) == {"answered"}
    assert answered(tmp_path) == Counter({one.key: 1 for one in wanted})


def test_nine_refusals_alone_end_nothing(serve: Serve) -> None:
    told = tell(serve(server_rates={"refused": 1.0}), requests(TELLING - 1))
    assert (told.stopped, set(told.fates.values())) == (None, {"failed"})


def test_refusals_that_come_before_the_first_reply_are_the_requests_own_if_a_reply_comes(serve: Serve) -> None:
    wanted = requests(60)
    plan = {one.key: {"server": "refused" if at % 3 == 0 else "slow"} for at, one in enumerate(wanted)}
    limits = Limits(requests_per_minute=60_000, in_flight=64)
    told = tell(serve(plan, slow_s=0.7, teller={"limits": limits}), wanted)
    assert told.stopped is None
    assert Counter(told.fates.values()) == {"answered": 40, "failed": 20}


def test_whether_any_is_taken_is_not_for_a_busy_server_to_say(serve: Serve) -> None:
    wanted = requests(40)
    plan = {one.key: {"server": "refused" if at < 15 else "rate_limited"} for at, one in enumerate(wanted)}
    limits = Limits(requests_per_minute=60_000, in_flight=64)
    told = tell(serve(plan, retry_after_s=0.05, teller={"limits": limits}), wanted)
    assert told.stopped is None
    assert Counter(told.fates.values()) == {"answered": 25, "failed": 15}


def test_an_account_that_is_closed_in_mid_run_stops_it_and_the_next_run_asks_what_was_refused(
    serve: Serve, tmp_path: Path
) -> None:
    wanted = requests(300)
    closed = serve({one.key: {"server": "refused", "times": 99} for one in wanted[5:]}, latency_ms=(5, 30))
    told = tell(closed, wanted)
    assert told.stopped is not None
    assert re.fullmatch(
        r"[2-9]\d requests in a row were refused \(400 invalid_request_error: Refused, as the settings .*\), "
        "and teacher.refusals is 20",
        told.stopped[1],
    )
    assert Counter(told.fates.values())["answered"] == 5
    assert len(log(tmp_path)) < 150  # what was on its way comes in, however many that are
    assert set(tell(serve(), wanted).fates.values()) == {"answered"}
    assert answered(tmp_path) == Counter({one.key: 1 for one in wanted})


def test_nineteen_refusals_in_a_row_among_replies_are_the_requests_own(serve: Serve) -> None:
    wanted = requests(60)
    plan = {one.key: {"server": "refused"} for at, one in enumerate(wanted) if at % 20}
    told = tell(serve(plan, teller={"limits": Limits(in_flight=1)}), wanted)
    assert told.stopped is None
    assert Counter(told.fates.values()) == {"answered": 3, "failed": 57}


@pytest.mark.parametrize(("row", "in_flight"), [(3, 4), (20, 4), (1, 1)])
def test_a_request_that_a_gateway_forbids_is_lost_alone_wherever_it_comes(
    serve: Serve, row: int, in_flight: int
) -> None:
    wanted = requests(30)
    plan = plan_for(wanted[row], server="forbidden", times=99)
    teller = serve(plan, latency_ms=(20, 40), teller={"limits": Limits(in_flight=in_flight)})
    told = tell(teller, wanted)
    assert told.stopped is None
    assert [one.key for one in wanted if told.fates[one.key] == "failed"] == [wanted[row].key]
    (failure,) = (record for record in answers(teller.folder) if record["kind"] == "failure")
    assert failure["error"] == "403 permission_error: Blocked by the gateway."


def test_a_server_that_forbids_the_first_request_is_asked_no_other(serve: Serve, tmp_path: Path) -> None:
    wanted = requests(30)
    first = serve({one.key: {"server": "forbidden"} for one in wanted}, teller={"limits": Limits(in_flight=1)})
    told = tell(first, wanted)
    assert told.stopped == ("teacher", "403 permission_error: Blocked by the gateway.")
    assert len(log(tmp_path)) == 1
    assert set(tell(serve(), wanted).fates.values()) == {"answered"}


def test_ten_requests_in_a_row_that_are_forbidden_stop_the_run(serve: Serve, tmp_path: Path) -> None:
    wanted = requests(60)
    plan = {one.key: {"server": "forbidden"} for one in wanted[5:]}
    told = tell(serve(plan, teller={"limits": Limits(in_flight=1)}), wanted)
    said = "10 requests in a row were refused (403 permission_error: Blocked by the gateway.)"
    assert told.stopped == ("teacher", said)
    assert len(log(tmp_path)) == 5 + TELLING
    assert set(tell(serve(), wanted).fates.values()) == {"answered"}


def test_what_stops_the_asking_of_a_judge_is_told_of_the_judge(serve: Serve, tmp_path: Path) -> None:
    url, judge = serve().url, Judge(model="simulated-judge")
    connection = Connection(judge, Limits(), url, SecretStr("another"), None, UNMARKED)
    (tmp_path / "ledger").mkdir()
    with pytest.raises(TeacherError, match=r"^judge: 401 .*0 answered now, 3 left.*mend that"):
        ask_here(requests(3), connection, tmp_path / "ledger", None, 0.0, lambda _: None, print)


# Broken replies


@pytest.mark.parametrize("fault", ["dropped", "half_sent", "html", "garbled"])
def test_a_reply_that_did_not_arrive_is_asked_for_again(serve: Serve, fault: str) -> None:
    wanted = requests(6)
    teller = serve({one.key: {"server": fault, "times": 2} for one in wanted[:2]})
    assert set(tell(teller, wanted).fates.values()) == {"answered"}
    assert kinds(teller.folder) == {"intent": 10, "lost": 4, "reply": 6}


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


def outcome_of(answer: bytes, timeout_s: float = 5.0, key: str = "k", **way: Any) -> Answer:
    """What becomes of one request to a server that sends these bytes."""

    async def sent(url: str) -> Answer:
        async with open_client(url, SecretStr(key), timeout_s) as client:
            return await send(client, params("hello"), timeout_s)

    return against(answer, sent, **way)


def against(answer: bytes, call: Callable[[str], Awaitable[Found]], pause: float = 0.0, chunk: int = 2**20) -> Found:
    """What comes of a call to a server that sends these bytes, a chunk at a time, and hangs up."""
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

    async def main() -> Found:
        server = await asyncio.start_server(serve_one, "127.0.0.1", 0)
        async with server:
            found = await call(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
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


@pytest.mark.parametrize("limit", [b"\xb2", b"9" * 5000, b"-1", b"1e3"])
def test_a_limit_that_is_no_number_costs_no_reply(limit: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nanthropic-ratelimit-requests-limit: %s\r\ncontent-length: 14\r\n\r\n"
    outcome = outcome_of(head % limit + b'{"content":[]}')
    assert (outcome.kind, outcome.body, outcome.limits) == ("ok", '{"content":[]}', {})


def test_a_reply_that_trickles_in_is_left_at_the_deadline_of_our_own() -> None:
    began = time.monotonic()
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"
    outcome = outcome_of(head + b" " * 100000, timeout_s=0.5, pause=0.02, chunk=10)
    assert time.monotonic() - began < 20
    assert (outcome.kind, "timed out" in outcome.error) == ("failed", True)


@pytest.mark.parametrize(
    "body", ["<html></html>", "[]", "null", "{}", '{"a', "7", '{"input_tokens": "many"}', "[" * 99_999]
)
def test_a_200_that_holds_no_count_is_a_server_that_cannot_count(body: str) -> None:
    async def count(url: str) -> int | None:
        async with open_client(url, SecretStr("k"), 5) as client:
            return await probe(client, params("hello"), "teacher here")

    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    assert against((head + body).encode(), count) is None


@pytest.mark.parametrize("bad", [{"messages": [{"role": "user", "content": "half \ud83d"}]}, {"no_such_argument": 1}])
def test_a_request_that_cannot_be_put_on_the_wire_fails_alone(serve: Serve, bad: dict[str, Any]) -> None:
    teller = serve()
    wrong = Request("wrong", params("x") | bad, 10, 10)
    told = tell(teller, [wrong, *requests(5)])
    assert Counter(told.fates.values()) == {"answered": 5, "failed": 1}
    assert told.fates["wrong"] == "failed"
    assert "cannot be sent" in next(one["error"] for one in answers(teller.folder) if one["kind"] == "failure")


# The ledger


def test_the_intent_is_on_the_disk_when_the_request_arrives_and_the_reply_before_it_is_used(tmp_path: Path) -> None:
    seen: list[list[str]] = []
    folder = tmp_path / "ledger"

    def reply(asked: Any, *_: Any) -> Reply:
        key = content_hash(asked)
        seen.append([record["kind"] for record in read_ledger(folder) if record["key"] == key])
        return Reply("no JSON at all", "end_turn")

    with serving(tmp_path, SimulatedSettings(), {}, reply) as url:
        tell(Teller(folder, url), requests(5))
    assert seen == [["intent"]] * 5
    assert [text_of(body) for body in replies(folder).values()] == ["no JSON at all"] * 5
    assert {parse_reply(body, 1000).reason for body in replies(folder).values()} == {"malformed_json"}


def test_a_reply_is_kept_byte_for_byte_whatever_a_parser_thinks_of_it(serve: Serve) -> None:
    texts = ["", "<html>", "{", '{"text": "a\u0000b"}', "\u2028 😀", "x" * 3900]
    wanted = requests(len(texts))
    entries = ({"fault": "raw", "text": text} for text in texts)
    teller = serve({one.key: entry for one, entry in zip(wanted, entries, strict=True)})
    tell(teller, wanted)
    assert [text_of(replies(teller.folder)[one.key]) for one in wanted] == texts
    assert tell(teller, wanted).fates == {}


def test_a_ledger_cut_anywhere_gives_every_whole_reply_and_asks_only_for_the_rest(serve: Serve, tmp_path: Path) -> None:
    wanted = requests(4)
    teller = serve()
    tell(teller, wanted)
    (path,) = teller.folder.glob("*.jsonl")
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    ends = [len(b"".join(lines[: count + 1])) for count in range(len(lines))]
    for cut in range(0, len(whole), 23):
        path.write_bytes(whole[:cut])
        read = list(read_ledger(teller.folder))
        assert read == [json.loads(line) for line, end in zip(lines, ends, strict=True) if end - 1 <= cut]
    path.write_bytes(whole[: ends[-1] - 9] + b"\0" * 4096)
    have = set(replies(teller.folder))
    assert len(have) == 3
    assert set(tell(teller, wanted).fates) == {one.key for one in wanted} - have
    assert len(log(tmp_path)) == 5


def test_lines_of_other_writers_and_of_kinds_to_come_are_read_over(serve: Serve) -> None:
    wanted = requests(3)
    teller = serve()
    teller.folder.mkdir()
    foreign = ['{"kind": "weather", "key": "x"}', "[1, 2]", "null", '{"kind": "reply"}', "\xff\xfe", "", "{" * 100]
    (teller.folder / "0-other.jsonl").write_text("\n".join(foreign) + "\n", encoding="latin-1")
    tell(teller, wanted[:2])
    (one, other) = sorted(teller.folder.glob("*.jsonl"))
    assert one.read_text(encoding="latin-1").splitlines() == foreign
    assert set(tell(teller, wanted).fates) == {wanted[2].key}
    assert len(list(teller.folder.iterdir())) == 3
    assert {path.suffix for path in teller.folder.iterdir()} == {".jsonl"}
    assert other.read_text().count("\n") == 4


def test_a_clock_that_jumps_back_and_forth_changes_neither_pace_nor_what_is_found(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = time.time, iter(range(10**9))
    monkeypatch.setattr(time, "time", lambda: real() + (-1) ** next(calls) * 86_400.0)
    wanted = requests(30)
    teller = serve(
        server_rates={"rate_limited": 0.3}, retry_after_s=0.05, teller={"limits": Limits(requests_per_minute=1200)}
    )
    began = time.monotonic()
    assert set(tell(teller, wanted).fates.values()) == {"answered"}
    assert time.monotonic() - began > 1.0
    assert len(replies(teller.folder)) == 30
    assert tell(teller, wanted).fates == {}


# Money


def dollars_billed(folder: Path, price: Price) -> float:
    """What the server charges: for whatever it sent, and for what it had made when it broke off."""
    lines = [line for line in log(folder) if line["status"] in (200, 0, 504)]
    return sum(price.dollars(Usage(line["input_tokens"], line["output_tokens"])) for line in lines)


def have_spent(folder: Path, price: Price) -> Answered:
    return read_answered(folder, {one.key for one in requests(200)}, price)


def test_the_budget_is_never_passed_with_many_in_flight_and_replies_far_longer_than_expected(
    serve: Serve, tmp_path: Path
) -> None:
    wanted = requests(80, output_tokens=5, input_tokens=1)
    long = {one.key: {"fault": "raw", "text": "x" * 9000} for one in wanted}
    teller = serve(long, latency_ms=(5, 60), teller={"budget": 0.1, "price": DOLLAR, "limits": Limits(in_flight=64)})
    told = tell(teller, wanted)
    assert told.stopped is not None
    assert told.stopped[0] == "budget"
    assert 0.08 < dollars_billed(tmp_path, DOLLAR) <= 0.1
    assert have_spent(teller.folder, DOLLAR).spent == pytest.approx(dollars_billed(tmp_path, DOLLAR))
    larger = replace(teller, budget=1.0)
    again = tell(larger, wanted, spent=have_spent(teller.folder, DOLLAR).spent)
    assert set(again.fates.values()) == {"answered"}
    assert answered(tmp_path) == Counter({one.key: 1 for one in wanted})


def test_the_budget_holds_where_every_request_writes_to_the_cache_at_a_price_of_its_own(
    serve: Serve, tmp_path: Path
) -> None:
    dear = Price(1.0, 5.0, "test", cache_write=20.0)
    wanted = [request(f"item {number}", system=f"{number} " * 2500) for number in range(20)]
    asked = {"budget": 0.4, "price": dear, "terms": Terms()}
    told = tell(serve(teller=asked, latency_ms=(5, 60)), wanted)
    assert told.stopped is not None
    assert told.stopped[0] == "budget"
    written = [line["cache_write"] for line in log(tmp_path)]
    assert min(written) >= 1250
    assert 0 < have_spent(tmp_path / "ledger", dear).spent <= 0.4


def test_a_reply_that_was_made_and_lost_on_its_way_is_counted_as_spent(serve: Serve, tmp_path: Path) -> None:
    teller = serve(
        server_rates={"half_sent": 0.3, "dropped": 0.3, "server_error": 0.1},
        teller={"budget": 0.2, "price": DOLLAR, "attempts": 99},
    )
    told = tell(teller, requests(80))
    assert told.stopped is not None
    assert told.stopped[0] == "budget"
    have = have_spent(teller.folder, DOLLAR)
    assert dollars_billed(tmp_path, DOLLAR) <= have.spent <= 0.2
    assert have.lost > 0.1


def test_a_reply_that_was_made_behind_a_gateway_that_gave_up_is_counted_as_spent(serve: Serve, tmp_path: Path) -> None:
    teller = serve(server_rates={"gateway_timeout": 0.5}, teller={"budget": 0.1, "price": DOLLAR, "attempts": 99})
    told = tell(teller, requests(80))
    assert told.stopped is not None
    assert told.stopped[0] == "budget"
    have = have_spent(teller.folder, DOLLAR)
    assert sum(line["status"] == 504 for line in log(tmp_path)) > 5
    assert dollars_billed(tmp_path, DOLLAR) <= have.spent <= 0.1
    assert have.lost > 0.05


def test_what_a_killed_run_had_on_its_way_is_counted_as_spent_when_it_goes_on(serve: Serve) -> None:
    teller = serve(latency_ms=(1000, 1000), teller={"price": DOLLAR})
    script = f"""
import sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
from alone import UNMARKED, Teller, requests, tell
from pipeline.teacher.prices import Price, price_of
tell(Teller(Path({str(teller.folder)!r}), {teller.url!r}, price=Price(1.0, 5.0, "test")), requests(5))
"""
    child = subprocess.Popen([sys.executable, "-c", script])
    while kinds(teller.folder)["intent"] < 5:
        time.sleep(0.02)
        assert child.poll() is None
    child.kill()
    child.wait()
    have = have_spent(teller.folder, DOLLAR)
    assert (have.keys, kinds(teller.folder)["reply"]) == (frozenset(), 0)
    assert 5 * 0.005 <= have.lost == have.spent < 5 * 0.006


def test_a_request_that_was_refused_for_now_and_waits_for_the_next_run_has_cost_nothing(serve: Serve) -> None:
    teller = serve(
        server_rates={"rate_limited": 0.5, "overloaded": 0.5},
        retry_after_s=0.05,
        teller={"patience_s": 0.5, "price": DOLLAR},
    )
    assert set(tell(teller, requests(5)).fates.values()) == {"stopped"}
    assert kinds(teller.folder)["waiting"] == 5
    assert have_spent(teller.folder, DOLLAR).spent == 0.0


def test_a_price_below_a_dollar_a_million_counts(serve: Serve) -> None:
    cheap = price_of(TeacherSettings(price=(0.1, 0.5)))
    assert cheap is not None
    teller = serve(teller={"price": cheap})
    tell(teller, requests(4))
    spent = have_spent(teller.folder, cheap).spent
    assert 0 < spent < 4 * cheap.dollars(Usage(10, 1000))


# Limits and models


def test_limits_are_learnt_from_the_replies_not_swapped_and_without_a_paid_probe(serve: Serve, tmp_path: Path) -> None:
    teller = serve(input_tokens_per_minute=90_000, output_tokens_per_minute=30_000)
    told = tell(teller, requests(3))
    buckets = told.limiter.pacing.buckets
    assert 80_000 < buckets["input_tokens"].per_minute <= 90_000
    assert 25_000 < buckets["output_tokens"].per_minute <= 30_000
    assert len(log(tmp_path)) == 3


def test_the_first_burst_reserves_before_it_leaves_and_meets_no_429(serve: Serve, tmp_path: Path) -> None:
    limits = Limits(output_tokens_per_minute=30_000, in_flight=64)
    teller = serve(output_tokens_per_minute=30_000, burst_s=0.5, latency_ms=(50, 50), teller={"limits": limits})
    assert set(tell(teller, requests(40, output_tokens=80)).fates.values()) == {"answered"}
    assert {line["status"] for line in log(tmp_path)} == {200}


def test_a_model_that_the_sdk_has_never_heard_of_is_asked_like_any_other(serve: Serve) -> None:
    teller = serve(models=("claude-of-next-year",))
    assert set(tell(teller, [request("hello", model="claude-of-next-year")]).fates.values()) == {"answered"}


def test_a_failure_is_not_kept_in_the_place_of_a_reply_the_next_run_asks_again(serve: Serve, tmp_path: Path) -> None:
    wanted = requests(10)
    first = serve(plan_for(wanted[0], server="server_error", times=99), teller={"attempts": 2})
    assert tell(first, wanted).fates[wanted[0].key] == "failed"
    assert tell(serve(), wanted).fates == {wanted[0].key: "answered"}
    assert [record["kind"] for record in answers(first.folder)] == ["reply"] * 10
    assert answered(tmp_path) == Counter({one.key: 1 for one in wanted})


def test_failed_attempts_give_back_what_they_reserved(serve: Serve) -> None:
    teller = serve(
        {one.key: {"server": "server_error", "times": 3} for one in requests(10)},
        teller={"limits": Limits(requests_per_minute=60_000, output_tokens_per_minute=10**6), "price": DOLLAR},
    )
    pacing = tell(teller, requests(10)).limiter.pacing
    assert (pacing.in_flight, pacing.reserved) == (0, pytest.approx(0.0))
    assert pacing.buckets["output_tokens"].level > 0


# The key


def test_a_key_that_the_server_repeats_in_its_refusal_goes_no_further() -> None:
    secret = "sk-ant-very-secret-0123456789"
    for status in (401, 400, 429, 500):
        outcome = outcome_of(refusing(status, f"bad key {secret}"), key=secret)
        assert "bad key" in outcome.error
        assert secret not in repr(outcome)
    for page in ("", "x" * 170, "x" * 185):
        head = b"HTTP/1.1 200 OK\r\n\r\n"
        assert "sk-ant" not in repr(outcome_of(head + f"{page}{secret}</html>".encode(), key=secret))
    for padding in (470, 490, 560, 580):
        assert "sk-ant" not in repr(outcome_of(refusing(400, "x" * padding + secret), key=secret))


def refusing(status: int, message: str) -> bytes:
    body = json.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": message}})
    head = f"HTTP/1.1 {status} No\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return (head + body).encode()
