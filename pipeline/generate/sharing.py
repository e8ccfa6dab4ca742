"""What the requests of a plan have in common: looked up in a few of them, spread over all."""

import json
from typing import Any

import pyarrow as pa

from pipeline.teacher.prefix import shared_tokens

LOOKED_AT = 20


def bodies(requests: pa.Table) -> list[dict[str, Any]]:
    """The params of up to LOOKED_AT of the REQUEST rows, the first and the last included."""
    last = requests.num_rows - 1
    rows = sorted({last * step // (LOOKED_AT - 1) for step in range(LOOKED_AT)}) if last >= 0 else []
    return [json.loads(requests["params"][row].as_py()) for row in rows]


def prefix_tokens(requests: pa.Table) -> int:
    """Tokens of the system prompt that the requests share, estimated; 0 where each has its own, or none."""
    return shared_tokens([body.get("system") for body in bodies(requests)])


def has_format(requests: pa.Table) -> bool:
    """Whether the requests ask for replies of a format."""
    return any("format" in body.get("output_config", {}) for body in bodies(requests))


def repeats(requests: pa.Table) -> int:
    """How many requests are, but for the key they are filed under, the same as one before them."""
    distinct = len({hash(one.as_py()) for one in requests["params"]})
    return len(requests) - distinct
