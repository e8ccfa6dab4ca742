from dataclasses import replace

import pytest

from pipeline.config import Limits
from pipeline.teacher.buckets import BURST_S
from pipeline.teacher.pace import Pace
from pipeline.teacher.pacing import START, Ask, Pacing, Reservation, Settled

ONE = Ask("k", 100, 50, 0.01)


def started(limits: Limits, **values: float) -> Pacing:
    pacing = Pacing(limits, **values)
    pacing.start(0.0)
    return pacing


def run(pacing: Pacing, ask: Ask, seconds: float, *, used: Settled | None = None) -> int:
    """How many requests leave within `seconds` when each is settled at once."""
    now, sent = 0.0, 0
    while now < seconds:
        delay = pacing.delay(ask, now)
        if delay > 0:
            now += delay
            continue
        reservation = pacing.reserve(ask, now)
        pacing.settle(used or Settled(ask, "ok", ask.input_tokens, ask.output_tokens), reservation, now)
        sent += 1
    return sent


def test_each_limit_binds_when_it_is_the_tightest() -> None:
    for limits in (
        Limits(requests_per_minute=600),
        Limits(input_tokens_per_minute=60_000),
        Limits(output_tokens_per_minute=30_000),
        Limits(requests_per_minute=600, input_tokens_per_minute=10**6, output_tokens_per_minute=10**6),
    ):
        sent = run(started(limits), ONE, 60.0)
        assert 0.97 * 600 <= sent <= 600


def test_no_window_of_a_second_holds_more_than_its_share_and_the_burst() -> None:
    pacing = started(Limits(requests_per_minute=6000))
    times, now = [], 0.0
    while now < 5:
        delay = pacing.delay(ONE, now)
        now += delay
        if delay == 0:
            pacing.settle(Settled(ONE, "ok", 100, 50), pacing.reserve(ONE, now), now)
            times.append(now)
    assert max(sum(start <= t < start + 1 for t in times) for start in times) <= 100 * (1 + BURST_S) + 1


def test_a_reply_that_took_more_than_its_estimate_is_paid_back_by_waiting() -> None:
    pacing = started(Limits(output_tokens_per_minute=30_000))
    sent = run(pacing, ONE, 60.0, used=Settled(ONE, "ok", 100, 100))
    assert 0.96 * 300 <= sent <= 304


def test_a_reply_that_took_less_gives_back_what_it_reserved() -> None:
    sent = run(started(Limits(output_tokens_per_minute=30_000)), ONE, 60.0, used=Settled(ONE, "ok", 100, 25))
    assert sent >= 0.96 * 1200


def test_a_request_larger_than_the_bucket_still_leaves() -> None:
    assert run(started(Limits(output_tokens_per_minute=600)), replace(ONE, output_tokens=300), 61.0) in (2, 3)


def test_requests_in_flight_are_bounded_until_one_settles() -> None:
    pacing = started(Limits(in_flight=2))
    first, _ = pacing.reserve(ONE, 0.0), pacing.reserve(ONE, 0.0)
    assert pacing.delay(ONE, 0.0) == float("inf")
    pacing.settle(Settled(ONE, "ok"), first, 0.0)
    assert pacing.delay(ONE, 0.0) == 0.0


def test_while_no_limit_is_known_few_leave_at_first_and_twice_as_many_after_their_replies() -> None:
    pacing = started(Limits(in_flight=100))

    def leave() -> list[Reservation]:
        left = []
        while pacing.delay(ONE, 0.0) == 0:
            left.append(pacing.reserve(ONE, 0.0))
        return left

    first = leave()
    for reservation in first:
        pacing.settle(Settled(ONE, "ok"), reservation, 0.0)
    assert (len(first), len(leave())) == (START, 2 * START)


def test_a_429_stops_everybody_for_as_long_as_the_server_says_and_cuts_the_pace_once_a_burst() -> None:
    pacing = started(Limits(requests_per_minute=6000))
    left = [pacing.reserve(ONE, 0.9) for _ in range(8)]
    for number, reservation in enumerate(left):
        pacing.settle(Settled(ONE, "rate_limited", retry_after=3.0), reservation, 1.0 + number)
    assert pacing.delay(ONE, 2.0) > 1.9
    assert pacing.pace.at(4.0) == 0.9
    late = pacing.reserve(ONE, 10.0)
    pacing.settle(Settled(ONE, "rate_limited", retry_after=3.0), late, 10.1)
    assert pacing.pace.at(13.1) < 0.9


def test_a_pace_that_was_cut_comes_back_to_just_below_quickly_and_past_it_slowly() -> None:
    pace = Pace()
    pace.cut(0.0)
    pace.cut(0.0)
    paces = [pace.at(float(second)) for second in range(60)]
    assert paces == sorted(paces)
    assert paces[0] == pytest.approx(0.81)
    assert 0.84 < paces[3] <= paces[8] < 0.87
    assert paces[-1] == 1.0


def test_a_long_pause_is_not_asked_for_often() -> None:
    pace = Pace()
    pace.cut(0.0, pause=30.0)
    pace.cut(40.0, pause=30.0)
    assert pace.at(70.0 + 300.0) < 0.9


def test_529_and_500_wait_without_lowering_the_pace() -> None:
    pacing = started(Limits(requests_per_minute=6000))
    for outcome in ("overloaded", "failed", "failed", "failed"):
        pacing.settle(Settled(ONE, outcome), pacing.reserve(ONE, 1.0), 1.0)
    assert pacing.delay(ONE, 1.0) > 0
    assert pacing.pace.at(1.0) == 1.0


def test_limits_are_learnt_from_headers_and_input_is_not_taken_for_output() -> None:
    pacing = started(Limits())
    said = {"input_tokens": 60_000, "output_tokens": 6_000}
    pacing.settle(Settled(ONE, "ok", 100, 50, limits=said), pacing.reserve(ONE, 0.0), 0.0)
    assert pacing.buckets["input_tokens"].per_minute > pacing.buckets["output_tokens"].per_minute
    assert 100 <= run(pacing, ONE, 60.0) <= 122


def test_a_limit_that_a_person_set_is_not_overruled_by_a_header() -> None:
    pacing = started(Limits(requests_per_minute=60))
    pacing.settle(Settled(ONE, "ok", limits={"requests": 100_000}), pacing.reserve(ONE, 0.0), 0.0)
    assert pacing.buckets["requests"].per_minute < 61


def test_a_limit_in_a_header_takes_the_place_of_one_that_was_guessed_from_429s() -> None:
    pacing = started(Limits())
    pacing.settle(Settled(ONE, "rate_limited"), pacing.reserve(ONE, 1.0), 1.0)
    assert pacing.learnt
    pacing.settle(Settled(ONE, "ok", limits={"output_tokens": 6_000}), pacing.reserve(ONE, 2.0), 2.0)
    assert (pacing.learnt, list(pacing.buckets), pacing.pace.at(2.0)) == (False, ["output_tokens"], 1.0)


def test_the_budget_counts_what_is_in_flight() -> None:
    pacing = started(Limits(), budget=0.035)
    first, _ = pacing.reserve(ONE, 0.0), pacing.reserve(ONE, 0.0)
    assert not pacing.over_budget(ONE)
    pacing.reserve(ONE, 0.0)
    assert pacing.over_budget(ONE)
    pacing.settle(Settled(ONE, "ok", dollars=0.001), first, 0.0)
    assert not pacing.over_budget(ONE)
    assert pacing.spent == 0.001


def test_an_unused_turn_changes_nothing() -> None:
    pacing = started(Limits(), budget=1.0)
    pacing.settle(Settled(ONE, "unused"), pacing.reserve(ONE, 0.0), 0.0)
    assert (pacing.in_flight, pacing.reserved, pacing.spent, pacing.counts) == (0, 0.0, 0.0, {})


def test_a_server_that_only_fails_makes_everybody_wait_longer_and_longer_until_one_succeeds() -> None:
    pacing, waits, now = started(Limits()), [], 0.0
    for _ in range(8):
        pacing.settle(Settled(ONE, "failed"), pacing.reserve(ONE, now), now)
        waits.append(pacing.delay(ONE, now))
        now += waits[-1]
    assert waits[:2] == [0.0, 0.0]
    assert waits[2:] == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0]
    pacing.settle(Settled(ONE, "ok"), pacing.reserve(ONE, now), now)
    pacing.settle(Settled(ONE, "failed"), pacing.reserve(ONE, now), now)
    assert pacing.delay(ONE, now) == 0.0


def test_an_answer_after_its_reservation_was_given_up_still_counts_as_spent() -> None:
    pacing = started(Limits(), budget=1.0)
    pacing.release(pacing.reserve(ONE, 0.0))
    pacing.settle(Settled(ONE, "ok", 100, 50, 0.02), None, 0.0)
    assert (pacing.in_flight, pacing.reserved, pacing.spent) == (0, 0.0, 0.02)


def test_estimates_are_corrected_by_what_replies_turn_out_to_take() -> None:
    pacing = started(Limits(output_tokens_per_minute=60_000))
    for _ in range(100):
        pacing.settle(Settled(ONE, "ok", 100, 100), pacing.reserve(ONE, 0.0), 0.0)
    assert 85 < pacing.reserve(ONE, 0.0).amounts["output_tokens"] <= 100


def test_the_figures_name_what_is_used_of_each_limit() -> None:
    pacing = started(Limits(requests_per_minute=600))
    run(pacing, ONE, 60.0)
    figures = pacing.figures(60.0)
    assert figures["limits"] == {"requests": pytest.approx(600)}
    assert figures["per_minute"]["requests"] == pytest.approx(594, rel=0.03)
    assert figures["per_minute"]["output_tokens"] == pytest.approx(594 * 50, rel=0.03)


def test_what_flowed_is_measured_from_the_first_request_on_and_not_from_when_workers_began_to_start() -> None:
    guesses = []
    for waited in (0.0, 60.0):
        pacing = started(Limits())
        for number in range(8):
            pacing.settle(Settled(ONE, "ok", 100, 50), pacing.reserve(ONE, waited + number / 8), waited + number / 8)
        pacing.settle(Settled(ONE, "rate_limited"), pacing.reserve(ONE, waited + 1.0), waited + 1.0)
        assert pacing.learnt
        guesses.append(pacing.buckets["requests"].per_minute)
    assert guesses[0] == pytest.approx(guesses[1])
    assert guesses[0] > 240


def test_a_request_that_fails_alone_is_no_reason_to_lose_patience_with_the_server() -> None:
    def fail(pacing: Pacing, outcome: str, *keys: str) -> float:
        for key in keys:
            ask = replace(ONE, key=key)
            pacing.settle(Settled(ask, outcome), pacing.reserve(ask, 0.0), 0.0)
        return pacing.idle_for(100.0)

    assert fail(started(Limits()), "failed", "a", "a", "a", "b") == 0
    assert fail(started(Limits()), "failed", "a", "b", "c") == 100
    assert fail(started(Limits()), "overloaded", "a") == fail(started(Limits()), "rate_limited", "a") == 100
    healed = started(Limits())
    assert fail(healed, "rate_limited", "a") == 100
    healed.settle(Settled(ONE, "ok", 1, 1), healed.reserve(ONE, 50.0), 50.0)
    assert healed.idle_for(100.0) == 0
