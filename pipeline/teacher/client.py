"""The only door to a language model: the anthropic SDK, its retries off, every outcome sorted by what to do next.

The SDK is imported where a call is made: it takes more than a second, for which a finished run shall not wait.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from pydantic import SecretStr

from pipeline.config import Teacher
from pipeline.errors import InputError, TeacherError

if TYPE_CHECKING:
    import ssl

    import anthropic

Kind = Literal["ok", "rate_limited", "overloaded", "failed", "refused", "fatal"]
LIMIT_HEADERS = {
    "requests": "anthropic-ratelimit-requests-limit",
    "input_tokens": "anthropic-ratelimit-input-tokens-limit",
    "output_tokens": "anthropic-ratelimit-output-tokens-limit",
}
SPENT_CODES = ("billing_error", "spend_limit_reached")
SPENT_WORDS = re.compile(
    r"your credit balance is too low to access|you have reached your specified (workspace )?api usage limits"
)
"""By what codes and sentences a server says that it will take no more requests until somebody pays. A word or two of
them would be found in what it repeats of a prompt.
"""
PAY = "pay, or raise the limit on spending"
DIGITS = 15
"""A limit that is longer is none."""
AGAIN = (407, 408, 409, 425, 499)
"""Statuses below 500 that say nothing against the request: it is asked again."""
GIVEN_UP = (408, 499, 502, 504, 520, 524)
"""Statuses of a gateway that has given up on the server behind it, which may have made the reply, and bill it."""
IDLE = 16
"""Connections that are kept open while nothing is asked over them."""
LONGEST = 600
"""Characters of an error that are kept."""
HIDDEN = 12
"""Keys are longer; a shorter one, such as `none` or `simulated`, is a word that may stand in any text."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one call.

    ok: the server answered 200 and `body` is its text. refused: it will never take this request (400, 413, 422), or
    nothing can send it. rate_limited, overloaded (or not to be reached) and failed: ask again later. fatal: it will
    take no request of ours (wrong key, unknown model, spend limit); where it is `barred` (403, 404), only if no other
    is answered, for a gateway may say so of what is in one request. `lost`: the request left and no word of the
    server's own came back, so that it may have to be paid for.
    """

    kind: Kind
    body: str = ""
    error: str = ""
    retry_after: float | None = None
    limits: Mapping[str, int] = field(default_factory=dict)
    lost: bool = False
    barred: bool = False


def api_key(teacher: Teacher) -> SecretStr:
    """The key from the environment. Raises InputError when the variable is not set."""
    if teacher.base_url == "simulated":
        return SecretStr(teacher.simulated.api_key)
    if teacher.api_key_env is None:
        return SecretStr("none")
    key = os.environ.get(teacher.api_key_env, "")
    if not key:
        raise InputError(
            f"{teacher.section}.api_key_env: {teacher.api_key_env} is not set; export it, "
            f"or --set {teacher.section}.api_key_env=null for a server that wants no key"
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise InputError(f"{teacher.api_key_env}: holds white space or control characters; export the bare key")
    return SecretStr(key)


def open_client(base_url: str | None, key: SecretStr, timeout_s: float) -> anthropic.AsyncAnthropic:
    """The SDK's client, its retries off.

    It keeps few idle connections: for each request it looks at all of them, by two system calls each, and a hundred,
    its own default, cost as much as the request itself. Raises InputError for an address that is none, and does not
    show it, for there may be a password in it.
    """
    import anthropic
    import httpx2

    limits = type(anthropic.DEFAULT_CONNECTION_LIMITS)(max_connections=1000, max_keepalive_connections=IDLE)
    http = anthropic.DefaultAsyncHttpxClient(limits=limits, timeout=timeout_s, verify=_certificates())
    given: dict[str, Any] = {"max_retries": 0, "timeout": timeout_s, "http_client": http}
    try:
        return anthropic.AsyncAnthropic(base_url=base_url, api_key=key.get_secret_value(), **given)
    except httpx2.InvalidURL:
        whose = "ANTHROPIC_BASE_URL" if base_url is None else "base_url"
        raise InputError(f"{whose}: is no address; give one such as https://host:8443") from None


@cache
def _certificates() -> ssl.SSLContext:
    """The certificates that the SDK trusts by default, read once: each client of its own would take 50 ms for them."""
    import httpx2

    return httpx2.create_ssl_context()


async def send(client: anthropic.AsyncAnthropic, params: Mapping[str, Any], timeout_s: float) -> Answer:
    """One call, within one deadline of our own: the server's word on when to come back cannot stretch it.

    Whatever is wrong with one request or its reply is an answer: an exception would take its neighbours with it. Its
    error never shows the key, even where the server repeats it.
    """
    answer = await _send(client, params, timeout_s)
    return replace(answer, error=hide(answer.error, client.api_key))


def hide(text: str, key: str | None) -> str:
    """An error as it may be shown: without the key, and cut short only then, lest a part of the key be left."""
    return (text.replace(key, "(the key)") if key and len(key) >= HIDDEN else text)[:LONGEST]


async def _send(client: anthropic.AsyncAnthropic, params: Mapping[str, Any], timeout_s: float) -> Answer:
    import anthropic

    try:
        async with asyncio.timeout(timeout_s):
            response = await client.messages.with_raw_response.create(**params)
            body = (await response.read()).decode("utf-8", "replace")
    except (anthropic.APIError, TimeoutError) as error:
        return sort_error(error)
    except (TypeError, ValueError) as error:
        return Answer("refused", error=f"cannot be sent ({error})")
    if not is_message(body):
        return Answer("failed", error=f"200 without a message: {hide(body, client.api_key)[:200]!r}", lost=True)
    return Answer("ok", body=body, limits=read_limits(response.headers))


def is_message(body: str) -> bool:
    """Whether a body is a Messages reply at all, and not a proxy's page."""
    try:
        return isinstance(json.loads(body)["content"], list)
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def read_limits(headers: Mapping[str, str]) -> dict[str, int]:
    """The limits that are told by a plain number; a header that holds anything else tells none.

    >>> read_limits({LIMIT_HEADERS["requests"]: "50", LIMIT_HEADERS["input_tokens"]: "\u00b2"})
    {'requests': 50}
    """
    told = {kind: headers.get(name, "") for kind, name in LIMIT_HEADERS.items()}
    return {kind: int(value) for kind, value in told.items() if value.isdecimal() and len(value) <= DIGITS}


def sort_error(error: Exception) -> Answer:
    """What an error of the SDK means for the run. The text holds the server's message, from which the key is still to
    be hidden, and never a header.
    """
    import anthropic

    if not isinstance(error, anthropic.APIStatusError):
        return _sort_silence(error)
    status, headers = error.status_code, error.response.headers
    names = (getattr(error, name, None) or "" for name in ("type", "error_code"))
    text = f"{status} {' '.join(names).strip()}: {_message(error)}"
    if status == 402 or is_spent(text):
        return Answer("fatal", error=f"{text}; {PAY}")
    if status in (401, 403, 404):
        return Answer("fatal", error=text, barred=status != 401)
    wait, limits = _retry_after(headers), read_limits(headers)
    if status == 429:
        return Answer("rate_limited", error=text, retry_after=wait, limits=limits)
    if status in (503, 529):
        return Answer("overloaded", error=text, retry_after=wait)
    if status >= 500 or status < 400 or status in AGAIN:
        return Answer("failed", error=text, retry_after=wait, lost=status in GIVEN_UP)
    return Answer("refused", error=text)


def is_spent(text: str) -> bool:
    """Of an error as `sort_error` writes it: status, type and code before a colon, the server's words after it.

    >>> is_spent("429 rate_limit_error enforced_spend_limit_reached: Wait."), is_spent("400 : no such 'usage limit'")
    (True, False)
    """
    codes, _, words = text.lower().partition(": ")
    return any(code in codes for code in SPENT_CODES) or SPENT_WORDS.search(words) is not None


def _sort_silence(error: Exception) -> Answer:
    """No answer at all. A connection that never came about is the server's or the network's, and no request's."""
    import anthropic
    import httpx2

    cause = error.__cause__
    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
        return Answer("overloaded", error=f"cannot be reached ({cause or type(cause).__name__})")
    name = "timed out" if isinstance(error, TimeoutError | anthropic.APITimeoutError) else "connection failed"
    return Answer("failed", error=f"{name} ({cause or type(error).__name__})", lost=True)


def _message(error: anthropic.APIStatusError) -> str:
    body = error.body
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        return str(body["error"].get("message", ""))
    return str(error.message)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


async def probe(client: anthropic.AsyncAnthropic, params: Mapping[str, Any], where: str) -> int | None:
    """Asks the server to count the tokens of a request, which is free, and proves address, key and model. `where`
    begins with the section of its settings.

    Returns the count, or None where the server has no such endpoint, or something else than a count at that address.
    Raises TeacherError when it cannot be reached or refuses us.
    """
    import anthropic

    section = where.partition(" ")[0]
    wanted = {name: params[name] for name in ("model", "messages", "system") if name in params}
    try:
        async with asyncio.timeout(20):
            response = await client.messages.with_raw_response.count_tokens(**wanted)
            return read_count(await response.read())
    except (anthropic.APIConnectionError, TimeoutError) as error:
        cause = error.__cause__ or error
        raise TeacherError(
            f"{where}: cannot be reached ({cause}); check {section}.base_url and that the server runs"
        ) from error
    except (anthropic.AuthenticationError, anthropic.PermissionDeniedError) as error:
        raise TeacherError(
            f"{where}: refuses the key ({hide(_message(error), client.api_key)}); "
            f"check the variable named by {section}.api_key_env"
        ) from error
    except anthropic.NotFoundError as error:
        if params["model"] in _message(error):
            raise TeacherError(
                f"{where}: does not know model {params['model']!r}; set {section}.model to one it serves"
            ) from error
        return None
    except (anthropic.APIError, TypeError, ValueError):
        return None


def read_count(body: bytes) -> int | None:
    """The count in a reply; None for a proxy's page, and for whatever else is no count.

    >>> read_count(b'{"input_tokens": 7}'), read_count(b"<html>"), read_count(b"[]")
    (7, None, None)
    """
    try:
        count = json.loads(body)["input_tokens"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return count if type(count) is int and count >= 0 else None
