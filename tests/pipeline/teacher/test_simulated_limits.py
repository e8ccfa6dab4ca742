"""Token buckets of the simulated server: what they let through, what a refusal costs, and what their headers say."""

import itertools
import random

import pytest

from pipeline.teacher.simulated.limits import Limits, full

MANY = {"requests": 600, "input-tokens": 60_000, "output-tokens": 30_000}


def admitted(limits: Limits, arrivals: list[tuple[float, dict[str, float]]]) -> list[tuple[float, dict[str, float]]]:
    """The arrivals that get in, each tried once."""
    let_in = []
    for now, cost in arrivals:
        limits, wait = limits.admit(cost, now)
        if not wait:
            let_in.append((now, cost))
    return let_in


def test_a_full_bucket_lets_its_burst_through_and_then_the_rate() -> None:
    arrivals = [(second / 10, {"requests": 1.0}) for second in range(100)]
    let_in = [now for now, _ in admitted(full({"requests": 60}, burst_s=3.0, now=0.0), arrivals)]
    assert let_in[:3] == [0.0, 0.1, 0.2]
    assert let_in[3:] == pytest.approx([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0])


def test_over_any_window_no_more_gets_in_than_the_rate_and_one_burst() -> None:
    draw = random.Random(7)
    gaps = [draw.expovariate(40) for _ in range(3000)]
    arrivals = [
        (now, {"requests": 1.0, "input-tokens": draw.randint(1, 900), "output-tokens": draw.randint(1, 450)})
        for now in itertools.accumulate(gaps)
    ]
    let_in = admitted(full(MANY, burst_s=1.0, now=0.0), arrivals)
    assert 100 < len(let_in) < 3000
    for unit, limit in MANY.items():
        for first in range(0, len(let_in), 7):
            start, used = let_in[first][0], 0.0
            for now, cost in let_in[first:]:
                used += cost[unit]
                assert used <= limit / 60 + (now - start) * limit / 60 + 1e-6, (unit, start, now)


def test_a_refused_request_takes_nothing_from_any_bucket() -> None:
    limits = full({"requests": 600, "output-tokens": 600}, burst_s=1.0, now=0.0)
    limits, wait = limits.admit({"requests": 1, "output-tokens": 10}, 0.0)
    assert wait == 0
    before = limits.headers(0.0, 0.0)
    for _ in range(50):
        limits, wait = limits.admit({"requests": 1, "output-tokens": 10}, 0.0)
        assert wait == pytest.approx(1.0)
    assert limits.headers(0.0, 0.0) == before
    assert before["anthropic-ratelimit-requests-remaining"] == "9"


def test_waiting_as_long_as_told_is_enough_and_a_little_less_is_not() -> None:
    draw = random.Random(3)
    limits, now = full(MANY, burst_s=0.3, now=5.0), 5.0
    for _ in range(500):
        cost = {"requests": 1.0, "input-tokens": draw.randint(1, 2000), "output-tokens": draw.randint(1, 900)}
        limits, wait = limits.admit(cost, now)
        if wait:
            assert limits.admit(cost, now + wait * 0.99)[1] > 0
            now += wait
            limits, wait = limits.admit(cost, now)
        assert wait == 0


def test_a_cost_above_the_capacity_gets_in_when_the_bucket_is_full_and_leaves_a_debt() -> None:
    limits = full({"output-tokens": 600}, burst_s=1.0, now=0.0)
    limits, wait = limits.admit({"output-tokens": 50}, 0.0)
    assert wait == 0
    assert limits.headers(0.0, 0.0)["anthropic-ratelimit-output-tokens-remaining"] == "0"
    assert limits.admit({"output-tokens": 1}, 0.0)[1] == pytest.approx(4.1)


def test_a_clock_that_stands_still_or_goes_back_fills_nothing() -> None:
    limits, _ = full({"requests": 60}, burst_s=1.0, now=100.0).admit({"requests": 1}, 100.0)
    assert limits.admit({"requests": 1}, 40.0)[1] == pytest.approx(1.0)


def test_the_headers_give_the_limit_what_is_left_and_when_it_is_full_again() -> None:
    limits, _ = full({"requests": 120, "input-tokens": None}, burst_s=60.0, now=0.0).admit({"requests": 90}, 0.0)
    assert limits.headers(now=0.0, wall=1_000_000_000.25) == {
        "anthropic-ratelimit-requests-limit": "120",
        "anthropic-ratelimit-requests-remaining": "30",
        "anthropic-ratelimit-requests-reset": "2001-09-09T01:47:26Z",
    }


def test_without_limits_everything_gets_in_and_there_are_no_headers() -> None:
    limits = full({"requests": None}, burst_s=1.0, now=0.0)
    assert limits.admit({"requests": 10**9}, 0.0)[1] == 0
    assert limits.headers(0.0, 0.0) == {}
