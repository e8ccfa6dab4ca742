"""Tags of samples: what a check found and did not reject for, as one canonical JSON object a sample.

>>> add('{"hedging":2}', {"difficulty": "hard"})
'{"difficulty":"hard","hedging":2}'
>>> add(None, {}) is None
True
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from pipeline.canonical import canonical_json


def read(tags: str | None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(tags) if tags else {}
    return found


def add(tags: str | None, more: Mapping[str, Any]) -> str | None:
    together = {**read(tags), **more}
    return canonical_json(together) if together else None


def set_column(table: pa.Table, name: str, values: list[str | None]) -> pa.Table:
    at = table.column_names.index(name)
    return table.set_column(at, table.schema.field(name), pa.array(values, pa.string()))


def counted(tags: Iterable[str | None]) -> dict[str, int]:
    """How many samples carry each tag; one that is said in words counts by them.

    >>> counted(['{"hedging":2.0}', '{"difficulty":"hard","hard_because":["long","cell"]}', None])
    {'difficulty: hard': 1, 'hard_because: cell': 1, 'hard_because: long': 1, 'hedging': 1}
    """
    counts: Counter[str] = Counter()
    for one in tags:
        for name, value in read(one).items():
            counts.update([f"{name}: {part}" for part in _parts(value)] or [name])
    return dict(sorted(counts.items()))


def _parts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]
