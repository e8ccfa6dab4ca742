import asyncio
import subprocess
import time
from dataclasses import replace
from typing import Any

import pytest

from pipeline.config import Limits
from pipeline.teacher.ask import Turn
from pipeline.teacher.pacing import Ask, Settled

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_here")]


def ask(number: int) -> Ask:
    return Ask(f"k{number}", 10, 10, 1.0)


async def turns_of(limiter: Any, count: int, *, hold: float = 0.0, outcome: Any = "ok") -> list[Turn]:
    from cluster.limiter import ClusterTurns

    turns = ClusterTurns(limiter)

    async def one(number: int) -> Turn:
        turn = await turns.acquire(ask(number))
        if not turn.stop:
            await asyncio.sleep(hold)
            turns.settle(Settled(ask(number), outcome, 10, 10, 1.0))
        return turn

    found = await asyncio.gather(*(one(number) for number in range(count)))
    await asyncio.sleep(0.2)
    return found


def limiter(limits: Limits, *, budget: float | None = None, spent: float = 0.0, patience: float = 60.0) -> Any:
    from cluster.limiter import start_limiter

    return start_limiter(limits, budget, spent, patience_s=patience, timeout_s=10.0)


def test_all_get_their_turn_with_far_more_waiting_than_may_be_in_flight() -> None:
    import ray

    actor = limiter(Limits(in_flight=3))
    found = asyncio.run(turns_of(actor, 100, hold=0.005))
    assert not any(turn.stop for turn in found)
    stats = ray.get(actor.stats.remote())
    assert (stats["counts"]["ok"], stats["in_flight"], stats["spent"]) == (100, 0, 100.0)


def test_two_workers_share_one_pace() -> None:
    actor = limiter(Limits(requests_per_minute=1800))

    async def both() -> None:
        await asyncio.gather(turns_of(actor, 45), turns_of(actor, 45))

    started = time.monotonic()
    asyncio.run(both())
    assert time.monotonic() - started > 2.4


def test_the_budget_lets_through_what_it_covers_and_stops_the_rest() -> None:
    import ray

    actor = limiter(Limits(), budget=10.5, spent=3.0)
    found = asyncio.run(turns_of(actor, 30, hold=0.01))
    assert sum(not turn.stop for turn in found) == 7
    assert ray.get(actor.stats.remote())["stopped"][0] == "budget"


def test_a_key_that_was_answered_once_is_not_asked_again() -> None:
    actor = limiter(Limits())
    asyncio.run(turns_of(actor, 3))
    again = asyncio.run(turns_of(actor, 4, outcome="unused"))
    assert [turn.answered for turn in again] == [True, True, True, False]


def test_nothing_succeeding_for_too_long_stops_the_run() -> None:
    import ray

    from cluster.limiter import ClusterTurns

    actor = limiter(Limits(), patience=0.3)

    async def scenario() -> Turn:
        await turns_of(actor, 1, outcome="failed")
        await asyncio.sleep(0.4)
        turns = ClusterTurns(actor)
        while not (turn := await turns.acquire(ask(9))).stop:
            turns.settle(Settled(ask(9), "overloaded"))
        return turn

    assert asyncio.run(scenario()).stop
    assert "no request has succeeded for 0.3 s" in ray.get(actor.stats.remote())["stopped"][1]


def test_the_places_of_a_worker_that_died_are_free_again_when_its_requests_are_asked_anew() -> None:
    import ray

    from cluster.limiter import ClusterTurns

    actor = limiter(Limits(in_flight=4))

    async def scenario() -> list[Turn]:
        dead = ClusterTurns(actor)
        await asyncio.gather(*(dead.acquire(ask(number)) for number in range(4)))
        return await turns_of(actor, 8)

    assert not any(turn.stop for turn in asyncio.run(scenario()))
    stats = ray.get(actor.stats.remote())
    assert (stats["in_flight"], stats["counts"]["ok"]) == (0, 8)


def test_a_settlement_that_comes_after_the_next_attempt_was_leased_frees_nothing_twice() -> None:
    import ray

    from cluster.limiter import ClusterTurns

    actor = limiter(Limits(in_flight=4))

    async def scenario() -> int:
        turns = ClusterTurns(actor)
        first, second = replace(ask(1), attempt=1), replace(ask(1), attempt=2)
        await turns.acquire(first)
        await turns.acquire(second)
        turns.settle(Settled(first, "failed"))
        await asyncio.sleep(0.3)
        return int(ray.get(actor.stats.remote())["in_flight"])

    assert asyncio.run(scenario()) == 1


def test_from_the_death_of_the_driver_on_nobody_is_given_leave() -> None:
    import ray

    from pipeline.teacher.driver import Driver
    from pipeline.teacher.limiter import Limiter

    driver = subprocess.Popen(["sleep", "60"])
    arguments = (Limits(requests_per_minute=600), None, 0.0, 60.0, 10.0, Driver(driver.pid, Driver.this().space))
    actor = ray.remote(Limiter).options(num_cpus=0, max_concurrency=10).remote(*arguments)

    async def scenario() -> list[Turn]:
        await turns_of(actor, 1)
        asking = asyncio.create_task(turns_of(actor, 1000))
        await asyncio.sleep(1)
        driver.kill()
        driver.wait()
        return await asyncio.wait_for(asking, 30)

    assert 1 <= sum(not turn.stop for turn in asyncio.run(scenario())) <= 50
    assert ray.get(actor.stats.remote())["stopped"] == ("interrupt", "the driver has died")
