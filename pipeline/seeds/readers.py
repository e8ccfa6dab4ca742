"""Reading rows from any file a person has: JSONL, JSON, CSV, TSV, Parquet, a saved Hugging Face dataset, or a folder.

A bad row never stops the reading: it is reported with its place and reason. Whole files that cannot be what they say
raise InputError. See `table_of` in pipeline.seeds.rows for how JSON values become columns.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.canonical import canonical_json
from pipeline.errors import InputError
from pipeline.seeds.arrow_rows import SAVED_DATASET, concatenate, read_parquet, read_saved_dataset
from pipeline.seeds.csv_rows import SEPARATORS, read_csv
from pipeline.seeds.files import known_as
from pipeline.seeds.json_rows import read_json, read_json_lines
from pipeline.seeds.rows import BadRow, Record, Records, Rows, table_of
from pipeline.spelling import meant

__all__ = ["BadRow", "Record", "Rows", "read_records", "read_rows"]

TEXT_READERS: dict[str, Callable[[Path, str], Records]] = {
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".json": read_json,
    ".csv": read_csv,
    ".tsv": read_csv,
}
KINDS = {".jsonl": "JSONL", ".ndjson": "JSONL", ".json": "JSONL", ".csv": "CSV", ".tsv": "CSV", ".parquet": "Parquet"}
READABLE = "JSONL (.jsonl, .ndjson, .json), CSV (.csv, .tsv), Parquet (.parquet), a saved Hugging Face dataset"
UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_rows(path: str | Path, *, text: str | None = None) -> Rows:
    """All columns of the input as a table, one place a row ("a/seeds.jsonl:12", "a/x.csv:12", "a/x.parquet:row 12").

    Lines count from 1, rows of Parquet from 0. Of a `text` column that mixes texts with other values, which a table
    cannot, the other values are bad rows; so are blank cells of CSV, which has no other way to say that there is no
    text. Raises InputError: missing, empty, of an unknown kind, or unreadable as a
    whole.
    """
    found = _read(Path(path))
    if isinstance(found, Records):
        found = _texts_only(found, text) if text else found
        return Rows(table_of(row for _, row in found.rows), [place for place, _ in found.rows], found.bad)
    table, places = found
    return Rows(table, places, [])


def read_records(path: str | Path) -> tuple[list[tuple[str, Record]], list[BadRow]]:
    """(place, row) with nested values as Python values, and the bad rows; errors as those of `read_rows`."""
    found = _read(Path(path))
    if isinstance(found, Records):
        return found.rows, found.bad
    table, places = found
    return list(zip(places, table.to_pylist(), strict=True)), []


def _texts_only(found: Records, text: str) -> Records:
    reasons = [_no_text(place, row.get(text), text) for place, row in found.rows]
    odd = [BadRow(place, why) for (place, _), why in zip(found.rows, reasons, strict=True) if why]
    return Records([one for one, why in zip(found.rows, reasons, strict=True) if not why], found.bad + odd)


def _no_text(place: str, value: Any, text: str) -> str | None:
    """Null, which only some files can say, is the reader's matter."""
    if not isinstance(value, str | None):
        return f"{text!r} is {canonical_json(value)[:40]}, not text; put it in quotes, or take the row out"
    if value is None or value.strip() or Path(place.rpartition(":")[0]).suffix.lower() not in SEPARATORS:
        return None
    return f"{text!r} is empty; give the row a text, or take it out"


def _read(path: Path) -> Records | tuple[pa.Table, list[str]]:
    if not path.exists():
        raise InputError(f"{path}: {_missing(path)}")
    try:
        found = _read_folder(path) if path.is_dir() else _read_files([path])
    except OSError as mistake:
        raise InputError(f"{path}: cannot be read ({mistake.strerror}); check the file and its permissions") from None
    empty = not (found.rows or found.bad) if isinstance(found, Records) else not found[1]
    if empty:
        raise InputError(f"{path}: no rows; give a file that has some")
    return found


def _missing(path: Path) -> str:
    parent = path.absolute().parent
    if not parent.is_dir():
        return f"not found, nor its folder {parent}; check the path"
    alike = meant(path.name, sorted(sibling.name for sibling in parent.iterdir()))
    return f"not found; did you mean {alike}?" if alike else "not found; check the path"


def _read_folder(path: Path) -> Records | tuple[pa.Table, list[str]]:
    if any((path / name).is_file() for name in SAVED_DATASET):
        return read_saved_dataset(path, known_as(path))
    inside = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith((".", "_")))
    files = [file for file in inside if file.suffix.lower() in KINDS]
    kinds = {KINDS[file.suffix.lower()]: file.name for file in files}
    if not files:
        raise InputError(f"{path}: a folder with no readable file; what is read: {READABLE}")
    if len(kinds) > 1:
        several = ", ".join(f"{kind} ({name})" for kind, name in kinds.items())
        raise InputError(f"{path}: files of several kinds, {several}; name one file, or keep one kind in the folder")
    return _read_files(files)


def _read_files(files: list[Path]) -> Records | tuple[pa.Table, list[str]]:
    kind = KINDS.get(files[0].suffix.lower())
    if kind is None:
        raise InputError(f"{files[0]}: unknown kind of file {files[0].suffix!r}; what is read: {READABLE}")
    if kind == "Parquet":
        parts = [read_parquet(file, known_as(file)) for file in files]
        table = concatenate([table for table, _ in parts], known_as(files[0].parent))
        return table, [place for _, places in parts for place in places]
    records = [_read_text(file, known_as(file)) for file in files]
    return Records([row for part in records for row in part.rows], [row for part in records for row in part.bad])


def _read_text(file: Path, name: str) -> Records:
    with file.open("rb") as start:
        if start.read(2) in UTF16:
            raise InputError(f"{file}: is UTF-16, not UTF-8; re-save the file as UTF-8")
    return TEXT_READERS[file.suffix.lower()](file, name)
