from collections.abc import Callable

import pyarrow as pa
import pytest

from pipeline.generate.estimate import Counted, Estimate, estimate
from pipeline.generate.human import resolved
from pipeline.generate.plan import plan_requests
from pipeline.generate.sharing import prefix_tokens
from pipeline.records import SEED
from pipeline.tasks.task import Task
from pipeline.teacher.prices import Price

PRICE = Price(2, 10, "a test", cache_read=0.2, cache_write=2.5, batch=0.5)


@pytest.fixture
def seeds() -> pa.Table:
    rows = [{"seed_id": f"seed-{row}", "text": f"Text {row}.", "stratum": "ab"[row % 2]} for row in range(4)]
    return pa.Table.from_pylist(rows, schema=SEED)


def made(task: Task, seeds: pa.Table, price: Price | None = PRICE, counted: Counted | None = None) -> Estimate:
    matrix, human = resolved(task, None)
    return estimate(task, seeds, plan_requests(task, seeds), price, matrix, human, counted or Counted())


def test_dollars_online_with_caching_and_as_batches(load: Callable[..., Task], seeds: pa.Table) -> None:
    task = load("generation.samples=5")
    found, prefix = made(task, seeds), prefix_tokens(plan_requests(task, seeds))
    assert (found.requests, found.output_tokens) == (20, 6000)
    assert found.dollars == pytest.approx((2 * found.input_tokens + 10 * 6000) / 1e6)
    assert found.dollars_batch == pytest.approx(found.dollars / 2)
    assert found.dollars_cached == pytest.approx(found.dollars - prefix * (19 * 1.8 - 0.5) / 1e6)
    assert 0 < prefix < found.input_tokens / 20
    assert found.cached == f"the shared {prefix} tokens read from the cache"


def test_why_nothing_is_cached_is_said(load: Callable[..., Task], seeds: pa.Table) -> None:
    task = load()
    short = made(task, seeds, Price(2, 10, "a test", cache_read=0.2, cache_from=4096))
    assert (short.dollars_cached, "fewer than the 4,096 that this model caches" in short.cached) == (None, True)
    unpriced = made(task, seeds, None)
    assert (unpriced.dollars, unpriced.dollars_batch, unpriced.dollars_cached) == (None, None, None)
    assert "give teacher.price" in unpriced.price
    task.source.texts["pass 0"] = (
        "{% block system %}{{ seed }}{{ number }}{% endblock %}{% block user %}Write.{% endblock %}"
    )
    assert made(task, seeds).cached == "requests share no system prompt"


def test_the_plan_counts_pairs_strata_values_and_the_bound_of_refills(
    load: Callable[..., Task], seeds: pa.Table
) -> None:
    found = made(load("generation.samples=5", "matrix.register.formal=0"), seeds, counted=Counted(1.5, 2))
    assert found.pairs == {"covered": 4, "of": 4}
    assert found.strata == {"a": {"seeds": 2, "samples": 10}, "b": {"seeds": 2, "samples": 10}}
    assert list(found.cells["register"]) == ["formal", "plain", "clipped"]
    assert (found.cells["register"]["formal"], sum(found.cells["register"].values())) == (0, 20)
    assert (found.refill_requests, found.counted) == (10, 2)
    few = made(load("generation.samples=1", "generation.refills=0"), seeds.slice(0, 2))
    assert few.pairs == {"covered": 2, "of": 6}
    assert few.refill_requests == 0
