from typing import Any

from pipeline.report.costs import costs


def test_what_was_spent_is_summed_and_a_forecast_is_not(record: dict[str, Any]) -> None:
    record["stages"]["evaluate"]["dollars"] = 0.25
    found = costs(record, {})
    assert dict(found.rows)["plan"] == ("0.5", "–", "–", "–")
    assert dict(found.rows)["generate"] == ("12.2", "50,001", "6,002", "$0.5000")
    assert found.total == ("159.7", "50,001", "6,002", "$0.7500")
    assert "999,999 tokens in" in found.planned
    assert found.per_thousand == "$20.0000 for a thousand samples kept."


def test_what_answers_of_the_students_cost_is_told_by_the_thousand(metrics: dict[str, Any]) -> None:
    baseline = metrics["students"]["baseline"]["final"] | {"per_thousand": {"seconds": 1800.0, "dollars": None}}
    teacher = {"per_thousand": {"seconds": None, "dollars": 1.25}}
    found = costs({}, {"baseline": baseline, "teacher": teacher, "other": {}})
    assert found.students == (
        ("baseline", ("90,123", "7,123", "1,800.0", "–")),
        ("teacher", ("–", "–", "–", "$1.2500")),
        ("other", ("–",) * 4),
    )
    rented = {"settings": {"cluster": {"dollars_per_hour": 3}}}
    assert costs(rented, {"baseline": baseline}).students[0][1][-1] == "$1.5000"


def test_calls_that_the_run_does_not_use_are_told_besides(record: dict[str, Any]) -> None:
    used = 0.5
    assert costs(record, {}, used).besides == ""
    assert "cost $0.2500 besides" in costs(record, {}, used + 0.25).besides


def test_the_share_of_cached_tokens_is_told_where_there_was_a_cache(record: dict[str, Any]) -> None:
    assert costs(record, {}).cached == ""
    record["stages"]["generate"] |= {"cache_read": 40_000, "cache_write": 1_000}
    told = "80.0% were read from the server's cache (40,000) and 2.0% written to it (1,000)"
    assert told in costs(record, {}).cached


def test_a_run_without_stages_costs_nothing_that_is_known() -> None:
    found = costs({}, {})
    assert (found.rows, found.total, found.planned, found.per_thousand) == ((), ("–",) * 4, "", "")
