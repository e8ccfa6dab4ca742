"""Message Batches of the simulated teacher: kept in memory, answered together after a while, results in any order.

What single entries meet is in the settings (`batch_rates`) or in the plan, by the content hash of their params:
`{"batch": "expired", "times": 2}` for the first two batches that hold them. The calls of the endpoint meet the faults
of the server, too; the plan names them by method and route, as in `{"GET /v1/messages/batches/{id}": {"server":
"overloaded"}}`. A dropped reply to POST leaves the batch behind, as it would at a real server.

The log has a line for each entry that was processed, of the path `/v1/messages/batches#entry`, beside those of the
calls.
"""

import asyncio
import json
import random
import re
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from aiohttp import web

from pipeline.canonical import content_hash
from pipeline.teacher.simulated.fate import Plan, entry_fate, fate
from pipeline.teacher.simulated.sending import REFUSALS, Outcome, refusal
from pipeline.teacher.simulated.settings import SimulatedSettings
from pipeline.teacher.simulated.wire import error_payload

ROUTE = "/v1/messages/batches"
ENTRY = f"{ROUTE}#entry"
DAY_S = 86_400
CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
COUNTS = {"succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
ERRORS = {
    "errored": REFUSALS["server_error"],
    "invalid": (400, "invalid_request_error", "planned", ""),
    "spend_limit": REFUSALS["spend_limit"],
}

Decide = Callable[[web.Request], Awaitable[Outcome]]


@dataclass(slots=True)
class Batch:
    id: str
    requests: list[dict[str, Any]]
    size: int
    created: float
    canceled: float | None = None
    ended: float | None = None
    counts: Counter[str] = field(default_factory=Counter)
    results: list[bytes] = field(default_factory=list)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)


class Batches:
    """The endpoint. `answer` is one attempt at the params of an entry, `refused` the refusal of a call by the name of
    its fault, and `record` writes a line of the log.
    """

    def __init__(
        self,
        settings: SimulatedSettings,
        plan: Plan,
        *,
        answer: Callable[[Any], Outcome],
        refused: Callable[[str], Outcome],
        record: Callable[[float, str, Outcome, int], None],
    ) -> None:
        self.settings, self.plan = settings, plan
        self.answer, self.refused, self.record = answer, refused, record
        self.batches: dict[str, Batch] = {}
        self.calls: Counter[str] = Counter()
        self.attempts: Counter[str] = Counter()
        self.working: set[asyncio.Task[None]] = set()

    def routes(self, handler: Callable[[Decide], Any]) -> list[web.RouteDef]:
        return [
            web.post(ROUTE, handler(self._met(self.create))),
            web.get(ROUTE, handler(self._met(self.list))),
            web.get(ROUTE + "/{id}", handler(self._met(self.retrieve))),
            web.get(ROUTE + "/{id}/results", handler(self._met(self.results))),
            web.post(ROUTE + "/{id}/cancel", handler(self._met(self.cancel))),
        ]

    async def end_with_the_server(self, _app: web.Application) -> AsyncIterator[None]:
        yield
        for task in self.working:
            task.cancel()
        await asyncio.gather(*self.working, return_exceptions=True)

    def _met(self, decide: Decide) -> Decide:
        """A call meets its fault before the server has done anything, or, dropped or half sent, after all is done."""

        async def meet(request: web.Request) -> Outcome:
            resource = request.match_info.route.resource
            name = f"{request.method} {resource.canonical if resource else request.path}"
            self.calls[name] += 1
            fault, delay = fate(self.settings, self.plan, name, self.calls[name])
            outcome = self.refused(fault) if fault in REFUSALS else await decide(request)
            return replace(outcome, fault=fault, delay=delay)

        return meet

    async def create(self, request: web.Request) -> Outcome:
        """POST /v1/messages/batches: the params of the entries are judged later, one by one."""
        try:
            raw = await request.read()
            asked = json.loads(raw)["requests"]
            names = [entry["custom_id"] for entry in asked]
            if not (asked and all(CUSTOM_ID.fullmatch(name) for name in names) and all("params" in it for it in asked)):
                raise ValueError("requests: at least one is needed, each with `params` and a `custom_id`")
        except web.HTTPRequestEntityTooLarge:
            return refusal(413, "request_too_large", "Request exceeds the maximum size")
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            return refusal(400, "invalid_request_error", f"requests: {error}")
        if len(raw) > self.settings.batch_bytes:
            return refusal(413, "request_too_large", f"{len(raw)} bytes exceed {self.settings.batch_bytes}")
        if len(asked) > self.settings.batch_requests:
            return refusal(400, "invalid_request_error", f"requests: more than {self.settings.batch_requests}")
        if repeated := next((one for one, other in pairwise(sorted(names)) if one == other), None):
            return refusal(400, "invalid_request_error", f"requests: custom_id {repeated!r} is there twice")
        batch = Batch(f"msgbatch_{uuid.uuid4().hex[:24]}", asked, len(asked), time.time())
        self.batches[batch.id] = batch
        task = asyncio.create_task(self._process(batch))
        self.working.add(task)
        task.add_done_callback(self.working.discard)
        return Outcome(200, _payload(batch, request))

    async def list(self, request: web.Request) -> Outcome:
        """GET /v1/messages/batches: the newest first."""
        ids = [*reversed(self.batches)]
        after, before = request.query.get("after_id"), request.query.get("before_id")
        limit = request.query.get("limit", "20")
        if not limit.isdigit() or not 1 <= int(limit) <= 1000 or not {after, before} <= {None, *ids}:
            return refusal(400, "invalid_request_error", "limit is from 1 to 1000, the cursors are ids of batches")
        if before:
            rest = ids[: ids.index(before)]
            page = rest[-int(limit) :]
        else:
            rest = ids[ids.index(after) + 1 :] if after else ids
            page = rest[: int(limit)]
        data = [_payload(self.batches[one], request) for one in page]
        ends = {"first_id": page[0] if page else None, "last_id": page[-1] if page else None}
        return Outcome(200, {"data": data, "has_more": len(page) < len(rest), **ends})

    async def retrieve(self, request: web.Request) -> Outcome:
        """GET /v1/messages/batches/{id}"""
        batch = self.batches.get(request.match_info["id"])
        return Outcome(200, _payload(batch, request)) if batch else _unknown(request)

    async def results(self, request: web.Request) -> Outcome:
        """GET /v1/messages/batches/{id}/results: JSON lines."""
        batch = self.batches.get(request.match_info["id"])
        if batch is None or batch.ended is None:
            return _unknown(request)
        return Outcome(200, b"".join(batch.results))

    async def cancel(self, request: web.Request) -> Outcome:
        """POST /v1/messages/batches/{id}/cancel: what is not processed yet will not be."""
        batch = self.batches.get(request.match_info["id"])
        if batch is None:
            return _unknown(request)
        if batch.ended is None and batch.canceled is None:
            batch.canceled = time.time()
            batch.hurry.set()
        return Outcome(200, _payload(batch, request))

    async def _process(self, batch: Batch) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(batch.hurry.wait(), self.settings.batch_s)
        for asked in batch.requests:
            result = self._result(batch, asked)
            batch.counts[result["type"]] += 1
            batch.results.append(json.dumps({"custom_id": asked["custom_id"], "result": result}).encode() + b"\n")
            await asyncio.sleep(0)
        random.Random(batch.id).shuffle(batch.results)
        batch.requests = []
        batch.ended = time.time()

    def _result(self, batch: Batch, asked: dict[str, Any]) -> dict[str, Any]:
        """What became of one entry, which the log is told."""
        if batch.canceled is not None:
            return {"type": "canceled"}
        key, at = content_hash(asked["params"]), time.time()
        self.attempts[key] += 1
        fault = entry_fate(self.settings, self.plan, key, self.attempts[key])
        notes = {"body": key, "attempt": self.attempts[key], "batch": batch.id, "custom_id": asked["custom_id"]}
        if fault == "expired":
            outcome = Outcome(0, {})
        else:
            outcome = refusal(*ERRORS[fault]) if fault else self.answer(asked["params"])
        outcome = replace(outcome, fault=fault or outcome.fault, notes={**outcome.notes, **notes})
        self.record(at, ENTRY, outcome, outcome.status)
        return {"type": "expired"} if fault == "expired" else _replied(outcome)


def _replied(outcome: Outcome) -> dict[str, Any]:
    assert not isinstance(outcome.payload, bytes)
    payload: dict[str, Any] = dict(outcome.payload)
    if outcome.status != 200:
        return {"type": "errored", "error": payload}
    return {"type": "succeeded", "message": {**payload, "usage": {**payload["usage"], "service_tier": "batch"}}}


def _unknown(request: web.Request) -> Outcome:
    return Outcome(404, error_payload("not_found_error", f"{request.path}: there is no such batch"))


def _payload(batch: Batch, request: web.Request) -> dict[str, Any]:
    """A MessageBatch; its counts stay 0 until all of it has ended, as at the real server."""
    over = batch.ended is not None
    status = "ended" if over else "in_progress" if batch.canceled is None else "canceling"
    return {
        "id": batch.id,
        "type": "message_batch",
        "processing_status": status,
        "request_counts": {"processing": 0 if over else batch.size, **COUNTS, **(batch.counts if over else {})},
        "created_at": _time(batch.created),
        "expires_at": _time(batch.created + DAY_S),
        "ended_at": _time(batch.ended),
        "cancel_initiated_at": _time(batch.canceled),
        "archived_at": None,
        "results_url": f"{request.scheme}://{request.host}{ROUTE}/{batch.id}/results" if over else None,
    }


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
