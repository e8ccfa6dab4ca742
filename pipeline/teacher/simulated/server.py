"""The simulated teacher's HTTP server: the Anthropic Messages API over a function from request to reply.

What it answers depends on the body of the request alone, without marks for the cache, so two runs read the same texts.
How it fails depends on the body and on how often that body has come (see `fate`); what the limits refuse has not come
in that sense.

The log says what the server did, one JSON line a request, in the order of completion: `at` (arrival, seconds since
1970), `path`, `body` (content hash), `status`, `fault` (of the server, else of the content), `attempt`, `input_tokens`,
`output_tokens`, and for a marked prompt `cache_read` and `cache_write`. The line follows the reply: status 200 means
that the operating system took all of it for a client that was still connected, 0 that the server broke off on purpose,
-1 that the client was gone.
"""

import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from hmac import compare_digest
from math import ceil
from pathlib import Path
from typing import Any

from aiohttp import web

from pipeline.canonical import content_hash
from pipeline.teacher.prefix import unmarked
from pipeline.teacher.simulated import caching, formats
from pipeline.teacher.simulated.batches import Batches
from pipeline.teacher.simulated.caching import PromptCache
from pipeline.teacher.simulated.fate import Plan, check_plan, content_entry, fate
from pipeline.teacher.simulated.limits import full
from pipeline.teacher.simulated.responder import Answer, Respond, cut
from pipeline.teacher.simulated.sending import GONE, REFUSALS, Outcome, refusal, send
from pipeline.teacher.simulated.settings import SimulatedSettings
from pipeline.teacher.simulated.wire import (
    COUNTED,
    GENERATED,
    input_tokens,
    message_payload,
    model_payload,
    problems,
    tokens,
)

MAX_BODY = 32 * 2**20
MAX_BATCH = 256 * 2**20
Decide = Callable[[web.Request], Awaitable[Outcome]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def create_app(settings: SimulatedSettings, respond: Respond, log: Path, plan: Plan) -> web.Application:
    """The server as an aiohttp application; it appends to the log while it runs.

    `plan` is what single requests meet, by the content hash of their body: `server` and `times` are read by `fate`, and
    whatever else an entry holds goes to `respond`. InputError when it names a fault that the server does not have.
    """
    check_plan(plan)
    teacher = Teacher(settings, respond, log, plan)
    app = web.Application(client_max_size=MAX_BATCH)
    app.router.add_post("/v1/messages", teacher.handler(teacher.create))
    app.router.add_post("/v1/messages/count_tokens", teacher.handler(teacher.count))
    app.router.add_get("/v1/models", teacher.handler(teacher.models))
    app.router.add_get("/v1/models/{id}", teacher.handler(teacher.model))
    app.router.add_routes(teacher.batches.routes(teacher.handler))
    app.router.add_route("*", "/{path:.*}", teacher.handler(teacher.elsewhere))
    app.cleanup_ctx.extend((teacher.open_log, teacher.batches.end_with_the_server))
    return app


class Teacher:
    """The state of one server: how often each body has come, how full each model's buckets are, and the open log.

    Its memory grows by some 150 bytes for each distinct body and by nothing else.
    """

    def __init__(self, settings: SimulatedSettings, respond: Respond, log: Path, plan: Plan) -> None:
        per_minute = {
            "requests": settings.requests_per_minute,
            "input-tokens": settings.input_tokens_per_minute,
            "output-tokens": settings.output_tokens_per_minute,
        }
        self.settings, self.respond, self.log, self.plan = settings, respond, log, plan
        self.limits = {name: full(per_minute, settings.burst_s, time.monotonic()) for name in settings.models}
        self.attempts: dict[bytes, int] = {}
        self.cache = PromptCache(settings.cache_minimum)
        self.batches = Batches(settings, plan, answer=self.entry, refused=self._refused_call, record=self._record)

    async def open_log(self, _app: web.Application) -> AsyncIterator[None]:
        """The log stays open while the application runs; lines are appended whole, without a buffer."""
        with self.log.open("ab", buffering=0) as self.lines:
            yield

    def handler(self, decide: Decide) -> Handler:
        """An endpoint: refuse a wrong key, decide, send, and only then log."""

        async def handle(request: web.Request) -> web.StreamResponse:
            at, outcome, status = time.time(), Outcome(0, {}), GONE
            try:
                known = _carries(request, self.settings.api_key)
                outcome = await decide(request) if known else refusal(401, "authentication_error", "invalid API key")
                status, response = await send(request, outcome)
            except ConnectionError:
                outcome = replace(outcome, fault="client_gone")
                response = web.Response()
            self._record(at, request.path, outcome, status)
            return response

        return handle

    async def create(self, request: web.Request) -> Outcome:
        """POST /v1/messages"""
        asked = await self._read(request, GENERATED)
        if isinstance(asked, Outcome):
            return asked
        try:
            return self._turn(*asked)
        except Exception:
            logging.getLogger(__name__).exception("the simulated teacher failed to answer")
            why = "The simulated teacher failed to answer; its standard error says why."
            return refusal(500, "api_error", why, fault="failed", notes={"body": asked[1]})

    async def count(self, request: web.Request) -> Outcome:
        """POST /v1/messages/count_tokens: free of the limits."""
        asked = await self._read(request, COUNTED)
        if isinstance(asked, Outcome):
            return asked
        body, key = asked
        counted = input_tokens(body)
        return Outcome(200, {"input_tokens": counted}, notes={"body": key, "input_tokens": counted})

    async def models(self, _request: web.Request) -> Outcome:
        """GET /v1/models: one page holds them all."""
        data = [model_payload(name) for name in self.settings.models]
        return Outcome(200, {"data": data, "has_more": False, "first_id": data[0]["id"], "last_id": data[-1]["id"]})

    async def model(self, request: web.Request) -> Outcome:
        """GET /v1/models/{id}"""
        name = request.match_info["id"]
        return Outcome(200, model_payload(name)) if name in self.settings.models else _unknown(name)

    async def elsewhere(self, request: web.Request) -> Outcome:
        return refusal(404, "not_found_error", f"{request.method} {request.path}: no such endpoint")

    def entry(self, body: Any) -> Outcome:
        """One attempt at a request in a batch, for which no limit of a minute holds."""
        if problem := next(problems(body, GENERATED), None):
            return refusal(400, "invalid_request_error", problem)
        if body["model"] not in self.settings.models:
            return _unknown(body["model"])
        try:
            return self._turn(body, content_hash(body), limited=False)
        except Exception:
            logging.getLogger(__name__).exception("the simulated teacher failed to answer")
            return refusal(500, "api_error", "The simulated teacher failed to answer.", fault="failed")

    async def _read(self, request: web.Request, fields: set[str]) -> tuple[dict[str, Any], str] | Outcome:
        """The body of a request that can be answered with its content hash, or the refusal."""
        try:
            raw = await request.read()
            if len(raw) > MAX_BODY:
                raise web.HTTPRequestEntityTooLarge(MAX_BODY, len(raw))
            body = json.loads(raw)
            plain = unmarked(body) if isinstance(body, dict) else body
            key = content_hash(plain)  # refuses the numbers that JSON cannot spell: NaN, 1e999
        except web.HTTPRequestEntityTooLarge:
            return refusal(413, "request_too_large", f"Request exceeds the maximum size of {MAX_BODY} bytes")
        except (ValueError, RecursionError) as error:
            return refusal(400, "invalid_request_error", f"The request body is not valid JSON: {error}")
        if problem := next(problems(body, fields), None):
            return refusal(400, "invalid_request_error", problem, notes={"body": key})
        if problem := next(caching.problems(body), None) or self._refused_format(body):
            return refusal(400, "invalid_request_error", problem, notes={"body": key})
        if body["model"] not in self.settings.models:
            return replace(_unknown(body["model"]), notes={"body": key})
        return body, key

    def _refused_format(self, body: dict[str, Any]) -> str | None:
        config, taken = body.get("output_config"), self.settings.structured
        if taken == "refuses" and isinstance(config, dict) and "format" in config:
            return "output_config.format: Extra inputs are not permitted"
        return formats.refused(config) if taken == "accepts" else None

    def _turn(self, body: dict[str, Any], key: str, *, limited: bool = True) -> Outcome:
        """One attempt at a request that can be answered.

        A fault that refuses comes before the limits and takes nothing from them. A request that the limits refuse keeps
        its attempt number for the next time, so that the faults of a run do not depend on its pace.
        """
        short, model, now = bytes.fromhex(key)[:16], body["model"], time.monotonic()
        split = self.cache.split(body, now)
        attempt = self.attempts.get(short, 0) + 1
        fault, delay = fate(self.settings, self.plan, key, attempt)
        notes: dict[str, Any] = {"body": key, "attempt": attempt, "input_tokens": split.rest}
        if fault in REFUSALS:
            outcome = self._refused(model, fault)
        else:
            reply = self.respond(body, self.settings, content_entry(self.plan, key))
            text = cut(reply.text, body["max_tokens"])
            used = {**split.usage, "output_tokens": tokens(text)}
            if limited and (refused := self._limited(model, used)):
                return replace(refused, notes=notes)
            self.cache.keep(split, now, now + delay)
            stop_reason = reply.stop_reason if text == reply.text else "max_tokens"
            outcome = Outcome(200, message_payload(key, model, text, stop_reason, used), self._headers(model))
            notes |= {"output_tokens": used["output_tokens"]}
            if split.prefixes:
                notes |= {"cache_read": split.read, "cache_write": split.write}
            if isinstance(reply, Answer) and fault in (
                None,
                "slow",
            ):  # the reply arrives, so what is in it matters more
                fault = reply.fault or fault
        self.attempts[short] = attempt
        return replace(outcome, notes=notes, fault=fault, delay=delay)

    def _refused(self, model: str, fault: str) -> Outcome:
        wait = {"retry-after": f"{self.settings.retry_after_s:g}"} if fault == "rate_limited" else {}
        return refusal(*REFUSALS[fault], headers=self._headers(model) | wait)

    def _refused_call(self, fault: str) -> Outcome:
        wait = {"retry-after": f"{self.settings.retry_after_s:g}"} if fault == "rate_limited" else {}
        return refusal(*REFUSALS[fault], headers=wait)

    def _limited(self, model: str, used: Mapping[str, int]) -> Outcome | None:
        """Charge the model's limits, or say when to come again."""
        read = used["input_tokens"] + used["cache_creation_input_tokens"]
        cost = {"requests": 1, "input-tokens": read, "output-tokens": used["output_tokens"]}
        self.limits[model], wait = self.limits[model].admit(cost, time.monotonic())
        if not wait:
            return None
        seconds = f"{ceil(wait * 1000) / 1000:.3f}"
        why = f"This request would exceed a rate limit of {model}; try again in {seconds} s."
        return refusal(429, "rate_limit_error", why, headers=self._headers(model) | {"retry-after": seconds})

    def _headers(self, model: str) -> dict[str, str]:
        return self.limits[model].headers(time.monotonic(), time.time()) if self.settings.limit_headers else {}

    def _record(self, at: float, path: str, outcome: Outcome, status: int) -> None:
        line = {"at": at, "path": path, "body": None, "status": status, "fault": outcome.fault}
        line |= {"attempt": None, "input_tokens": 0, "output_tokens": 0, **outcome.notes}
        self.lines.write(json.dumps(line).encode() + b"\n")


def _carries(request: web.Request, key: str) -> bool:
    given = ((request.headers.get("Authorization"), f"Bearer {key}"), (request.headers.get("x-api-key"), key))
    return any(compare_digest((one or "").encode("utf-8", "surrogateescape"), right.encode()) for one, right in given)


def _unknown(model: str) -> Outcome:
    return refusal(404, "not_found_error", f"model: {model}")
