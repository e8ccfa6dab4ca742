"""What the standalone commands share: an input read whole or refused, and files of which the summary is last."""

import contextlib
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.seeds.readers import Rows

BAD_ROWS_SHOWN = 5
OUTPUTS = ("summary.json", "sweep.json", "kept.parquet", "removed.parquet")
"""What either command writes: the summary speaks for the others, so it goes first and comes last."""
RAY_FROM = 20_000
"""Rows from which starting Ray pays; below, the same work is done in this process."""


@contextlib.contextmanager
def timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[step] = round(time.perf_counter() - start, 3)


def read_whole(path: Path, text: str, *, reserved: Collection[str] = ()) -> "Rows":
    """All rows, each with a text.

    A column with one of the `reserved` names, which the output adds itself, becomes input_<name>, so that what one
    command wrote another can read. Raises InputError when a row cannot be read or has no text, naming its place.
    """
    from pipeline.curate.shingles import require_texts
    from pipeline.seeds.readers import read_rows
    from pipeline.seeds.rows import in_file

    rows = read_rows(path, text=text)
    if rows.bad:
        shown = "; ".join(f"{in_file(bad.place)}: {bad.reason}" for bad in rows.bad[:BAD_ROWS_SHOWN])
        more = f"; and {len(rows.bad) - BAD_ROWS_SHOWN} more" if len(rows.bad) > BAD_ROWS_SHOWN else ""
        raise InputError(f"{path}: {len(rows.bad)} rows cannot be read ({shown}{more}); mend them or take them out")
    require_texts(rows.table, text, where=str(path), places=[in_file(place) for place in rows.places])
    if text in reserved:
        raise InputError(f"{path}: the text column is called {text!r}, which the output adds itself; rename it")
    return replace(rows, table=rows.table.rename_columns(_free_names(rows.table.column_names, reserved)))


def _free_names(names: Sequence[str], reserved: Collection[str]) -> list[str]:
    """The names with input_ before a reserved one, as often as it takes to be unlike all others."""
    free: list[str] = []
    for name in names:
        unlike = name
        while unlike in reserved or (unlike != name and unlike in names):
            unlike = f"input_{unlike}"
        free.append(unlike)
    return free


def folder_for(
    source: Path, out: Path | None, suffix: str, against: Path | None = None, control: Path | None = None
) -> Path:
    """`out`, or a folder in the current directory named after the source.

    Raises InputError when it is none, belongs to a run, or when writing the OUTPUTS there would touch what is read.
    """
    from pipeline.run_dir import remedy

    folder = out or Path(f"{source.resolve().stem}-{suffix}")
    try:
        _refuse_unfit(folder)
        for what, given in (("the input", source), ("--against", against), ("--control", control)):
            if given is not None and _would_touch(folder, given):
                raise InputError(
                    f"{folder}: writing there would overwrite {what} {given}; choose another folder with --out"
                )
    except OSError as error:
        raise InputError(f"{folder}: cannot be used ({error.strerror or error}); {remedy(error)}") from error
    return folder


def _refuse_unfit(folder: Path) -> None:
    standing = next(place for place in (folder, *folder.parents) if place.exists())
    if not standing.is_dir():
        raise InputError(f"{standing}: is a file, not a folder; choose another one with --out")
    if inside := next((folder / name for name in OUTPUTS if (folder / name).is_dir()), None):
        raise InputError(f"{inside}: is a folder, where a file is to be written; choose another one with --out")
    if run := next((place for place in (folder, folder.resolve().parent) if (place / "run.json").exists()), None):
        raise InputError(f"{folder}: belongs to the run in {run}; choose a folder outside it with --out")


def _would_touch(folder: Path, given: Path) -> bool:
    """Whether the folder or a file to be written is a file or folder that is read, by whatever path and spelling."""
    written = {_identity(path) for path in (folder, *(folder / name for name in OUTPUTS)) if path.exists()}
    inside = (file for file in given.iterdir() if file.is_file()) if given.is_dir() else ()
    return given.exists() and any(_identity(path) in written for path in (given, *inside))


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def write_parts(folder: Path, table: "pa.Table", found: "pa.Table") -> None:
    """kept.parquet and removed.parquet; what an earlier run left goes, so that it never stands beside new tables.

    `found` has one row for each of `table`; its `reason` is null for a kept row, and removed.parquet gets its columns.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from pipeline.run_dir import clear, write_parquet

    for name in OUTPUTS:
        clear(folder / name)
    numbered = table.append_column("row", pa.array(range(len(table)), pa.int64()))
    kept = pc.is_null(found["reason"])
    write_parquet(folder / "kept.parquet", numbered.filter(kept))
    for name in found.column_names:
        numbered = numbered.append_column(name, found[name])
    write_parquet(folder / "removed.parquet", numbered.filter(pc.invert(kept)))


def counts(found: "pa.Table", reasons: Sequence[str]) -> dict[str, int]:
    """How many rows were removed for each reason, zeros included."""
    named = found["reason"].to_pylist()
    return {reason: named.count(reason) for reason in reasons}
