"""Parsing of replies: a raw Messages body in, a draft or a reason out. Nothing here raises on what a model wrote.

A reply is one JSON object with `text`, `answer` and `confidence`. Prose or a code fence around a whole object is
forgiven, since nothing of the object is guessed; a broken object is never repaired, since a repaired label is an
invented one.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

from pipeline.canonical import canonical_json
from pipeline.tasks.task import DEEPEST, depth

BYTES_A_TOKEN = 64
"""No tokenizer packs more into one token: a longer reply did not come from a server that honours max_tokens."""
SPECIAL = re.compile(r"<\|[^<>|\s]{1,40}\|>|</?s>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|<(?:bos|eos|pad|unk)>")
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


def parse_reply(body: str, max_tokens: int) -> Draft:
    """Reads a reply by its stop reason first: what was cut off or refused is no sample even if its JSON parses."""
    if len(body) > BYTES_A_TOKEN * max_tokens + 10_000:
        return Draft(reason="oversized", detail=f"{len(body)} characters for {max_tokens} tokens")
    try:
        message = _loads(body)
        raw = "".join(block["text"] for block in message["content"] if block["type"] == "text")
        stop, model = clean(str(message.get("stop_reason"))), clean(str(message.get("model")))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return Draft(
            raw=clean(body[:2000]), reason="malformed_reply", detail=f"not a Messages reply ({type(error).__name__})"
        )
    shown = clean(raw)
    if reason := STOPS.get(stop):
        return Draft(raw=shown, model=model, reason=reason, detail=f"stop_reason {stop}")
    if not raw.strip():
        return Draft(raw=shown, model=model, reason="empty_reply", detail=f"stop_reason {stop}")
    draft = _read_object(raw)
    return Draft(draft.text, draft.answer, draft.confidence, shown, model, draft.reason, draft.detail)


def _read_object(raw: str) -> Draft:
    try:
        found = find_object(raw)
    except (ValueError, RecursionError) as error:
        return Draft(reason="malformed_json", detail=str(error)[:200])
    text, answer, confidence = found.get("text"), found.get("answer"), found.get("confidence")
    if not isinstance(text, str) or not text.strip():
        return Draft(reason="wrong_shape", detail="text is no string with words")
    if not isinstance(answer, dict):
        return Draft(reason="wrong_shape", detail="answer is no object")
    if depth(answer) > DEEPEST:
        return Draft(reason="malformed_json", detail=f"answer is nested {depth(answer)} levels deep")
    if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 <= confidence <= 1:
        return Draft(reason="wrong_shape", detail=f"confidence is {confidence!r}, not a number from 0 to 1"[:200])
    if reason := _unusable(text, *_strings(answer), canonical_json(answer)):
        return Draft(reason=reason[0], detail=reason[1])
    return Draft(text.strip(), canonical_json(answer), float(confidence))


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
