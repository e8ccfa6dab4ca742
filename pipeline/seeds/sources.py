"""Where seeds and real sets come from: one file each, one file dealt by document, or CUAD as released."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline.config import Settings
from pipeline.errors import InputError
from pipeline.seeds.dealing import deal
from pipeline.seeds.intake import Placed, given
from pipeline.seeds.readers import read_records
from pipeline.seeds.rows import BadRow, in_file

SETS = ("calibration", "dev", "final")


def read_sources(settings: Settings, mistakes: list[BadRow], notes: list[BadRow]) -> dict[str, list[Placed]]:
    """Raw rows of `seeds`, `calibration`, `dev` and `final`.

    Bad rows go to `mistakes`; what a released data set is known to
    lack goes to `notes`, which stop nothing."""
    real, seeds = settings.real, settings.seeds
    shares = real.shares.model_dump()
    if real.path is None:
        sets = {name: _rows(getattr(real, name), mistakes) for name in SETS}
        return {"seeds": _read(seeds.path, seeds.format, mistakes, notes), **sets}
    if seeds.path != real.path:
        return {
            "seeds": _read(seeds.path, seeds.format, mistakes, notes),
            **_dealt(_read(real.path, real.format, mistakes, notes), shares),
        }
    if seeds.share is None:
        raise InputError(
            "seeds.share: is missing, and seeds and real rows come from one source; say which share of its "
            "documents becomes seeds"
        )
    rest = (1 - seeds.share) / sum(shares.values())
    return _dealt(
        _read(real.path, real.format, mistakes, notes),
        {"seeds": seeds.share} | {name: share * rest for name, share in shares.items()},
    )


def _read(path: str, form: str, mistakes: list[BadRow], notes: list[BadRow]) -> list[Placed]:
    if form == "cuad":
        from pipeline.seeds.cuad import cuad_rows

        rows, skipped = cuad_rows(Path(path))
        notes += skipped
        return rows
    return _rows(path, mistakes)


def _rows(path: str, mistakes: list[BadRow]) -> list[Placed]:
    rows, bad = read_records(Path(path))
    mistakes += bad
    return [(place, {**row, **_label(row), **_decoded(row)}) for place, row in rows]


def _label(row: dict[str, Any]) -> dict[str, Any]:
    """A classification row may give `label`; inside, every answer is an object."""
    return (
        {"answer": {"label": row["label"]}} if given(row, "answer") is None and given(row, "label") is not None else {}
    )


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    """Answers and field lists that a flat format such as CSV can only hold as JSON text."""
    found = {}
    for name in ("answer", "scored_fields"):
        if isinstance(row.get(name), str):
            try:
                found[name] = json.loads(row[name])
            except (ValueError, RecursionError):
                found[name] = row[name]
    return found


def _dealt(rows: Iterable[Placed], shares: dict[str, float]) -> dict[str, list[Placed]]:
    rows = list(rows)
    names = deal([_group(place, row) for place, row in rows], shares)
    return {name: [row for row, dealt in zip(rows, names, strict=True) if dealt == name] for name in shares}


def _group(place: str, row: dict[str, Any]) -> str:
    """What a row is dealt with: its group, else its document, else itself."""
    names = [given(row, name) for name in ("group", "document_id", "id")]
    return str(next((name for name in names if name is not None), in_file(place)))
