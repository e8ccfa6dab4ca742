"""Batches over the real server and the real client: sent, polled, read, found again, and paid once each."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from aiohttp import web
from anthropic import AsyncAnthropic
from pydantic import SecretStr

from jobs.asking import read_answered
from pipeline.canonical import canonical_json, content_hash
from pipeline.config import Judge, Teacher
from pipeline.errors import BudgetStop, SeedwrightError, TeacherError
from pipeline.records import REQUEST
from pipeline.teacher.batches.asking import BatchAsking
from pipeline.teacher.batches.service import BatchService
from pipeline.teacher.batches.terms import Terms
from pipeline.teacher.batches.values import PLAIN, entries_of, open_batches, params_of
from pipeline.teacher.client import open_client
from pipeline.teacher.ledger import Ledger, read_heads, read_ledger
from pipeline.teacher.prices import Price
from pipeline.teacher.simulated.batches import ERRORS
from pipeline.teacher.simulated.responder import respond
from pipeline.teacher.simulated.sending import REFUSALS
from pipeline.teacher.simulated.server import create_app
from pipeline.teacher.simulated.settings import SimulatedSettings
from pipeline.teacher.terms import Terms as ServerTerms
from pipeline.teacher.usage import Usage, usage

pytestmark = pytest.mark.slow

PRICE = Price(1000, 1000, "test", batch=0.5)
ROUTE = "/v1/messages/batches"


def params(number: int) -> dict[str, Any]:
    return {
        "model": "simulated-teacher",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": f"request {number}"}],
    }


def key(number: int) -> str:
    return content_hash({"params": params(number), "number": number})


def table(count: int, text: str = "") -> pa.Table:
    """Requests that are expected to take three tokens, whatever text is added to them."""
    asked = [params(at) for at in range(count)]
    for at, one in enumerate(asked):
        one |= {"system": f"{at} {text}"} if text else {}
    rows = [
        {"key": key(at), "params": canonical_json(asked[at]), "input_tokens": 3, "output_tokens": 60}
        for at in range(count)
    ]
    return pa.Table.from_pylist([{name: row.get(name) for name in REQUEST.names} for row in rows], schema=REQUEST)


@dataclass
class World:
    """A server that lives through several runs, and the ledger that they share."""

    folder: Path
    url: str
    said: list[str] = field(default_factory=list)
    text: str = ""
    """What the requests say beside their numbers."""
    key: str = "simulated"
    price: Price = PRICE
    served: ServerTerms = PLAIN
    role: type[Teacher] = Teacher

    async def run(
        self, count: int, *, budget: float | None = None, submit: bool = True, volatile: bool = False, **batches: Any
    ) -> dict[str, int]:
        """One process's worth of asking: it knows no more than the ledger."""
        values = {"poll_s": [0.02, 0.1], "settle_s": 0.3, **batches}
        patience, timeout = values.pop("patience_s", 20), values.pop("timeout_s", 5)
        teacher = self.role(base_url=self.url, batches=values, attempts=4, timeout_s=timeout, patience_s=patience)
        found, known = open_batches(lambda holding: read_ledger(self.ledger, holding))
        replied = {one["key"] for one in self.records("reply")}
        spent = read_answered(self.ledger, set(), self.price).spent
        requests = table(count, self.text).filter(pa.array([key(at) not in replied for at in range(count)]))
        ledger = Ledger(self.ledger)
        try:
            async with open_client(self.url, SecretStr(self.key), teacher.timeout_s) as client:
                terms = Terms(
                    teacher,
                    self.price,
                    budget,
                    spent,
                    params=lambda entry: params_of(requests, entry.row, self.served),
                    tell=self.said.append,
                    watch=lambda _: None,
                    volatile=volatile,
                    answered=len(replied),
                )
                asking = BatchAsking(BatchService(client, teacher.timeout_s), ledger, terms)
                entries = entries_of(requests, self.price, self.served)
                return await asking.run(entries, found, known, submit=submit)
        finally:
            ledger.close()

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger"

    def records(self, kind: str) -> list[dict[str, Any]]:
        return sorted((one for one in read_ledger(self.ledger) if one["kind"] == kind), key=lambda one: one["at"])

    def entries(self) -> list[dict[str, Any]]:
        return [line for line in self.log() if line["path"] == f"{ROUTE}#entry"]

    def posted(self) -> int:
        """Batches that the server took, whoever sent them."""
        return len({line["batch"] for line in self.entries()})

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "log.jsonl").read_text().splitlines()]

    def check_each_was_charged_once(self, count: int) -> None:
        charged = Counter(line["body"] for line in self.entries() if line["status"] == 200)
        assert charged == Counter(content_hash(params(at)) for at in range(count))
        replies = {one["key"]: json.loads(one["body"]) for one in self.records("reply")}
        assert len(self.records("reply")) == len(replies) == count
        assert all(replies[key(at)]["id"] == f"msg_{content_hash(params(at))[:24]}" for at in range(count))

    def forget_last(self, *kinds: str) -> None:
        """What a crash leaves: the ledger without its last lines of these kinds, the last one torn."""
        for path in self.ledger.glob("*.jsonl"):
            lines = path.read_bytes().splitlines(keepends=True)
            kept = [line for line in lines if json.loads(line)["kind"] not in kinds]
            torn = next((line[:-20] for line in lines if line not in kept), b"")
            path.write_bytes(b"".join(kept) + torn)


Scenario = Callable[[World], Awaitable[Any]]


def play(folder: Path, scenario: Scenario, plan: Mapping[str, Any] | None = None, **settings: Any) -> Any:
    async def main() -> Any:
        app = create_app(SimulatedSettings(**{"batch_s": 0.05, **settings}), respond, folder / "log.jsonl", plan or {})
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            (folder / "ledger").mkdir()
            async with asyncio.timeout(60):
                return await scenario(World(folder, f"http://127.0.0.1:{runner.addresses[0][1]}"))
        finally:
            await runner.cleanup()

    return asyncio.run(main())


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.01)


async def killed(running: Awaitable[Any], when: Callable[[], bool]) -> None:
    """Ends a run in its middle, as Ctrl-C does."""
    task = asyncio.ensure_future(running)
    await until(when)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_every_request_of_a_batch_gets_its_own_reply_at_half_the_price(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        assert await world.run(12) == {"answered": 12}
        kinds = Counter(one["kind"] for one in read_ledger(world.ledger))
        assert kinds == {"intent": 12, "batch_intent": 1, "batch": 1, "reply": 12, "batch_end": 1}
        order = [one["kind"] for one in read_ledger(world.ledger)]
        assert order.index("batch_intent") == 12
        assert order[13] == "batch"
        assert order[-1] == "batch_end"
        world.check_each_was_charged_once(12)
        for one in world.records("reply"):
            assert one["dollars"] == pytest.approx(PRICE.dollars(usage(one["body"])) / 2)
            assert one["batch"] == world.records("batch")[0]["key"]
            assert one["tokens"] == usage(one["body"]).tokens
        assert not any("body" in head for head in read_heads(world.ledger))

    play(tmp_path, scenario)


def test_a_plan_that_is_too_large_for_one_batch_goes_in_several(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        assert await world.run(10, requests=4) == {"answered": 10}
        assert world.posted() == 3
        world.check_each_was_charged_once(10)

    play(tmp_path, scenario, batch_requests=4)


def test_a_server_that_takes_less_than_was_thought_gets_smaller_batches(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        assert await world.run(10) == {"answered": 10}
        assert world.posted() >= 3
        world.check_each_was_charged_once(10)
        assert any("smaller ones are sent" in text for text in world.said)

    play(tmp_path, scenario, batch_bytes=900)


def test_a_request_that_no_batch_can_hold_is_a_failure_and_the_others_go_on(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        assert await world.run(2) == {"failed": 2}
        assert all("413" in one["error"] for one in world.records("failure"))

    play(tmp_path, scenario, batch_bytes=150)


def test_expired_and_errored_requests_are_sent_again_and_nothing_else_is(tmp_path: Path) -> None:
    plan = {
        content_hash(params(0)): {"batch": "expired"},
        content_hash(params(1)): {"batch": "errored", "times": 3},
        content_hash(params(2)): {"batch": "errored", "times": 4},
        content_hash(params(3)): {"batch": "invalid", "times": 9},
    }

    async def scenario(world: World) -> None:
        assert await world.run(8) == {"answered": 6, "failed": 2}
        assert {one["key"]: one["error"].split(":")[0] for one in world.records("failure")} == {
            key(2): "api_error",
            key(3): "invalid_request_error",
        }
        seen = Counter(line["body"] for line in world.entries())
        assert [seen[content_hash(params(at))] for at in range(8)] == [2, 4, 4, 1, 1, 1, 1, 1]
        assert len(world.records("reply")) == 6

    play(tmp_path, scenario, plan)


@pytest.mark.parametrize(("call", "fault"), [("entry", "spend_limit"), ("call", "spend_limit"), ("call", "unpaid")])
def test_a_server_that_wants_to_be_paid_ends_the_run_which_goes_on_once_it_is(
    tmp_path: Path, call: str, fault: str
) -> None:
    entry = {content_hash(params(1)): {"batch": fault}}

    async def scenario(world: World) -> None:
        said = "billing_error" if fault == "unpaid" else "rate_limit_error enforced_spend_limit_reached"
        with pytest.raises(TeacherError, match=rf"{said}: .*; pay, or raise the limit .*run the same command again"):
            await world.run(5)
        assert world.records("failure") == []
        assert len(world.records("reply")) == (4 if call == "entry" else 0)
        assert await world.run(5) == {"answered": 1 if call == "entry" else 5}
        world.check_each_was_charged_once(5)

    play(tmp_path, scenario, entry if call == "entry" else {f"POST {ROUTE}": {"server": fault}})


def test_while_nobody_gets_a_reply_the_server_is_at_fault_and_nothing_is_given_up(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        with pytest.raises(TeacherError, match=r"4 batches without a single reply.*0 answered now, 3 left"):
            await world.run(3)
        assert world.records("failure") == []
        assert world.posted() == 4

    play(tmp_path, scenario, batch_rates={"errored": 1.0})


def test_a_batch_of_nothing_but_refusals_stops_the_run_unless_an_earlier_one_was_answered(tmp_path: Path) -> None:
    plan = {content_hash(params(at)): {"batch": "invalid", "times": 9} for at in range(10)}

    async def scenario(world: World) -> None:
        with pytest.raises(TeacherError, match="not one request was taken"):
            await world.run(10)
        assert world.records("failure") == []
        assert await world.run(11) == {"answered": 1, "failed": 10}
        assert await world.run(11) == {"failed": 10}

    play(tmp_path, scenario, plan)


def test_results_that_break_off_are_read_again_and_written_once(tmp_path: Path) -> None:
    plan = {f"GET {ROUTE}/{{id}}/results": {"server": "half_sent", "times": 2}}

    async def scenario(world: World) -> None:
        assert await world.run(40) == {"answered": 40}
        world.check_each_was_charged_once(40)
        reads = [line["status"] for line in world.log() if line["path"].endswith("/results")]
        assert reads == [0, 0, 200]

    play(tmp_path, scenario, plan)


def test_results_that_never_end_well_stop_the_run_and_a_later_one_reads_the_rest(tmp_path: Path) -> None:
    plan = {f"GET {ROUTE}/{{id}}/results": {"server": "half_sent", "times": 4}}

    async def scenario(world: World) -> None:
        with pytest.raises(TeacherError, match=r"of the results of msgbatch_.* cannot be read"):
            await world.run(40)
        assert 0 < len(world.records("reply")) < 40
        missing = 40 - len(world.records("reply"))
        assert await world.run(40) == {"answered": missing}
        world.check_each_was_charged_once(40)
        assert world.posted() == 1

    play(tmp_path, scenario, plan)


@pytest.mark.parametrize("fault", ["rate_limited", "overloaded", "server_error", "dropped", "half_sent"])
def test_looks_that_fail_are_taken_again(tmp_path: Path, fault: str) -> None:
    plan = {f"GET {ROUTE}/{{id}}": {"server": fault, "times": 3}, f"GET {ROUTE}": {"server": fault, "times": 1}}

    async def scenario(world: World) -> None:
        assert await world.run(3) == {"answered": 3}
        world.check_each_was_charged_once(3)

    play(tmp_path, scenario, plan, retry_after_s=0.01)


def test_a_server_that_stays_silent_stops_the_run_and_the_next_one_goes_on_with_the_batch(tmp_path: Path) -> None:
    plan = {f"GET {ROUTE}/{{id}}": {"server": "overloaded", "times": 12}}

    async def scenario(world: World) -> None:
        with pytest.raises(TeacherError, match=r"529.*nothing else for 0\.5 s.*batches go on at the server"):
            await world.run(3, patience_s=0.5)
        assert await world.run(3) == {"answered": 3}
        world.check_each_was_charged_once(3)

    play(tmp_path, scenario, plan)


@pytest.mark.parametrize("fault", ["dropped", "half_sent"])
def test_a_submission_without_an_answer_is_found_at_the_server_and_not_sent_again(tmp_path: Path, fault: str) -> None:
    plan = {f"POST {ROUTE}": {"server": fault}}

    async def scenario(world: World) -> None:
        assert await world.run(5) == {"answered": 5}
        assert world.posted() == 1
        world.check_each_was_charged_once(5)
        assert any("whose submission broke off" in text for text in world.said)

    play(tmp_path, scenario, plan)


def test_a_submission_that_the_server_did_not_take_is_sent_again(tmp_path: Path) -> None:
    plan = {f"POST {ROUTE}": {"server": "server_error", "times": 2}}

    async def scenario(world: World) -> None:
        assert await world.run(5) == {"answered": 5}
        assert [one["outcome"] for one in world.records("batch_end")] == ["never", "never", "read"]
        world.check_each_was_charged_once(5)

    play(tmp_path, scenario, plan)


def test_submissions_that_never_reach_the_server_end_the_run_and_a_later_one_goes_on(tmp_path: Path) -> None:
    plan = {f"POST {ROUTE}": {"server": "server_error", "times": 4}}

    async def scenario(world: World) -> None:
        with pytest.raises(
            TeacherError, match=r"4 batches in a row never reached it \(500 .*run the same command again"
        ):
            await world.run(5, settle_s=0.05)
        assert world.posted() == 0
        assert await world.run(5) == {"answered": 5}
        world.check_each_was_charged_once(5)

    play(tmp_path, scenario, plan)


def test_a_full_queue_is_waited_for(tmp_path: Path) -> None:
    plan = {f"POST {ROUTE}": {"server": "rate_limited", "times": 3}}

    async def scenario(world: World) -> None:
        assert await world.run(5) == {"answered": 5}
        world.check_each_was_charged_once(5)

    play(tmp_path, scenario, plan, retry_after_s=0.05)


async def another_program(world: World, count: int) -> None:
    """Sends a batch of as many requests to the same workspace."""
    requests: Any = [{"custom_id": f"theirs-{at}", "params": params(1000 + at)} for at in range(count)]
    async with AsyncAnthropic(base_url=world.url, api_key="simulated") as client:
        await client.messages.batches.create(requests=requests)


def test_after_a_crash_before_the_id_was_written_the_batch_is_told_from_others_of_its_size(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await another_program(world, 5)
        await killed(world.run(5), lambda: bool(world.records("batch")))
        world.forget_last("batch")
        assert world.records("batch") == []
        await another_program(world, 5)
        assert await world.run(5) == {"answered": 5}
        ours = [line for line in world.entries() if not line["custom_id"].startswith("theirs")]
        assert len(ours) == 5
        assert len({line["batch"] for line in ours}) == 1
        assert {line["batch"] for line in ours} == {one["id"] for one in world.records("batch")}
        assert len(world.records("reply")) == 5

    play(tmp_path, scenario, batch_s=0.5)


def test_after_a_crash_before_anything_left_only_strangers_are_found_and_the_batch_is_sent(tmp_path: Path) -> None:
    plan = {f"POST {ROUTE}": {"server": "server_error"}}

    async def scenario(world: World) -> None:
        await killed(world.run(5, settle_s=60), lambda: bool(world.records("batch_intent")))
        await another_program(world, 5)
        assert await world.run(5) == {"answered": 5}
        ours = [line for line in world.entries() if not line["custom_id"].startswith("theirs")]
        assert Counter(line["body"] for line in ours) == Counter(content_hash(params(at)) for at in range(5))

    play(tmp_path, scenario, plan)


def test_an_interrupted_run_goes_on_with_the_same_batch(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await killed(world.run(5, requests=3), lambda: len(world.records("batch")) == 2)
        assert await world.run(5) == {"answered": 5}
        assert world.posted() == 2
        world.check_each_was_charged_once(5)

    play(tmp_path, scenario, batch_s=0.4)


def test_after_a_crash_in_the_middle_of_the_results_the_rest_is_written_and_nothing_twice(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.run(6)
        (path,) = world.ledger.glob("*.jsonl")
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(lines[:-4]) + lines[-4][:30])  # three replies, and a torn one
        assert len(world.records("reply")) == 3
        assert await world.run(6) == {"answered": 3}
        world.check_each_was_charged_once(6)
        assert world.posted() == 1

    play(tmp_path, scenario)


def most() -> float:
    """Dollars of one of the first ten requests at its most: a token a byte, and the longest reply."""
    return (len(json.dumps(params(0), separators=(",", ":"))) + 100) * 1000 / 1e6 / 2


def test_the_budget_counts_what_was_sent_and_a_larger_one_goes_on(tmp_path: Path) -> None:
    longest = most()

    async def scenario(world: World) -> None:
        with pytest.raises(BudgetStop, match=r"larger --budget"):
            await world.run(20, budget=5.5 * longest)
        sent = [one["dollars"] for one in world.records("batch_intent")]
        assert sent[0] == pytest.approx(5 * longest)
        spent = sum(one["dollars"] for one in world.records("reply"))
        first = len(world.records("reply"))
        assert 5 < first < 20  # what came back cost less than was set aside, so more was sent
        assert 4.5 * longest < spent <= 5.5 * longest
        with pytest.raises(BudgetStop):
            await world.run(20, budget=5.5 * longest)
        assert len(world.entries()) == first
        assert await world.run(20, budget=100) == {"answered": 20 - first}
        world.check_each_was_charged_once(20)

    play(tmp_path, scenario)


@pytest.mark.parametrize("ttl", [None, "5m", "1h"])
def test_texts_of_far_more_tokens_than_were_expected_do_not_pass_the_budget(tmp_path: Path, ttl: Any) -> None:
    """As a text of another script may take, of which the server had counted no request."""

    async def scenario(world: World) -> None:
        world.text = "契約は本日より有効となる。" * 30
        dear = {None: {}, "5m": {"cache_write": 3000}, "1h": {"cache_write_1h": 4000}}
        world.price = replace(PRICE, **dear[ttl])
        world.served = ServerTerms(ttl=ttl) if ttl else PLAIN
        with pytest.raises(BudgetStop, match=r"larger --budget"):
            await world.run(40, budget=5)
        assert 2.4 < sum(one["dollars"] for one in world.records("reply")) <= 5
        for one in world.records("reply"):
            used = usage(one["body"])
            assert (used.cache_write > 250, used.cache_write_1h > 250) == (ttl is not None, ttl == "1h")
            cost = {None: 1000, "5m": 3000, "1h": 4000}[ttl] * used.cache_write
            assert one["dollars"] == pytest.approx((cost + 1000 * (used.input + used.output)) / 2e6)
            assert Usage(*one["tokens"]) == used

    play(tmp_path, scenario, cache_minimum=1)


def test_what_batches_on_their_way_may_cost_is_not_spent_again(tmp_path: Path) -> None:
    longest = most()

    async def scenario(world: World) -> None:
        await killed(world.run(4), lambda: bool(world.records("batch")))
        assert await world.run(6, budget=4.5 * longest) == {"answered": 6}
        first, later = world.records("batch_intent")[:2]
        assert first["dollars"] == pytest.approx(4 * longest)
        assert later["at"] > next(one["at"] for one in world.records("batch_end") if one["key"] == first["key"])

    play(tmp_path, scenario, batch_s=0.4)


def test_a_canceled_batch_is_not_sent_again_by_itself(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        running = asyncio.ensure_future(world.run(5))
        await until(lambda: bool(world.records("batch")))
        async with AsyncAnthropic(base_url=world.url, api_key="simulated") as client:
            await client.messages.batches.cancel(world.records("batch")[0]["id"])
        with pytest.raises(TeacherError, match="was canceled, with 5 requests unanswered"):
            await running
        assert world.records("failure") == []
        assert await world.run(5) == {"answered": 5}
        world.check_each_was_charged_once(5)

    play(tmp_path, scenario, batch_s=0.6)


def test_what_was_canceled_is_left_to_the_other_transport(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await killed(world.run(5), lambda: bool(world.records("batch")))
        async with AsyncAnthropic(base_url=world.url, api_key="simulated") as client:
            await client.messages.batches.cancel(world.records("batch")[0]["id"])
        assert await world.run(5, submit=False) == {"stopped": 5}
        assert [one["outcome"] for one in world.records("batch_end")] == ["read"]

    play(tmp_path, scenario, batch_s=60)


def test_a_batch_that_does_not_end_stops_the_run_and_stays_open(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        with pytest.raises(
            TeacherError, match=r"msgbatch_\w+ has not ended 0\.0 hours after it was sent.*allows 0\.0001"
        ):
            await world.run(3, deadline_h=0.0001)
        assert world.records("batch_end") == []
        assert await world.run(3) == {"answered": 3}
        assert world.posted() == 1

    play(tmp_path, scenario, batch_s=1.5)


WEEK_S = 7 * 86_400.0


@pytest.fixture
def jump(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the clock of this machine forth, or back, by so many seconds from what is right."""
    real, by = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + by[0])
    return lambda seconds: by.__setitem__(0, seconds)


@pytest.mark.parametrize("by", [WEEK_S, -WEEK_S], ids=["forth", "back"])
def test_a_clock_that_is_set_while_a_batch_is_waited_for_changes_nothing(
    tmp_path: Path, jump: Callable[[float], None], by: float
) -> None:
    async def scenario(world: World) -> None:
        running = asyncio.ensure_future(world.run(3))
        await until(lambda: bool(world.records("batch")))
        jump(by)
        assert await running == {"answered": 3}
        world.check_each_was_charged_once(3)

    play(tmp_path, scenario, batch_s=0.4)


def test_the_deadline_is_met_although_the_clock_is_set_back(tmp_path: Path, jump: Callable[[float], None]) -> None:
    async def scenario(world: World) -> None:
        running = asyncio.ensure_future(world.run(3, deadline_h=0.0002))
        await until(lambda: bool(world.records("batch")))
        jump(-WEEK_S)
        with pytest.raises(TeacherError, match="has not ended"):
            await running
        assert world.records("batch_end") == []

    play(tmp_path, scenario, batch_s=30)


@pytest.mark.parametrize("known", [True, False], ids=["known", "looked for"])
@pytest.mark.parametrize("by", [WEEK_S, -WEEK_S], ids=["forth", "back"])
def test_a_clock_that_is_set_between_two_runs_forgets_no_batch_and_pays_for_none_twice(
    tmp_path: Path, jump: Callable[[float], None], by: float, known: bool
) -> None:
    """Set forth, it makes a batch look old, which can stop a run but nothing more; the same command goes on."""

    async def scenario(world: World) -> None:
        await killed(world.run(3), lambda: bool(world.records("batch")))
        if not known:
            world.forget_last("batch")
        jump(by)
        if by > 0:
            with pytest.raises(TeacherError, match=r"168\.0 hours after it was sent, by the clock of this machine"):
                await world.run(3)
            assert world.records("batch_end") == []
            jump(0)
        assert await world.run(3) == {"answered": 3}
        assert world.posted() == 1
        world.check_each_was_charged_once(3)

    play(tmp_path, scenario, batch_s=1.0)


def test_errors_name_the_section_of_whoever_is_asked(tmp_path: Path) -> None:
    plan = {f"POST {ROUTE}": {"server": "unpaid"}}

    async def scenario(world: World) -> None:
        world.role = Judge
        with pytest.raises(TeacherError, match=r"^judge: 402 "):
            await world.run(2)
        await killed(world.run(2), lambda: bool(world.records("batch")))
        lost = world.records("batch")[0]["id"]
        for path in world.ledger.glob("*.jsonl"):
            path.write_text(path.read_text().replace(lost, "msgbatch_gone"))
        with pytest.raises(TeacherError, match=r"--set 'judge\.batches\.forget=\[msgbatch_gone\]'"):
            await world.run(2)
        world.url += "/nowhere"
        with pytest.raises(TeacherError, match=r"^judge: it has no Message Batches.*--set judge\.transport=online"):
            await world.run(2, forget=["msgbatch_gone"])

    play(tmp_path, scenario, plan, batch_s=30)


def test_a_batch_that_the_server_does_not_know_stops_the_run_unless_it_may_be_forgotten(tmp_path: Path) -> None:
    async def first(world: World) -> str:
        await killed(world.run(3), lambda: bool(world.records("batch")))
        return str(world.records("batch")[0]["id"])

    lost = play(tmp_path, first, batch_s=60)

    async def then(world: World) -> None:
        with pytest.raises(TeacherError, match=rf"batch {lost}.*forget=\[{lost}\]"):
            await world.run(3)
        assert world.entries() == []
        assert await world.run(3, forget=[lost]) == {"answered": 3}
        assert [one["outcome"] for one in world.records("batch_end")] == ["forgotten", "read"]

    (tmp_path / "ledger").rename(tmp_path / "kept")
    play_with(tmp_path, then)


@pytest.mark.parametrize("replies", [0, 2])
def test_a_forgotten_batch_counts_as_spent_at_the_most_of_what_it_did_not_answer(tmp_path: Path, replies: int) -> None:
    async def first(world: World) -> None:
        assert await world.run(5) == {"answered": 5}
        (path,) = world.ledger.glob("*.jsonl")
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(lines[: -6 + replies]))

    async def then(world: World) -> None:
        paid = sum(one["dollars"] for one in world.records("reply"))
        lost = world.records("batch")[0]["id"]
        with pytest.raises(BudgetStop, match=rf"of which \${paid + (5 - replies) * most():.4f} are spent"):
            await world.run(5, forget=[lost], budget=paid + (5.5 - replies) * most())
        assert world.entries() == []
        assert [one["dollars"] for one in world.records("batch_end")] == [pytest.approx((5 - replies) * most())]
        assert read_answered(world.ledger, set(), PRICE).spent == pytest.approx(paid + (5 - replies) * most())
        with pytest.raises(BudgetStop):
            await world.run(5, budget=paid + (5.5 - replies) * most())
        assert await world.run(5, budget=paid + (10.5 - replies) * most()) == {"answered": 5 - replies}

    play(tmp_path, first)
    (tmp_path / "ledger").rename(tmp_path / "kept")
    (tmp_path / "log.jsonl").unlink()
    play_with(tmp_path, then)


def play_with(folder: Path, scenario: Scenario) -> None:
    """A server that was started again, and knows no batch of the one before."""

    async def moved(world: World) -> None:
        world.ledger.rmdir()
        (folder / "kept").rename(world.ledger)
        await scenario(world)

    play(folder, moved)


def test_a_teacher_that_ends_with_the_run_takes_its_batches_with_it(tmp_path: Path) -> None:
    async def first(world: World) -> None:
        await killed(world.run(3), lambda: bool(world.records("batch")))

    async def then(world: World) -> None:
        assert await world.run(3, volatile=True) == {"answered": 3}

    play(tmp_path, first, batch_s=60)
    (tmp_path / "ledger").rename(tmp_path / "kept")
    play_with(tmp_path, then)


def test_a_run_that_may_not_send_reads_what_is_on_its_way_and_leaves_the_rest(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await killed(world.run(3), lambda: bool(world.records("batch")))
        assert await world.run(5, submit=False) == {"answered": 3}
        assert len(world.entries()) == 3

    play(tmp_path, scenario, batch_s=0.3)


def test_a_server_without_batches_is_named_as_one(tmp_path: Path) -> None:
    async def main() -> None:
        runner = web.AppRunner(web.Application(), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        (tmp_path / "ledger").mkdir()
        try:
            await World(tmp_path, f"http://127.0.0.1:{runner.addresses[0][1]}").run(2)
        finally:
            await runner.cleanup()

    with pytest.raises(TeacherError, match=r"no Message Batches.*teacher\.transport=online"):
        asyncio.run(main())


def test_a_wrong_key_stops_the_run_before_anything_is_sent(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        with pytest.raises(SeedwrightError, match="401"):
            await world.run(2)
        assert list(read_ledger(world.ledger)) == []

    play(tmp_path, scenario, api_key="another")


SECRET = "sk-ant-very-secret-0123456789"


@pytest.mark.parametrize("padding", ["", "x" * 560], ids=["whole", "where the text is cut"])
@pytest.mark.parametrize(
    ("call", "fault"),
    [
        ("entry", "invalid"),
        ("entry", "errored"),
        (f"POST {ROUTE}", "rate_limited"),
        (f"POST {ROUTE}", "server_error"),
        (f"POST {ROUTE}", "unpaid"),
        (f"GET {ROUTE}", "overloaded"),
        (f"GET {ROUTE}/{{id}}", "server_error"),
        (f"GET {ROUTE}/{{id}}/results", "unpaid"),
    ],
)
def test_a_key_that_the_server_repeats_goes_no_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, fault: str, padding: str
) -> None:
    for words in (ERRORS, REFUSALS):
        if fault in words:
            monkeypatch.setitem(words, fault, (*words[fault][:2], f"{padding} bad key {SECRET}", ""))
    entry, times = content_hash(params(0)), 99 if "{id}" in call else 4
    plan = {entry if call == "entry" else call: {"batch" if call == "entry" else "server": fault, "times": times}}

    async def scenario(world: World) -> None:
        world.key = SECRET
        try:
            await world.run(3, patience_s=0.2)
        except TeacherError as error:
            world.said.append(str(error))
        told = "".join(world.said) + "".join(path.read_text() for path in world.ledger.glob("*.jsonl"))
        assert "x" * 500 in told if padding else "bad key (the key)" in told
        assert "sk-ant" not in told

    play(tmp_path, scenario, plan, api_key=SECRET, retry_after_s=0.05)
