"""The plan of the contracts task: weights, pairs, forbidden cells, and what a change to a seed costs."""

import json
from collections import Counter
from collections.abc import Callable

import pyarrow as pa
import pytest

from pipeline.generate.covering import allowed_pairs, pairs_of
from pipeline.generate.human import resolved
from pipeline.generate.plan import plan_requests
from pipeline.layers import load_settings
from pipeline.records import SEED
from pipeline.tasks.task import Task, load_task, read_source

pytestmark = pytest.mark.slow


@pytest.fixture
def contracts_with() -> Callable[..., Task]:
    return lambda *pairs: load_task(read_source(load_settings("contracts", None, pairs)[0]))


def seeds(number: int) -> pa.Table:
    rows = [
        {"seed_id": f"seed-{row}", "text": f"The text of seed {row}.", "answer": None, "stratum": f"s{row % 4}"}
        for row in range(number)
    ]
    return pa.Table.from_pylist(rows, schema=SEED)


def cells(plan: pa.Table) -> list[dict[str, str]]:
    return [json.loads(cell) for cell in plan["cell"].to_pylist()]


def test_a_plan_that_is_large_enough_covers_every_pair_and_no_forbidden_one(
    contracts_with: Callable[..., Task],
) -> None:
    task = contracts_with("forbid=[{complexity: single_clause, omits: [parties, payment]}]", "generation.samples=15")
    plan = plan_requests(task, seeds(40))
    found = cells(plan)
    assert plan.num_rows == len(found) == 40 * 15 * 4
    assert allowed_pairs(resolved(task, None)[0]) <= pairs_of(found)
    assert not [
        cell for cell in found if cell["complexity"] == "single_clause" and cell["omits"] in ("parties", "payment")
    ]


def test_a_large_plan_honours_the_weights(contracts_with: Callable[..., Task]) -> None:
    task = contracts_with("generation.samples=15")
    found = cells(plan_requests(task, seeds(40)))
    for name, weights in task.settings.matrix.items():
        assert weights != "human"
        drawn = Counter(cell[name] for cell in found)
        for value, weight in weights.items():
            assert abs(drawn[value] / len(found) - weight / sum(weights.values())) < 0.03, (name, value)


def test_a_small_plan_covers_more_pairs_than_chance_would(contracts_with: Callable[..., Task]) -> None:
    task = contracts_with("generation.samples=1")
    wanted = allowed_pairs(resolved(task, None)[0])
    assert pairs_of(cells(plan_requests(task, seeds(12)))) >= wanted
    few = wanted & pairs_of(cells(plan_requests(task, seeds(4))))
    assert 200 < len(few) < len(wanted)


def test_editing_or_adding_a_seed_leaves_the_other_seeds_requests_as_they_are(
    contracts_with: Callable[..., Task],
) -> None:
    task = contracts_with()
    rows = seeds(60).to_pylist()
    before = dict(keys(plan_requests(task, seeds(60))))
    edited = pa.Table.from_pylist([{**rows[0], "text": "Edited."}, *rows[1:]], schema=SEED)
    after = dict(keys(plan_requests(task, edited)))
    assert before.keys() == after.keys()
    assert Counter(seed for (seed, _), key in after.items() if before[seed, _] != key) == {"seed-0": 16}
    added = dict(keys(plan_requests(task, seeds(61))))
    changed = [seed for (seed, sample), key in before.items() if added[seed, sample] != key]
    assert len(added) - len(before) == 16
    assert len(changed) <= 3


def keys(plan: pa.Table) -> list[tuple[tuple[str, str], str]]:
    return [((row["seed_id"], row["sample_id"]), row["key"]) for row in plan.to_pylist()]
