from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import pytest

from pipeline.config import Teacher
from pipeline.errors import InputError
from pipeline.teacher.client import api_key, is_message, sort_error

if TYPE_CHECKING:
    import anthropic

pytestmark = pytest.mark.slow


def error(status: int, kind: str, message: str, **headers: str) -> anthropic.APIStatusError:
    import anthropic

    request = httpx2.Request("POST", "http://127.0.0.1/v1/messages")
    body = {"type": "error", "error": {"type": kind, "message": message}}
    response = httpx2.Response(status, request=request, json=body, headers=headers)
    client = anthropic.Anthropic(api_key="x", base_url="http://127.0.0.1:9")
    with client:
        made: anthropic.APIStatusError = client._make_status_error_from_response(response)
    return made


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (429, "too many requests", "rate_limited"),
        (529, "Overloaded", "overloaded"),
        (503, "busy", "overloaded"),
        (500, "oops", "failed"),
        (407, "log in to the proxy", "failed"),
        (408, "too slow", "failed"),
        (425, "too early", "failed"),
        (499, "the client has left", "failed"),
        (400, "messages: too long", "refused"),
        (413, "too large", "refused"),
        (400, "messages.0: 'the usage limit of the licence' is not allowed", "refused"),
        (422, "input: 'Your credit balance: billing_error, spend_limit_reached'", "refused"),
        (500, "no worker for 'exceeds the credit balance'", "failed"),
        (400, "Your credit balance is too low to access the API", "fatal"),
        (400, "You have reached your specified API usage limits", "fatal"),
        (429, "You have reached your specified API usage limits", "fatal"),
        (400, "Error of the model: You have reached your specified workspace API usage limits.", "fatal"),
        (402, "Mend your billing", "fatal"),
        (401, "invalid x-api-key", "fatal"),
        (404, "model: none", "fatal"),
    ],
)
def test_every_error_is_sorted_by_what_to_do_next(status: int, message: str, kind: str) -> None:
    answer = sort_error(error(status, "some_error", message))
    assert answer.kind == kind
    assert message in answer.error


@pytest.mark.parametrize("status", [408, 499, 502, 504, 520, 524])
def test_a_gateway_that_has_given_up_leaves_open_whether_the_reply_is_billed(status: int) -> None:
    answer = sort_error(error(status, "some_error", "timed out", **{"retry-after": "3"}))
    assert (answer.kind, answer.lost, answer.retry_after) == ("failed", True, 3.0)


@pytest.mark.parametrize("status", [400, 429, 500, 503, 529])
def test_what_the_server_itself_refuses_is_not_billed(status: int) -> None:
    assert not sort_error(error(status, "some_error", "no")).lost


def test_a_429_says_for_how_long_and_what_the_limits_are() -> None:
    headers = {
        "retry-after": "7",
        "anthropic-ratelimit-input-tokens-limit": "50",
        "anthropic-ratelimit-output-tokens-limit": "9",
    }
    answer = sort_error(error(429, "rate_limit_error", "slow down", **headers))
    assert answer.retry_after == 7.0
    assert answer.limits == {"input_tokens": 50, "output_tokens": 9}


@pytest.mark.parametrize("key", ["sk-secret\n", "sk-secret ", "sk-sécret", "sk\tsecret"])
def test_a_key_that_no_header_can_hold_is_refused_without_showing_it(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", key)
    with pytest.raises(InputError, match="export the bare key") as caught:
        api_key(Teacher(base_url=None))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("body", ["<html>busy</html>", "", "[]", "null", '{"error": 1}', "[" * 100_000])
def test_a_200_that_is_no_message_is_seen(body: str) -> None:
    assert not is_message(body)
