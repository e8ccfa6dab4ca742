import sys
import time
from collections.abc import Iterator
from functools import partial

import pyarrow as pa
import pytest

from pipeline.errors import BudgetStop, InputError
from pipeline.stage import Stage, Step, compose

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_here")]


@pytest.fixture(autouse=True)
def _workers_have_this_module() -> Iterator[None]:
    import ray

    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield
    ray.cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


def doubling(slow: bool) -> Step:
    def step(table: pa.Table) -> pa.Table:
        numbers = table["n"].to_pylist()
        if slow and 0 in numbers:
            time.sleep(1.5)
        return table.append_column("twice", pa.array([2 * n for n in numbers]))

    return step


def refusing() -> Step:
    def step(table: pa.Table) -> pa.Table:
        raise InputError(f"verify.py: raised on {table['n'][0]}; mend it")

    return step


def stage(slow: bool = False) -> Stage:
    return Stage("double", ("n",), ("twice",), partial(doubling, slow))


def test_rows_keep_their_order_when_the_first_block_is_the_last_to_be_done() -> None:
    from cluster.apply import run_stages

    table = pa.table({"n": list(range(400))})
    assert run_stages(table, [stage(slow=True)], block_rows=20).equals(compose([stage()])(table))


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_the_result_is_that_of_the_pure_step(rows: int) -> None:
    from cluster.apply import run_stages

    table = pa.table({"n": pa.array(range(rows), pa.int64())})
    assert run_stages(table, [stage()], block_rows=3).to_pylist() == compose([stage()])(table).to_pylist()


def test_a_project_error_in_a_worker_arrives_as_itself() -> None:
    from cluster.apply import run_stages

    with pytest.raises(InputError, match=r"^verify\.py: raised on 0; mend it$") as caught:
        run_stages(pa.table({"n": [0]}), [Stage("refuse", ("n",), (), refusing)])
    assert type(caught.value) is InputError


def test_code_that_a_node_lacks_is_an_error_and_not_an_endless_retry() -> None:
    import ray

    from cluster.apply import run_stages

    ray.cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
    try:
        with pytest.raises(Exception, match="is the same code there"):
            run_stages(pa.table({"n": [0]}), [stage()])
    finally:
        ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])


def test_project_errors_are_found_below_any_wrapping() -> None:
    from cluster.apply import project_error

    outer = RuntimeError("outer")
    outer.__cause__ = ValueError("middle")
    outer.__cause__.__cause__ = BudgetStop("used up")
    assert isinstance(project_error(outer), BudgetStop)
    assert project_error(RuntimeError("no")) is None
