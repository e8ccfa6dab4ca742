"""Pure stages run by Ray Data: where a step runs, never what it does.

Stages that follow each other run in one task on a block; each worker loads them once and keeps them for the blocks to
come.
"""

import contextlib
import pickle
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import ray

from pipeline.errors import SeedwrightError
from pipeline.stage import Stage, Step, compose

ERROR = "__seedwright_error__"
_loaded: dict[str, Step] = {}


def run_stages(
    table: pa.Table, stages: list[Stage], *, block_rows: int = 500, tell: Callable[[int], None] = lambda _: None
) -> pa.Table:
    """The table after all stages, rows in their order; `tell` is given how many are done.

    Raises the project errors that a stage raises, unwrapped.
    """
    if table.num_rows == 0:
        return compose(stages)(table)
    box = [ray.put(stages)]
    pieces = [table.slice(start, block_rows) for start in range(0, table.num_rows, block_rows)]
    dataset = ray.data.from_blocks(pieces)
    dataset.context.execution_options.preserve_order = True
    dataset = dataset.map_batches(
        _run_boxed, fn_args=(uuid.uuid4().hex, box), batch_size=None, batch_format="pyarrow", zero_copy_batch=True
    )
    batches = []
    for batch in dataset.iter_batches(batch_size=None, batch_format="pyarrow"):
        raise_error(batch)
        batches.append(batch)
        tell(sum(map(len, batches)))
    return pa.concat_tables(batches)


def raise_error(batch: pa.Table) -> None:
    """Raises the project error that came back in place of rows."""
    if ERROR in batch.column_names:
        raise pickle.loads(batch[ERROR][0].as_py())


def _run_boxed(table: pa.Table, token: str, box: list[Any]) -> pa.Table:
    """A project error comes back as a row: Ray Data would log its wrappings at length, and lose what they wrap."""
    try:
        if token not in _loaded:
            _loaded.clear()
            _loaded[token] = compose(unboxed(box[0]))
        return _loaded[token](table)
    except SeedwrightError as error:
        return pa.table({ERROR: [pickle.dumps(error)]})


def unboxed(ref: Any) -> list[Stage]:
    """Ray Data tries a task that ends in a system error again for ever; code that a node lacks never comes by that."""
    try:
        stages: list[Stage] = ray.get(ref)
    except ray.exceptions.RaySystemError as error:
        raise RuntimeError(f"stages cannot be read on this node, is the same code there? {error}") from None
    return stages


@contextlib.contextmanager
def unwrapped() -> Iterator[None]:
    """Raises a project error from inside Ray's wrappings as itself."""
    try:
        yield
    except Exception as error:
        inner = project_error(error)
        if inner is not None and inner is not error:
            raise inner from None
        raise


def project_error(error: BaseException | None) -> SeedwrightError | None:
    """The project error that an exception wraps, if any."""
    while error is not None:
        cause = getattr(error, "cause", None)
        for one in (error, cause):
            if isinstance(one, SeedwrightError):
                kind = next(base for base in type(one).__mro__ if base.__module__ == SeedwrightError.__module__)
                return one if type(one) is kind else kind(*(cause or one).args)
        error = error.__cause__ or error.__context__
    return None
