"""What comes next for each request of a batch."""

from typing import Any

from pipeline.teacher.batches.settling import Settled, settle
from pipeline.teacher.batches.values import Entry, Result


def settled(*kinds: Any, failures: int = 0, others: int = 0, known: str = "abcdef") -> Settled:
    entries = {key: Entry(key, at, 1, 0.1, failures) for at, key in enumerate(known)}
    results = {key: Result(key, kind, error=f"{kind} {key}") for key, kind in zip("abcdef", kinds, strict=False)}
    return settle("msgbatch_1", results, entries, 3, others=others)


def test_what_failed_is_sent_again_with_one_failure_more() -> None:
    found = settled("ok", "failed", "refused")
    assert (found.answered, found.stopped, found.why) == (1, 0, None)
    assert [(entry.key, entry.failures) for entry in found.again] == [("b", 1)]
    assert [(entry.key, error) for entry, error in found.given_up] == [("c", "refused c")]


def test_the_last_attempt_counts_only_if_anybody_was_answered() -> None:
    assert [entry.key for entry, _ in settled("failed", failures=2, others=1).given_up] == ["a"]
    assert [entry.key for entry, _ in settled("failed", "ok", failures=2).given_up] == ["a"]
    alone = settled("failed", "failed", failures=2)
    assert (alone.given_up, alone.stopped) == ([], 2)
    assert alone.why == "3 batches without a single reply (failed b)"


def test_an_empty_purse_or_a_cancellation_ends_the_run_and_gives_nothing_up() -> None:
    found = settled("fatal", "ok", "canceled", "canceled")
    assert (found.answered, found.stopped, found.given_up, found.why) == (1, 3, [], "fatal a")
    assert settled("canceled", "ok").why == "msgbatch_1 was canceled, with 1 requests unanswered"


def test_requests_that_the_plan_has_no_more_are_nobody_s_business() -> None:
    found = settled("ok", "failed", "refused", known="a")
    assert (found.answered, found.again, found.given_up) == (1, [], [])


def test_a_whole_batch_of_refusals_ends_the_run_and_gives_nothing_up() -> None:
    entries = {f"{at}": Entry(f"{at}", at, 1, 0.1) for at in range(12)}
    results = {key: Result(key, "refused", error="output_config: unknown") for key in entries}
    found = settle("msgbatch_1", results, entries, 3, others=0)
    assert (found.given_up, found.stopped, found.why) == ([], 12, "not one request was taken (output_config: unknown)")
    assert len(settle("msgbatch_1", results, entries, 3, others=1).given_up) == 12
