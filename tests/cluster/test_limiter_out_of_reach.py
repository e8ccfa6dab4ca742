"""A worker's line to the limiter over a network that breaks off: the real limiter, client and server, without Ray."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from ray.exceptions import ActorDiedError, ActorUnavailableError
from serving import hosted

from cluster import limiter as line
from cluster.limiter import ClusterTurns
from pipeline.canonical import content_hash
from pipeline.config import Limits, Teacher
from pipeline.teacher.ask import Request
from pipeline.teacher.client import open_client
from pipeline.teacher.connection import Connection
from pipeline.teacher.ledger import Ledger, answers
from pipeline.teacher.limiter import Limiter
from pipeline.teacher.pacing import Ask
from pipeline.teacher.prices import Price
from pipeline.teacher.simulated.settings import SimulatedSettings
from pipeline.teacher.terms import Sender, Terms
from pipeline.teacher.together import ask_together

pytestmark = pytest.mark.slow

PRICE = Price(1.0, 5.0, "test")
LOST, UNHEARD, SLOW = "the call", "the answer", "the connection while the limiter still thinks"


class Far:
    """The limiter as an actor is called. `breaks` says what is lost of each call in turn, by the name of the method."""

    def __init__(self, limiter: Limiter, **breaks: list[str | None]) -> None:
        self.limiter, self.breaks, self.calls = limiter, breaks, Counter[str]()
        self.lost: set[asyncio.Task[Any]] = set()

    def __getattr__(self, name: str) -> Any:
        return type("Method", (), {"remote": staticmethod(lambda *given: self._call(name, given))})

    def _call(self, name: str, given: tuple[Any, ...]) -> Coroutine[Any, Any, Any]:
        self.calls[name] += 1
        breaks = self.breaks.get(name)
        return self._carried(getattr(self.limiter, name), given, breaks.pop(0) if breaks else None)

    async def _carried(self, method: Callable[..., Any], given: tuple[Any, ...], broken: str | None) -> Any:
        if broken == "dead":
            raise ActorDiedError
        if broken == LOST:
            raise ActorUnavailableError("the network is down", None)
        task = asyncio.ensure_future(method(*given))
        if broken == SLOW:
            self.lost.add(task)
            await asyncio.sleep(0.02)
        found = None if broken == SLOW else await task
        if broken:
            raise ActorUnavailableError("the network is down", None)
        return found


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "PAUSES_S", (0.01, 0.02, 0.03))


def requests(count: int) -> list[Request]:
    made = (
        {"model": "simulated-teacher", "max_tokens": 100, "messages": [{"role": "user", "content": f"item {number}"}]}
        for number in range(count)
    )
    return [Request(content_hash(params), params, 10, 50) for params in made]


def asked(folder: Path, limits: Limits, **breaks: list[str | None]) -> tuple[Counter[str], Far]:
    """The fates of thirty requests that are asked over such a line, and its far end."""
    teacher = Teacher(timeout_s=10)

    async def main(url: str) -> tuple[Counter[str], Far]:
        far, ledger = Far(Limiter(limits, None, 0.0, 60.0, 10.0), **breaks), Ledger(folder / "ledger")
        turns = ClusterTurns(far)
        connection = Connection(teacher, limits, url, SecretStr("simulated"), PRICE, Terms(caching=False))
        async with open_client(url, connection.key, 10) as client:
            send = Sender(client, 10, connection.terms)
            fates = await ask_together(requests(30), connection, send=send, ledger=ledger, turns=turns)
        while turns._settling is not None and not turns._settling.done():
            await asyncio.sleep(0.01)
        ledger.close()
        return fates, far

    (folder / "ledger").mkdir()
    with hosted(SimulatedSettings(latency_ms=(5, 20)), folder) as url:
        return asyncio.run(main(url))


@pytest.mark.parametrize("broken", [LOST, UNHEARD, SLOW])
@pytest.mark.parametrize("call", ["lease", "settle"])
def test_a_network_that_breaks_off_for_a_moment_costs_no_request_no_place_and_no_cent(
    tmp_path: Path, call: str, broken: str
) -> None:
    fates, far = asked(tmp_path, Limits(in_flight=4), **{call: [None, None, broken, broken, None, broken, None] * 3})
    assert fates == {"answered": 30}
    assert far.limiter.stopped is None
    pacing, replies = far.limiter.pacing, list(answers(tmp_path / "ledger"))
    assert (pacing.in_flight, pacing.counts, far.limiter.out) == (0, {"ok": 30}, {})
    assert pacing.spent == pytest.approx(sum(one["dollars"] for one in replies))
    assert pacing.reserved == pytest.approx(0.0, abs=1e-9)


def test_a_limiter_that_stays_out_of_reach_or_has_died_lets_nothing_leave(tmp_path: Path) -> None:
    async def ended(*breaks: str | None) -> int:
        far = Far(Limiter(Limits(), None, 0.0, 60.0, 10.0), lease=list(breaks))
        assert (await ClusterTurns(far).acquire(Ask("k", 1, 1))).stop
        return far.calls["lease"]

    assert asyncio.run(ended(*[LOST] * 9)) == 4
    assert asyncio.run(ended("dead")) == 1
    fates, far = asked(tmp_path, Limits(in_flight=4), lease=[None, *[LOST] * 99])
    assert far.limiter.stopped is None
    assert fates["stopped"] > 20


def test_a_stop_that_did_not_arrive_is_said_again() -> None:
    async def stopped() -> Any:
        far = Far(Limiter(Limits(), None, 0.0, 60.0, 10.0), stop_run=[LOST, LOST])
        ClusterTurns(far).stop("teacher", "401")
        await asyncio.sleep(0.2)
        return far.limiter.stopped

    assert asyncio.run(stopped()) == ("teacher", "401")
