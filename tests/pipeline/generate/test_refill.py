import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from pipeline.generate.attrition import Starved
from pipeline.generate.human import resolved
from pipeline.generate.plan import plan_requests
from pipeline.generate.refill import most_requests, refill_requests
from pipeline.generate.settings import Generation
from pipeline.records import SEED
from pipeline.tasks.task import Task

PARTIES = Starved("omits", "parties", planned=90, kept=3, missing=50, requests=90)


@pytest.fixture(scope="module")
def seeds() -> pa.Table:
    rows = [
        {"seed_id": f"seed-{row}", "text": f"Text {row}.", "answer": None, "stratum": "NDA" if row % 3 else "SaaS"}
        for row in range(12)
    ]
    return pa.Table.from_pylist(rows, schema=SEED)


def asked(task: Task, seeds: pa.Table, *hungry: Starved, batch: int = 1, most: int = 1000) -> pa.Table:
    plan = plan_requests(task, seeds)
    return refill_requests(task, seeds.to_pylist(), resolved(task, None)[0], plan, hungry, batch, most)


def values(requests: pa.Table, name: str) -> Counter[Any]:
    return Counter(json.loads(cell)[name] for cell in requests["cell"].to_pylist())


@pytest.mark.slow
def test_a_starved_value_is_asked_of_all_seeds_evenly_under_new_numbers(contracts: Task, seeds: pa.Table) -> None:
    more, plan = asked(contracts, seeds, PARTIES), plan_requests(contracts, seeds)
    assert values(more, "omits") == {"parties": 90}
    assert set(Counter(more["seed_id"].to_pylist()).values()) == {7, 8}
    assert min(more["number"].to_pylist()) == 5
    for name in ("sample_id", "key"):
        assert not set(more[name].to_pylist()) & set(plan[name].to_pylist())
        assert len(set(more[name].to_pylist())) == 90
    assert more.schema == plan.schema
    assert len(values(more, "register")) == 3
    assert more.equals(asked(contracts, seeds, PARTIES))


def test_a_starved_stratum_is_asked_of_its_own_seeds(contracts: Task, seeds: pa.Table) -> None:
    more = asked(contracts, seeds, replace(PARTIES, dimension="", value="SaaS", requests=10))
    assert Counter(more["stratum"].to_pylist()) == {"SaaS": 10}


def test_one_request_serves_every_starved_value_that_it_has(contracts: Task, seeds: pa.Table) -> None:
    other = replace(PARTIES, dimension="register", value="terse", requests=30)
    more = asked(contracts, seeds, PARTIES, other)
    assert values(more, "register")["terse"] == 30
    assert 90 < more.num_rows < 120


def test_a_sub_batch_never_goes_beyond_its_bound_and_serves_all_in_proportion(contracts: Task, seeds: pa.Table) -> None:
    other = replace(PARTIES, dimension="register", value="terse", requests=30)
    more = asked(contracts, seeds, PARTIES, other, most=40)
    assert more.num_rows <= 40
    assert values(more, "omits")["parties"] >= 30
    assert values(more, "register")["terse"] >= 10
    assert (most_requests(Generation(), 961), most_requests(Generation(refills=0), 961)) == (482, 0)
    assert most_requests(Generation(starved=0), 961) == 0


@pytest.mark.slow
def test_a_second_sub_batch_asks_for_other_samples(contracts: Task, seeds: pa.Table) -> None:
    first = asked(contracts, seeds, PARTIES)
    both = pa.concat_tables([plan_requests(contracts, seeds), first])
    second = refill_requests(contracts, seeds.to_pylist(), resolved(contracts, None)[0], both, [PARTIES], 2, 1000)
    assert not set(first["key"].to_pylist()) & set(second["key"].to_pylist())
