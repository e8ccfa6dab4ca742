"""Runs that pace themselves against the simulated teacher's limits, on a clock of its own."""

import pytest
from pacing_world import Runner, World, runner

from pipeline.config import Limits

pytestmark = pytest.mark.slow

OUTPUT = {"output_tokens": 540_000}


@pytest.mark.parametrize("limits", [Limits(in_flight=128), Limits(in_flight=128, output_tokens_per_minute=540_000)])
def test_a_known_limit_is_used_up_without_429s_although_lengths_are_skewed_and_the_burst_is_short(
    limits: Limits,
) -> None:
    one = runner(limits)
    World(OUTPUT, burst_s=0.25).run([one], 60)
    assert one.used("output_tokens", 0, 60) >= 0.98 * 540_000
    assert one.refusals() <= len(one.ok) / 1000


@pytest.mark.parametrize("per_minute", [{"requests": 3840}, OUTPUT, {"input_tokens": 2_000_000}])
@pytest.mark.parametrize("retry_after", [True, False])
def test_a_limit_that_nobody_tells_is_found_within_a_minute(per_minute: dict[str, int], retry_after: bool) -> None:
    one = runner()
    World(per_minute, headers=False, retry_after=retry_after).run([one], 180)
    kind, limit = next(iter(per_minute.items()))
    assert one.used(kind, 60, 180) >= 0.9 * limit
    assert one.refusals(60) <= len(one.ok) / 50


@pytest.mark.parametrize("seed", range(5))
def test_429s_among_the_first_requests_do_not_stall_a_short_run(seed: int) -> None:
    one = runner(Limits(in_flight=8))
    World({}, whim=0.2, headers=False, seed=seed).run([one], 30)
    assert len(one.ok) >= 40


def test_two_runs_on_one_key_share_the_limit_and_the_one_that_stays_takes_what_the_other_leaves() -> None:
    first, second = runner(), runner(starts=20, ends=100)
    World(OUTPUT).run([first, second], 160)
    both = [one.used("output_tokens", 40, 100) / 540_000 for one in (first, second)]
    assert sum(both) >= 0.95
    assert min(both) >= 0.4
    assert first.refusals(40, 100) + second.refusals(40, 100) <= 0.02 * answered(first, second, 40, 100)
    assert first.used("output_tokens", 130, 160) >= 0.95 * 540_000


def test_limits_that_change_during_a_run_are_followed() -> None:
    one = runner()
    World(OUTPUT, changes={60: {"output_tokens": 180_000}, 120: OUTPUT}).run([one], 180)
    assert 0.97 * 180_000 <= one.used("output_tokens", 65, 120) <= 1.01 * 180_000
    assert one.used("output_tokens", 125, 180) >= 0.97 * 540_000
    assert one.refusals() <= len(one.ok) / 1000


def answered(first: Runner, second: Runner, since: float, until: float) -> int:
    return sum(since <= one[0] < until for one in (*first.ok, *second.ok))
