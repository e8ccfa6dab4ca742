"""JSON rows: one object a line, or one array of objects; a broken line costs that line only."""

import json
from math import isinf
from pathlib import Path
from typing import Any

from pipeline.canonical import canonical_json
from pipeline.errors import InputError
from pipeline.seeds.rows import BadRow, Record, Records

BOM = b"\xef\xbb\xbf"


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON; write null or a number")


def _finite(number: str) -> float:
    if isinf(value := float(number)):
        raise ValueError(f"{number[:20]} is too large for a double; write it as a string")
    return value


DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)  # `json.loads` would make one a line


def read_json_lines(path: Path, name: str) -> Records:
    """Lines end with a line feed only (a U+2028 inside a string is text); blank lines are skipped.

    A place is "name:line", counted from 1. Whatever is wrong with a line makes it a bad row. Raises InputError only
    when no line is good and the first looks like the header of a CSV file.
    """
    rows: list[tuple[str, Record]] = []
    bad: list[BadRow] = []
    offset = 0
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip(BOM + b" \t\r\n" if number == 1 else None):
                place = f"{name}:{number}"
                try:
                    rows.append((place, _object(_parse(line, offset, number), line)))
                except (ValueError, RecursionError) as mistake:
                    bad.append(BadRow(place, _reason(mistake)))
            offset += len(line)
    if bad and not rows:
        _refuse_csv(path, name)
    return Records(rows, bad)


def _refuse_csv(path: Path, name: str) -> None:
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        head = next((line.strip() for line in lines if line.strip()), "")
    mark = next((mark for mark in ",\t;" if mark in head), None)
    if mark and head[:1] not in "{[" and not _is_json(head):
        kind = {",": "rename it to .csv", "\t": "rename it to .tsv", ";": "save it as .csv with commas"}[mark]
        raise InputError(f"{name}: looks like CSV, not JSON (its first line is {head[:60]!r}); {kind}")


def _is_json(text: str) -> bool:
    try:
        DECODER.decode(text)
    except (ValueError, RecursionError):
        return False
    return True


def read_json(path: Path, name: str) -> Records:
    """A `.json` file: an array (places "name:item 0", "name:item 1", …) or one object a line."""
    data = path.read_bytes()
    if data.removeprefix(BOM).lstrip()[:1] == b"[":
        return _read_array(data, name)
    records = read_json_lines(path, name)
    if not records.rows and _is_one_object(data):
        raise InputError(f"{name}: one JSON object over several lines; write one object a line, or an array of objects")
    return records


def _read_array(data: bytes, name: str) -> Records:
    try:
        items = _parse(data, 0, 1)
    except (ValueError, RecursionError) as mistake:
        line = f" line {mistake.lineno}" if isinstance(mistake, json.JSONDecodeError) else ""
        raise InputError(f"{name}:{line} {_reason(mistake)}") from None
    rows: list[tuple[str, Record]] = []
    bad: list[BadRow] = []
    for number, item in enumerate(items):
        place = f"{name}:item {number}"
        try:
            rows.append((place, _object(item, data)))
        except ValueError as mistake:
            bad.append(BadRow(place, _reason(mistake)))
    return Records(rows, bad)


def _is_one_object(data: bytes) -> bool:
    try:
        return isinstance(_parse(data, 0, 1), dict)
    except (ValueError, RecursionError):
        return False


def _parse(data: bytes, offset: int, number: int) -> Any:
    """`offset` is that of `data` in the file, for the message; a byte order mark may only open the file."""
    try:
        text = data.decode()
    except UnicodeDecodeError as mistake:
        where = f"byte 0x{data[mistake.start]:02x} at byte offset {offset + mistake.start}"
        raise ValueError(f"{where} of the file is not UTF-8; re-save the file as UTF-8") from None
    return DECODER.decode(text.removeprefix("\ufeff") if number == 1 else text)


def _object(value: Any, data: bytes) -> Record:
    if not isinstance(value, dict):
        raise ValueError(f"not a JSON object but {json.dumps(value)[:40]}; write one object {{…}} a row")
    if not value:
        raise ValueError("an object without any field; fill it in or delete it")
    if b"\\ud" in data or b"\\uD" in data:
        canonical_json(value).encode()  # raises for half a character, which JSON allows and no file can hold
    return value


def _reason(mistake: Exception) -> str:
    if isinstance(mistake, json.JSONDecodeError):
        return f"column {mistake.colno}: not JSON ({mistake.msg}); mend or delete the row"
    if isinstance(mistake, UnicodeEncodeError):
        half = mistake.object[mistake.start]
        return f"the escape \\u{ord(half):04x} is half a character; write the character itself or both halves"
    if isinstance(mistake, RecursionError):
        return "nested too deeply to be read; flatten the row"
    return str(mistake)
