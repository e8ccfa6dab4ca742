"""Replies that are made, and billed, and not what a client hopes for: the faults of proxies, gateways and models that
think. The status is 200 but for the second.

html             a gateway's page in the place of the reply
gateway_timeout  the same, by a gateway that has given up on the server behind it: its status is 504
plain_text       the whole reply, declared as text/plain
empty_content    a message without a block
thinking_first   a block of thoughts before the text, as current models send it
garbled          a body that is not in the encoding its headers declare
"""

import json
from collections.abc import Mapping
from typing import Any

ODD = ("html", "plain_text", "empty_content", "thinking_first", "garbled")
JSON = {"content-type": "application/json"}
PAGE = b"<!DOCTYPE html><html><body><h1>Please wait</h1><p>The service is starting.</p></body></html>"
THOUGHT = {"type": "thinking", "thinking": 'First {"text": "no draft yet"}, then the draft.', "signature": "c2ln"}


def encoded(payload: Mapping[str, Any], fault: str | None) -> tuple[bytes, dict[str, str]]:
    """The body and the headers that describe it."""
    if fault in ("html", "gateway_timeout"):
        return PAGE, {"content-type": "text/html; charset=utf-8"}
    if fault == "empty_content":
        payload = {**payload, "content": []}
    if fault == "thinking_first":
        payload = {**payload, "content": [THOUGHT, *payload["content"]]}
    body = json.dumps(payload).encode()
    if fault == "garbled":
        return body, {**JSON, "content-encoding": "gzip"}
    return body, {"content-type": "text/plain; charset=utf-8"} if fault == "plain_text" else dict(JSON)
