"""A stage: a pure step on Arrow tables, described so that any place can run it.

`load` is called once in each worker and returns the step itself, Table -> Table. What it closes over must pickle; what
is costly (a schema validator, an index) is built inside it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

Step = Callable[[pa.Table], pa.Table]


@dataclass(frozen=True, slots=True)
class Stage:
    """`reads` and `writes` name the columns the step needs and sets; the rest pass through untouched."""

    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    load: Callable[[], Step]


PIECE = 250
"""Rows that go through all steps before the next rows do, so that what one step found in a text is there for the next:
the readers of dates and of amounts keep some hundred texts.
"""


def compose(stages: list[Stage]) -> Step:
    """The stages one after another, loaded once."""
    steps = [stage.load() for stage in stages]

    def through(table: pa.Table) -> pa.Table:
        for step in steps:
            table = step(table)
        return table

    return lambda table: pa.concat_tables(
        through(table.slice(start, PIECE)) for start in range(0, max(1, table.num_rows), PIECE)
    )
