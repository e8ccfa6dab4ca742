"""Canonical JSON and content hashes: one spelling for equal values, so that equal content has one id.

>>> canonical_json({"b": 1, "a": None})
'{"a":null,"b":1}'
"""

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def content_hash(value: Any) -> str:
    """SHA-256 (64 hex digits) of the canonical JSON; lone surrogates, which JSON allows and UTF-8 does not, are kept
    apart.
    """
    return hashlib.sha256(canonical_json(value).encode("utf-8", "surrogatepass")).hexdigest()
