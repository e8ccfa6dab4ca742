"""The last step of the simulated server: an outcome goes to the client, whole or broken off, and it is known which."""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from pipeline.teacher.simulated.odd import encoded
from pipeline.teacher.simulated.wire import error_payload

BROKEN_OFF = 0
GONE = -1
REFUSALS = {
    "rate_limited": (429, "rate_limit_error", "Refused at random, as the settings of the simulated teacher ask.", ""),
    "overloaded": (529, "overloaded_error", "Overloaded", ""),
    "server_error": (500, "api_error", "Internal server error", ""),
    "refused": (400, "invalid_request_error", "Refused, as the settings of the simulated teacher ask.", ""),
    "forbidden": (403, "permission_error", "Blocked by the gateway.", ""),
    "unpaid": (402, "billing_error", "There is a problem with the billing of this organization.", ""),
    "spend_limit": (429, "rate_limit_error", "Over the monthly threshold.", "enforced_spend_limit_reached"),
}
"""What is refused before anything is done: the status, the kind of error, its words, and the code of its cause."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one request meets: status, body and headers of the reply, seconds before it, the fault of the server."""

    status: int
    payload: Mapping[str, Any] | bytes
    """JSON, or the lines of it as they are sent."""
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: str | None = None
    delay: float = 0.0
    notes: Mapping[str, Any] = field(default_factory=dict)
    """What else the log says of it."""


def refusal(status: int, kind: str, why: str, code: str = "", **rest: Any) -> Outcome:
    return Outcome(status, error_payload(kind, why, code), **rest)


async def send(request: web.Request, outcome: Outcome) -> tuple[int, web.StreamResponse]:
    """Send the reply, or break off as the fault asks: the status for the log, and what aiohttp wants to have back.

    Returns when the operating system has taken the whole reply. ConnectionError when the client has left before.
    """
    await asyncio.sleep(outcome.delay)  # even 0 lets the loop see a client that has left
    transport = request.transport
    if transport is None or transport.is_closing():
        raise ConnectionResetError("the client has left")
    transport.set_write_buffer_limits(high=0)  # `drain` waits until nothing is left to hand over
    body, headers = _encoded(outcome)
    if outcome.fault in ("dropped", "half_sent"):
        if outcome.fault == "half_sent":
            await _send_half(request, outcome.status, body, headers)
        transport.abort()
        return BROKEN_OFF, web.Response()
    status = 504 if outcome.fault == "gateway_timeout" else outcome.status
    response = web.Response(status=status, body=body, headers=headers)
    await response.prepare(request)
    await response.write_eof()
    await request.writer.drain()
    return status, response


def _encoded(outcome: Outcome) -> tuple[bytes, dict[str, str]]:
    request_id = f"req_{uuid.uuid4().hex[:24]}"
    headers = {**outcome.headers, "request-id": request_id}
    if isinstance(outcome.payload, bytes):
        return outcome.payload, {**headers, "content-type": "application/x-jsonl"}
    payload = outcome.payload if outcome.status == 200 else {**outcome.payload, "request_id": request_id}
    body, described = encoded(payload, outcome.fault if outcome.status == 200 else None)
    return body, {**headers, **described}


async def _send_half(request: web.Request, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    half = web.StreamResponse(status=status, headers=headers)
    half.content_length = len(body)
    await half.prepare(request)
    await half.write(body[: len(body) // 2])
    await request.writer.drain()
