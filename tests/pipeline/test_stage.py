"""Stages one after another, on more rows than go through all of them at once."""

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipeline.stage import PIECE, Stage, Step, compose


def stage(name: str, step: Step, loaded: list[str]) -> Stage:
    def load() -> Step:
        loaded.append(name)
        return step

    return Stage(name, ("number",), ("number",), load)


@pytest.mark.parametrize("rows", [0, 1, PIECE, 3 * PIECE + 1])
def test_rows_go_through_all_stages_in_their_order_and_each_stage_is_loaded_once(rows: int) -> None:
    loaded: list[str] = []
    sizes: list[int] = []

    def plus(more: int) -> Callable[[pa.Table], pa.Table]:
        def step(table: pa.Table) -> pa.Table:
            sizes.append(len(table))
            return table.set_column(0, "number", pc.add(pc.multiply(table["number"], 10), more))

        return step

    table = pa.table({"number": pa.array(range(rows), pa.int64())})
    found = compose([stage("one", plus(1), loaded), stage("two", plus(2), loaded)])(table)
    assert found["number"].to_pylist() == [100 * number + 12 for number in range(rows)]
    assert found.schema == table.schema
    assert loaded == ["one", "two"]
    assert max(sizes) <= PIECE
    assert sum(sizes) == 2 * rows
