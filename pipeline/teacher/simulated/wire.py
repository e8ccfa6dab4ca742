"""The Messages API as it is on the wire: what a request must look like, how long it is, and the shapes of the answers.

Kept from the real API is what a client has to cope with, such as the refusal of what current models no longer take
(temperature, prefilled replies). What the simulated teacher lacks (streams, tools, stop sequences) it refuses, too,
rather than ignoring it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

BYTES_PER_TOKEN = 4
RETIRED = ("temperature", "top_p", "top_k")
ABSENT = ("tools", "tool_choice", "stop_sequences")
COUNTED = {"model", "messages", "system", "thinking", "output_config", "cache_control", "speed", *ABSENT}
GENERATED = COUNTED | {"max_tokens", "stream", "metadata", "service_tier", "container", "diagnostics", "inference_geo"}

Body = Mapping[str, Any]


def tokens(text: str) -> int:
    """An approximation, the same for any text: a token is four bytes of UTF-8, and a part of one counts as one."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // BYTES_PER_TOKEN)


def input_tokens(body: Body) -> int:
    """Tokens of all text in `system` and `messages`, counted as one text."""
    contents = [body.get("system") or "", *(message["content"] for message in body["messages"])]
    return tokens("".join(_texts(contents)))


def user_text(body: Body) -> str:
    """What the user wrote, in all messages, a line apart."""
    return "\n".join(_texts(message["content"] for message in body["messages"] if message["role"] == "user"))


def error_payload(kind: str, why: str, code: str = "") -> dict[str, Any]:
    details = {"details": {"error_code": code}} if code else {}
    return {"type": "error", "error": {"type": kind, "message": why, **details}}


def message_payload(key: str, model: str, text: str, stop_reason: str, usage: Body) -> dict[str, Any]:
    """The body of a reply; its id, like all of it, follows from the request."""
    return {
        "id": f"msg_{key[:24]}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": text}],
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, **usage},
    }


def model_payload(name: str) -> dict[str, Any]:
    lasting = {"type": "model", "created_at": "1970-01-01T00:00:00Z", "lifecycle": "active", "capabilities": None}
    return {**lasting, "id": name, "display_name": name, "max_input_tokens": None, "max_tokens": None}


def problems(body: Any, fields: set[str]) -> Iterator[str]:
    """Why the API would refuse this body, the most useful reason first."""
    if not isinstance(body, dict):
        yield f"the body is {type(body).__name__}; send a JSON object"
        return
    yield from (f"{name}: current models do not take it; leave it out" for name in RETIRED if name in body)
    yield from (f"{name}: the simulated teacher has none; leave it out" for name in ABSENT if body.get(name))
    yield from (f"{name}: Extra inputs are not permitted" for name in sorted(set(body) - fields))
    if body.get("stream"):
        yield "stream: the simulated teacher does not stream; leave it out or send false"
    if not isinstance(body.get("model"), str):
        yield f"model: {body.get('model')!r} is not a string; name one of the models that GET /v1/models lists"
    if "max_tokens" in fields and (type(body.get("max_tokens")) is not int or body["max_tokens"] < 1):
        yield f"max_tokens: {body.get('max_tokens')!r} is not a whole number of at least 1"
    if body.get("system") and not _is_content(body["system"]):
        yield "system: neither a string nor a list of text blocks"
    yield from _message_problems(body.get("messages"))


def _message_problems(messages: Any) -> Iterator[str]:
    if not isinstance(messages, list) or not messages:
        yield "messages: a list of at least one message is required"
        return
    for at, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in ("user", "assistant"):
            yield f"messages.{at}: an object with the role `user` or `assistant` is required"
        elif not _is_content(message.get("content")):
            yield f"messages.{at}.content: a text, or a list of blocks with a `type`, is required and must not be empty"
        elif at == 0 and message["role"] == "assistant":
            yield "messages.0: the first message must have the role `user`"
        elif at == len(messages) - 1 and message["role"] == "assistant":
            yield f"messages.{at}: current models do not go on from an assistant's message; end with the role `user`"


def _is_content(content: Any) -> bool:
    if isinstance(content, str):
        return bool(content)
    return isinstance(content, list) and bool(content) and all(_is_block(block) for block in content)


def _is_block(block: Any) -> bool:
    if not isinstance(block, dict) or not isinstance(block.get("type"), str):
        return False
    return block["type"] != "text" or (isinstance(block.get("text"), str) and bool(block["text"]))


def _texts(contents: Iterable[Any]) -> Iterator[str]:
    """The texts of string contents and of the text blocks of list contents."""
    for content in contents:
        if isinstance(content, str):
            yield content
        else:
            yield from (block["text"] for block in content if block["type"] == "text")
