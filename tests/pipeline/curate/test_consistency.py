import json
from typing import Any

import pytest

from pipeline.canonical import content_hash
from pipeline.curate.consistency import (
    ambiguous,
    consistency_figures,
    consistency_verdict,
    contradicted,
    drawn,
    reading_requests,
    relabelled,
)
from pipeline.curate.settings import Consistency
from pipeline.tasks.task import Task

OWN = {
    "parties": ["Bo Vance", "Cy Dow"],
    "effective_date": "2020-06-01",
    "termination_clause_type": None,
    "payment_amount": {"amount": 1200, "currency": "USD"},
    "governing_law": "Ohio",
}


def reading(**changes: Any) -> dict[str, Any]:
    return {**OWN, **changes}


def test_each_reading_is_a_request_of_its_own_and_more_of_them_leave_the_first_ones_paid(contracts: Task) -> None:
    rows = [{"sample_id": "a", "text": "Bo pays."}, {"sample_id": "b", "text": "Cy pays."}]
    three, five = (reading_requests(contracts, rows, k) for k in (3, 5))
    assert three["sample_id"].to_pylist() == ["a"] * 3 + ["b"] * 3
    assert three["number"].to_pylist() == [1, 2, 3, 1, 2, 3]
    assert len(set(three["key"].to_pylist())) == 6
    assert set(three["key"].to_pylist()) < set(five["key"].to_pylist())
    params = json.loads(three["params"][1].as_py())
    assert contracts.source.texts["guidelines"] in params["system"]
    assert params["messages"][0]["content"].endswith("Bo pays.\n</document>\nReading 2.")
    assert json.dumps(OWN["parties"]) not in three["params"][0].as_py()


def test_values_are_compared_as_the_task_normalises_them(contracts: Task) -> None:
    spelt = reading(parties=["BO  VANCE", "Cy Dow"], payment_amount={"amount": 1200.0, "currency": "USD"})
    found = relabelled(contracts, OWN, [OWN, spelt, OWN])
    assert set(found["agreement"].values()) == set(found["with_answer"].values()) == {1.0}
    assert set(found["differing"].values()) == {0.0}
    assert (found["readings"], found["failed"]) == (3, 0)
    assert ambiguous(found, Consistency()) == contradicted(found) == []


def test_readings_that_differ_make_a_field_ambiguous_and_readings_that_agree_against_the_answer_contradict_it(
    contracts: Task,
) -> None:
    readings = [reading(effective_date=date, governing_law="Iowa") for date in ("2020-06-01", "2020-06-02", None)]
    found = relabelled(contracts, OWN, readings)
    assert (found["agreement"]["effective_date"], found["differing"]["effective_date"]) == (0.3333, 1.0)
    assert (found["agreement"]["governing_law"], found["with_answer"]["governing_law"]) == (1.0, 0.0)
    assert ambiguous(found, Consistency()) == ["effective_date"]
    assert contradicted(found) == ["governing_law"]


def test_a_value_that_the_schema_refuses_counts_as_another_value(contracts: Task) -> None:
    found = relabelled(contracts, OWN, [reading(effective_date="June 1", payment_amount="a lot"), OWN, OWN])
    assert (found["agreement"]["effective_date"], found["agreement"]["payment_amount"]) == (0.6667, 0.6667)


def test_readings_that_failed_are_counted_and_one_reading_alone_says_nothing(contracts: Task) -> None:
    found = relabelled(contracts, OWN, [None, reading(governing_law="Iowa"), None])
    assert (found["readings"], found["failed"], found["agreement"]) == (1, 2, {})
    assert ambiguous(found, Consistency()) == contradicted(found) == []
    two = relabelled(contracts, OWN, [None, OWN, OWN])
    assert (two["readings"], two["failed"], two["agreement"]["parties"]) == (2, 1, 1.0)


def test_tags_are_verdicts_only_where_the_settings_say_so(contracts: Task) -> None:
    unsure = relabelled(contracts, OWN, [reading(effective_date=f"2020-06-0{day}") for day in (1, 2, 3)])
    wrong = relabelled(contracts, OWN, [reading(governing_law="Iowa")] * 3)
    assert consistency_verdict(unsure, Consistency()) is None
    assert consistency_verdict(wrong, Consistency()) is None
    found = consistency_verdict(unsure, Consistency(reject=("ambiguous",)))
    assert found is not None
    assert (found.reason, found.score, found.detail) == ("ambiguous", 0.3333, "effective_date")
    found = consistency_verdict(wrong, Consistency(reject=("ambiguous", "contradicted")))
    assert found is not None
    assert (found.reason, found.score, found.detail) == ("contradicted", 1.0, "governing_law")


def test_figures_are_per_field_with_counts(contracts: Task) -> None:
    every = [
        relabelled(contracts, OWN, [OWN, OWN, OWN]),
        relabelled(contracts, OWN, [reading(governing_law="Iowa")] * 3),
        relabelled(contracts, OWN, [OWN, OWN, reading(governing_law="Iowa")]),
        relabelled(contracts, OWN, [None, None, OWN]),
    ]
    found = consistency_figures(contracts, every, Consistency())
    assert (found["asked"], found["compared"]) == (4, 3)
    assert (found["failed_readings"]["count"], found["failed_readings"]["n"]) == (2, 12)
    assert (found["ambiguous"]["count"], found["contradicted"]["count"]) == (1, 1)
    law = found["fields"]["governing_law"]
    assert law["agreement"]["value"] == pytest.approx((1 + 1 + 2 / 3) / 3, abs=1e-3)
    assert law["differing"]["value"] == pytest.approx((0 + 0 + 2 / 3) / 3, abs=1e-3)
    assert (law["unanimous"]["count"], law["contradicted"]) == (2, 1)
    assert found["fields"]["parties"]["agreement"]["value"] == 1.0


def test_the_share_that_is_read_again_is_drawn_by_id_and_grows_without_changing_who_is_in() -> None:
    ids = [content_hash(number)[:16] for number in range(4000)]
    few, many = ({one for one in ids if drawn(one, share)} for share in (0.1, 0.5))
    assert few < many
    assert 300 < len(few) < 500
    assert all(drawn(one, 1.0) for one in ids)
