"""The requests that are still to be asked, set aside in a Parquet file of small row groups.

Neither the driver nor the object store then holds hundreds of thousands of prompts: a worker is told the number of a
group and reads it. The file is gone when all are asked.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.config import Cluster
from pipeline.disk import writing

COLUMNS = ["key", "params", "input_tokens", "output_tokens"]
GROUP_ROWS = 100
READ_ROWS = 1_000
FIRST, SOME = 3, 20


@dataclass(frozen=True)
class Waiting:
    """REQUEST rows (the columns that asking needs) in row groups of `size`; the first `skip` rows are done already."""

    path: Path
    rows: int
    size: int
    skip: int = 0

    @property
    def left(self) -> int:
        return self.rows - self.skip

    @property
    def groups(self) -> int:
        return -(-self.rows // self.size)

    def read(self, group: int) -> pa.Table:
        return self._file.read_row_group(group).slice(max(0, self.skip - group * self.size))

    def table(self) -> pa.Table:
        return pa.concat_tables([self.read(group) for group in range(self.groups)])

    def some(self) -> pa.Table:
        """The first few rows, and some that are spread over the others."""
        spread = sorted({self.groups * step // SOME for step in range(SOME)} - set(range(FIRST)))
        first = [self.read(group) for group in range(min(FIRST, self.groups))]
        return pa.concat_tables([*first, *(self.read(group).slice(0, 1) for group in spread)])

    @cached_property
    def _file(self) -> pq.ParquetFile:
        return pq.ParquetFile(self.path)

    def __reduce__(self) -> tuple[type["Waiting"], tuple[Path, int, int, int]]:
        return Waiting, (self.path, self.rows, self.size, self.skip)


@contextlib.contextmanager
def set_aside(requests: pa.Table | Path, have: frozenset[str], path: Path, settings: Cluster) -> Iterator[Waiting]:
    """Requests without a reply, one a key: equal requests are asked once. Removes the file at the end.

    Raises InputError when the file cannot be written.
    """
    rows = requests.num_rows if isinstance(requests, pa.Table) else pq.read_metadata(requests).num_rows
    size = max(1, min(GROUP_ROWS, settings.block_rows, -(-(rows - len(have)) // (4 * settings.generation_actors))))
    try:
        with writing(path):
            written = _write(requests, set(have), path, size)
        yield Waiting(path, written, size)
    finally:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _write(requests: pa.Table | Path, seen: set[str], path: Path, size: int) -> int:
    """How many rows were written, in groups of `size`."""
    written = 0
    waiting: list[pa.Table] = []
    with pq.ParquetWriter(path, _schema(requests), compression="zstd") as writer:
        for batch in _batches(requests):
            waiting.append(_unseen(pa.table(batch), seen))
            while sum(table.num_rows for table in waiting) >= size:
                whole = pa.concat_tables(waiting)
                writer.write_table(whole.slice(0, size), row_group_size=size)
                waiting = [whole.slice(size)]
                written += size
        if rest := sum(table.num_rows for table in waiting):
            writer.write_table(pa.concat_tables(waiting), row_group_size=size)
            written += rest
    return written


def _schema(requests: pa.Table | Path) -> pa.Schema:
    schema = requests.schema if isinstance(requests, pa.Table) else pq.read_schema(requests)
    return pa.schema([schema.field(name) for name in COLUMNS])


def _batches(requests: pa.Table | Path) -> Iterator[pa.RecordBatch]:
    if isinstance(requests, pa.Table):
        yield from requests.select(COLUMNS).to_batches(max_chunksize=READ_ROWS)
        return
    with pq.ParquetFile(requests) as file:
        yield from file.iter_batches(batch_size=READ_ROWS, columns=COLUMNS)


def _unseen(requests: pa.Table, seen: set[str]) -> pa.Table:
    wanted = []
    for key in requests["key"].to_pylist():
        wanted.append(key not in seen)
        seen.add(key)
    return requests.filter(pa.array(wanted, pa.bool_()))
