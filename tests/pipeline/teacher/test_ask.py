import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.teacher.ask import Request, Turn, ask, most_dollars
from pipeline.teacher.client import Answer
from pipeline.teacher.ledger import Ledger, read_ledger
from pipeline.teacher.pacing import Ask, Settled
from pipeline.teacher.prices import Price
from pipeline.teacher.terms import Terms

PRICE = Price(1e6, 1e6, "test")
BODY = json.dumps({"usage": {"input_tokens": 7, "output_tokens": 3}})


class Turns:
    """Turns without a cluster: counts what others would have answered meanwhile."""

    def __init__(self, others_succeed: bool = True) -> None:
        self.settled: list[Settled] = []
        self.stopped: tuple[str, str] | None = None
        self.successes = 0
        self.others_succeed = others_succeed
        self.answered = self.alone = False

    async def acquire(self, _: Ask) -> Turn:
        self.successes += self.others_succeed
        return Turn(self.successes, self.answered, self.stopped is not None, self.alone)

    def settle(self, settled: Settled) -> None:
        self.settled.append(settled)

    def stop(self, kind: Any, reason: str) -> None:
        self.stopped = (kind, reason)


def run(folder: Path, answers: list[Answer], turns: Turns, attempts: int = 3) -> str:
    given = iter(answers)

    async def send(_: Mapping[str, Any]) -> Answer:
        assert [line["kind"] for line in read_ledger(folder)][-1] == "intent"
        return next(given)

    async def scenario() -> str:
        ledger = Ledger(folder)
        request = Request("k", {"model": "m"}, 100, 50)
        given: dict[str, Any] = {"price": PRICE, "attempts": attempts, "terms": Terms()}
        fate = await ask(request, send=send, ledger=ledger, turns=turns, **given)
        ledger.close()
        return fate

    return asyncio.run(scenario())


def kinds(folder: Path) -> list[str]:
    return [line["kind"] for line in read_ledger(folder)]


def test_intent_is_written_before_the_request_leaves_and_the_reply_before_it_is_settled(tmp_path: Path) -> None:
    turns = Turns()
    assert run(tmp_path, [Answer("ok", body=BODY)], turns) == "answered"
    assert kinds(tmp_path) == ["intent", "reply"]
    assert turns.settled == [Settled(Ask("k", 100, 50, 150, attempt=1), "ok", 7, 3, 10)]


def test_a_reply_that_was_lost_is_settled_and_written_at_the_most_that_it_can_have_cost(tmp_path: Path) -> None:
    turns = Turns()
    assert run(tmp_path, [Answer("failed", error="timed out", lost=True), Answer("ok", body=BODY)], turns) == "answered"
    assert [(one.outcome, one.dollars) for one in turns.settled] == [("failed", 150), ("ok", 10)]
    assert [(line["kind"], line.get("dollars")) for line in read_ledger(tmp_path)] == [
        ("intent", 150),
        ("lost", 150),
        ("intent", 150),
        ("reply", 10),
    ]


def test_a_failure_that_hardly_any_other_shares_counts_though_nobody_succeeds(tmp_path: Path) -> None:
    turns = Turns(others_succeed=False)
    turns.alone = True
    assert run(tmp_path, [Answer("failed", error="500")] * 3, turns) == "failed"


def test_the_most_that_a_request_can_cost_counts_every_byte_of_it_as_a_token() -> None:
    dear = Price(1e6, 1e6, "test", cache_write=3e6)
    asked = Request("k", {"system": "é" * 50, "messages": [], "max_tokens": 9}, 25, 5)
    plain, dressed = (most_dollars(asked, dear, Terms(caching=caching)) for caching in (False, True))
    assert 100 + 9 < plain < 150 + 9
    assert dressed - 9 == 3 * (plain - 9)
    marked = Request("k", {"system": [{"text": "a", "cache_control": {"type": "ephemeral"}}]}, 5, 5)
    assert most_dollars(marked, dear, Terms(caching=False)) == most_dollars(marked, dear, Terms()) > 3 * 50
    bare = Request("k", {"messages": ['an unmarked "cache_control"']}, 5, 5)
    assert most_dollars(bare, dear, Terms()) < 3 * 50
    assert most_dollars(asked, Price(1e6, 1e6, "free to write", cache_write=0), Terms()) == plain


def test_waiting_for_a_busy_server_is_never_a_failed_attempt(tmp_path: Path) -> None:
    busy = [Answer("rate_limited", retry_after=1.0), Answer("overloaded")] * 20
    assert run(tmp_path, [*busy, Answer("ok", body=BODY)], Turns()) == "answered"


def test_a_request_that_fails_while_others_succeed_is_given_up_after_its_attempts(tmp_path: Path) -> None:
    turns = Turns()
    assert run(tmp_path, [Answer("failed", error="500")] * 3, turns) == "failed"
    assert kinds(tmp_path) == ["intent"] * 3 + ["failure"]
    assert [one.outcome for one in turns.settled] == ["failed"] * 3 + ["unused"]


def test_while_nobody_succeeds_the_server_is_at_fault_and_the_request_waits(tmp_path: Path) -> None:
    answers = [Answer("failed", error="connection failed")] * 50 + [Answer("ok", body=BODY)]
    assert run(tmp_path, answers, Turns(others_succeed=False)) == "answered"


def test_what_the_server_will_never_take_is_written_as_a_failure_at_once(tmp_path: Path) -> None:
    assert run(tmp_path, [Answer("refused", error="400 too long")], Turns()) == "failed"
    assert [line.get("error") for line in read_ledger(tmp_path)] == [None, "400 too long"]


def test_a_wrong_key_stops_the_run_for_everybody(tmp_path: Path) -> None:
    turns = Turns()
    assert run(tmp_path, [Answer("fatal", error="401 invalid key")], turns) == "stopped"
    assert turns.stopped == ("teacher", "401 invalid key")
    assert kinds(tmp_path) == ["intent", "waiting"]


def test_nothing_leaves_once_the_run_is_stopped_or_another_worker_has_the_reply(tmp_path: Path) -> None:
    stopped, had = Turns(), Turns()
    stopped.stopped, had.answered = ("budget", "used up"), True
    assert (run(tmp_path, [], stopped), run(tmp_path, [], had)) == ("stopped", "answered")
    assert kinds(tmp_path) == []
