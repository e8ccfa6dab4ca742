"""Parsing of replies: a raw Messages body in, a draft or a reason out. Nothing here raises on what a model wrote.

A reply is one JSON object with `text`, `answer` and `confidence`; of several passes, each gives a part. Prose or a code
fence around a whole object is forgiven, since nothing of the object is guessed; a broken object is never repaired,
since a repaired label is an invented one.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from pipeline.canonical import canonical_json
from pipeline.tasks.task import DEEPEST, depth

BYTES_A_TOKEN = 64
"""No tokenizer packs more into one token: a longer reply did not come from a server that honours max_tokens."""
SPECIAL = re.compile(
    r"<[|\uff5c][^<>|\uff5c\n]{1,40}[|\uff5c]>"
    r"|</?s>|<(?:bos|eos|pad|unk|mask)>|<extra_id_\d{1,4}>|<(?:start|end)_of_turn>|<</?SYS>>"
    r"|</?(?:think|tool_call|tool_response)>"
    r"|\[/?(?:INST|TOOL_CALLS|TOOL_RESULTS|AVAILABLE_TOOLS|SYSTEM_PROMPT)\]"
)
"""Tokens of the chat templates in use (ChatML, Llama, DeepSeek with its full-width bars, Gemma, Mistral, Qwen, T5), as
they are spelt there: other words in brackets are words.
"""
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
SURROGATE = re.compile("[\ud800-\udfff]")
STOPS = {"refusal": "refusal", "max_tokens": "truncated", "model_context_window_exceeded": "truncated"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A parsed reply, or the reason why there is none."""

    text: str | None = None
    answer: str | None = None
    confidence: float | None = None
    raw: str | None = None
    model: str | None = None
    reason: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """The object that a reply holds, or the reason why there is none."""

    found: dict[str, Any] | None = None
    raw: str | None = None
    model: str | None = None
    reason: str | None = None
    detail: str | None = None


def parse_reply(body: str, max_tokens: int) -> Draft:
    """The draft that one reply holds in whole."""
    reply = read_reply(body, max_tokens)
    return to_draft(reply, reply.found or {})


def read_reply(body: str, max_tokens: int) -> Reply:
    """Reads a reply by its stop reason first: what was cut off or refused is no sample even if its JSON parses."""
    if len(body) > BYTES_A_TOKEN * max_tokens + 10_000:
        return Reply(reason="oversized", detail=f"{len(body)} characters for {max_tokens} tokens")
    try:
        message = _loads(body)
        raw = "".join(block["text"] for block in message["content"] if block["type"] == "text")
        stop, model = clean(str(message.get("stop_reason"))), clean(str(message.get("model")))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return Reply(
            raw=clean(body[:2000]), reason="malformed_reply", detail=f"not a Messages reply ({type(error).__name__})"
        )
    shown = clean(raw)
    if reason := STOPS.get(stop):
        return Reply(raw=shown, model=model, reason=reason, detail=f"stop_reason {stop}")
    if not raw.strip():
        return Reply(raw=shown, model=model, reason="empty_reply", detail=f"stop_reason {stop}")
    try:
        return Reply(find_object(raw), shown, model)
    except (ValueError, RecursionError) as error:
        return Reply(None, shown, model, "malformed_json", str(error)[:200])


def read_part(body: str, max_tokens: int) -> Reply:
    """The object of a pass that others follow: what it gives must be usable, since the next prompt will hold it, and
    nobody pays for a second pass on what the last would be rejected for.
    """
    reply = read_reply(body, max_tokens)
    if reply.found is None:
        return reply
    problem = _too_deep("reply", reply.found) or next(filter(None, _misshapen(reply.found, reply.found)), None)
    if problem := problem or _unusable(*_strings(reply.found)):
        return Reply(None, reply.raw, reply.model, *problem)
    return reply


def to_draft(reply: Reply, found: Mapping[str, Any]) -> Draft:
    """The draft of the object `found`, that of the reply or of all passes together, or the reason why it is none."""
    if reply.reason:
        return Draft(raw=reply.raw, model=reply.model, reason=reply.reason, detail=reply.detail)
    if problem := next(filter(None, _misshapen(found, ("text", "answer", "confidence"))), None):
        return Draft(None, None, None, reply.raw, reply.model, *problem)
    text, answer = found["text"], found["answer"]
    if problem := _unusable(text, *_strings(answer), canonical_json(answer)):
        return Draft(None, None, None, reply.raw, reply.model, *problem)
    return Draft(text.strip(), canonical_json(answer), float(found["confidence"]), reply.raw, reply.model)


def _misshapen(found: Mapping[str, Any], wanted: Collection[str]) -> Iterator[tuple[str, str] | None]:
    text, answer, confidence = found.get("text"), found.get("answer"), found.get("confidence")
    if "text" in wanted and (not isinstance(text, str) or not text.strip()):
        yield "wrong_shape", "text is no string with words"
    if "answer" in wanted:
        yield _too_deep("answer", answer) if isinstance(answer, dict) else ("wrong_shape", "answer is no object")
    is_share = isinstance(confidence, int | float) and not isinstance(confidence, bool) and 0 <= confidence <= 1
    if "confidence" in wanted and not is_share:
        yield "wrong_shape", f"confidence is {confidence!r}, not a number from 0 to 1"[:200]


def _too_deep(what: str, value: Any) -> tuple[str, str] | None:
    levels = depth(value)
    return ("malformed_json", f"{what} is nested {levels} levels deep") if levels > DEEPEST else None


def _unusable(*parts: str) -> tuple[str, str] | None:
    """Text that would break what follows: surrogates no file can hold, control bytes, a chat template's own tokens."""
    for part in parts:
        if SURROGATE.search(part):
            return "malformed_json", "a lone surrogate"
        if found := CONTROL.search(part):
            return "control_characters", f"U+{ord(found[0]):04X} at {found.start()}"
        if found := SPECIAL.search(part):
            return "special_tokens", found[0]
    return None


def _strings(value: Any) -> Iterator[str]:
    """Every string of a value, keys too, as it reads once decoded: canonical JSON escapes what is looked for."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in (*value, *value.values()):
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)


def find_object(raw: str) -> dict[str, Any]:
    """The one JSON object in a reply. Raises ValueError when there is none, or more than one outside the first.

    >>> find_object('Here it is: {"a": 1} Bye.')
    {'a': 1}
    """
    start = raw.find("{")
    if start < 0:
        raise ValueError("no JSON object")
    found, end = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite).raw_decode(raw, start)
    if "{" in raw[end:]:
        raise ValueError("more than one JSON object")
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    return found


def _loads(body: str) -> dict[str, Any]:
    loaded = json.loads(body, parse_constant=_no_constant)
    if not isinstance(loaded, dict):
        raise ValueError("not an object")
    return loaded


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _finite(number: str) -> float:
    if not isfinite(value := float(number)):
        raise ValueError(f"{number[:20]} is too large a number")
    return value


def clean(text: str) -> str:
    """The text as a file can hold it: lone surrogates replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")
