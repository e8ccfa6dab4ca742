"""CSV and TSV rows: every value a string as written, every record with the physical line on which it starts."""

import csv
import io
import sys
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from pipeline.errors import InputError
from pipeline.seeds.rows import BadRow, Record, Records

BOM = b"\xef\xbb\xbf"
SEPARATORS = {".csv": ",", ".tsv": "\t"}


def read_csv(path: Path, name: str) -> Records:
    """The first line that is not blank is the header. No type is guessed: "007" stays "007" and an empty field "".

    A record that cannot be read (too many or few fields, a quote that is never closed, bytes that are not UTF-8) is a
    bad row, and reading goes on with the next one. Raises InputError for a header nobody could use.
    """
    data = path.read_bytes()
    text = data.removeprefix(BOM).decode(errors="surrogateescape")  # what is not UTF-8 becomes U+DC80 to U+DCFF
    lines = list(io.StringIO(text, newline=""))
    foreign = {} if _is_utf8(data) else _foreign_bytes(lines, len(BOM) * data.startswith(BOM))
    records = _records(lines, SEPARATORS[path.suffix.lower()])
    header: list[str] = []
    rows: list[tuple[str, Record]] = []
    bad: list[BadRow] = []
    for first, last, fields, mistake in records:
        place = f"{name}:{first}"
        reason = next((foreign[line] for line in range(first, last + 1) if line in foreign), mistake)
        if not header:
            header = _header(fields, place, reason)
        elif not reason and len(fields) == len(header):
            rows.append((place, dict(zip(header, fields, strict=True))))
        else:
            counts = f"{len(fields)} fields where the header has {len(header)}; quote a field that holds a separator"
            bad.append(BadRow(place, reason or counts))
    return Records(rows, bad)


def _records(lines: list[str], separator: str) -> Iterator[tuple[int, int, list[str], str]]:
    """(first line, last line, fields, what is wrong or ""). After broken quoting reading restarts on the next line."""
    limit = csv.field_size_limit(sys.maxsize)  # a whole contract may stand in one field; the default is 128 KiB
    try:
        start = 0
        while start < len(lines):
            begun = start
            reader = csv.reader((lines[at] for at in range(begun, len(lines))), delimiter=separator, strict=True)
            try:
                for fields in reader:
                    end = begun + reader.line_num
                    if lines[start].strip():
                        yield start + 1, end, fields, ""
                    start = end
            except csv.Error as mistake:
                reason = f"broken quoting ({mistake}); double the quotes inside a field and close the last one"
                yield start + 1, start + 1, [], reason
                start += 1
    finally:
        csv.field_size_limit(limit)


def _header(fields: list[str], place: str, reason: str) -> list[str]:
    if reason:
        raise InputError(f"{place}: the header cannot be read: {reason}")
    names = [field.strip() for field in fields]
    if "" in names:
        raise InputError(f"{place}: column {names.index('') + 1} of the header has no name; name every column")
    if twice := next((field for field in names if names.count(field) > 1), None):
        raise InputError(f"{place}: the header has the column {twice!r} twice; rename one")
    if len(names) == 1 and (other := next((mark for mark in ";\t|," if mark in names[0]), None)):
        raise InputError(f"{place}: the header {names[0][:60]!r} looks separated by {other!r}; use commas (.tsv: tabs)")
    return names


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _foreign_bytes(lines: list[str], offset: int) -> dict[int, str]:
    """For each line (from 1) with bytes that are not UTF-8: which byte, where in the file, and what to do."""
    raw = [line.encode(errors="surrogateescape") for line in lines]
    found = {}
    for number, (line, start) in enumerate(zip(raw, accumulate(map(len, raw), initial=offset), strict=False), 1):
        try:
            line.decode()
        except UnicodeDecodeError as mistake:
            where = f"byte 0x{line[mistake.start]:02x} at byte offset {start + mistake.start}"
            found[number] = f"{where} of the file is not UTF-8; re-save the file as UTF-8"
    return found
