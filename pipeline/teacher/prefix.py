"""The shared prefix of requests: the mark at its end that has a server cache it, and whether a mark pays.

A mark shapes no answer. What files or compares requests reads them without: the ledger's keys and the simulated server.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pipeline.config import Teacher
from pipeline.teacher.prices import price_of

BYTES_PER_TOKEN = 4
GUESS = 1.5
"""How far the rule of four bytes a token may be below a tokenizer's count."""


def mark_prefix(params: Mapping[str, Any], ttl: Literal["5m", "1h"] = "5m") -> dict[str, Any]:
    """The request with its system prompt, which all requests of a pass share, marked as a prefix to be cached.

    One without a system prompt stays as it is. `1h` costs more to write and is for batches, which answer when they can.

    >>> mark_prefix({"system": "Be brief."})
    {'system': [{'type': 'text', 'text': 'Be brief.', 'cache_control': {'type': 'ephemeral'}}]}
    """
    if not (system := params.get("system")):
        return dict(params)
    *before, last = [{"type": "text", "text": system}] if isinstance(system, str) else system
    mark = {"type": "ephemeral"} | ({"ttl": ttl} if ttl != "5m" else {})
    return {**params, "system": [*before, {**last, "cache_control": mark}]}


def is_marked(body: bytes) -> bool:
    """Whether a request as JSON has a mark anywhere: within a text the quotes would be escaped.

    >>> is_marked(b'{"system": [{"cache_control": {}}]}'), is_marked(b'{"system": "The cache_control"}')
    (True, False)
    """
    return b'"cache_control"' in body


def is_lasting(body: bytes) -> bool:
    """Whether a mark of a request as JSON may be for an hour.

    >>> is_lasting(b'{"cache_control":{"type":"ephemeral","ttl":"1h"}}'), is_lasting(b'{"cache_control":{}}')
    (True, False)
    """
    return is_marked(body) and b'"1h"' in body


def unmarked(params: Mapping[str, Any]) -> dict[str, Any]:
    """The request without marks; a system prompt that is one block of text is that text. Takes any JSON object.

    >>> unmarked(mark_prefix({"system": "Be brief."}))
    {'system': 'Be brief.'}
    """
    plain = {name: value for name, value in params.items() if name != "cache_control"}
    if isinstance(plain.get("system"), list):
        plain["system"] = _joined(_bare(plain["system"]))
    if isinstance(plain.get("messages"), list):
        plain["messages"] = [
            {**message, "content": _bare(message["content"])}
            if isinstance(message, dict) and isinstance(message.get("content"), list)
            else message
            for message in plain["messages"]
        ]
    return plain


def _bare(blocks: list[Any]) -> list[Any]:
    return [
        {name: value for name, value in block.items() if name != "cache_control"} if isinstance(block, dict) else block
        for block in blocks
    ]


def _joined(blocks: list[Any]) -> Any:
    alone = blocks[0] if len(blocks) == 1 and isinstance(blocks[0], dict) else {}
    return alone["text"] if set(alone) == {"type", "text"} and alone["type"] == "text" else blocks


def shared_tokens(systems: Sequence[str | None]) -> int:
    """Tokens of the system prompt that requests share, by four bytes a token; 0 where every one has its own, or none.

    >>> shared_tokens(["Be brief.", "Be brief."]), shared_tokens(["Be brief.", "Be long."])
    (3, 0)
    """
    given = [system for system in systems if system]
    if not given or (len(systems) > 1 and len(set(given)) == len(systems)):
        return 0
    return -(-len(given[0].encode("utf-8", "surrogatepass")) // BYTES_PER_TOKEN)


def cache_minimum(teacher: Teacher) -> int | None:
    """The fewest tokens of a prefix that the model's servers cache; None where neither settings nor price file say."""
    price = price_of(teacher)
    return price.cache_from if price else None


def pays(tokens: int, teacher: Teacher) -> bool:
    """Whether a shared prefix of about so many tokens may be cached at all."""
    return tokens > 0 and tokens * GUESS >= (cache_minimum(teacher) or 0)


def told(tokens: int, teacher: Teacher) -> str:
    """What becomes of a shared prefix, for a person who reads the plan.

    >>> told(3, Teacher(model="claude-haiku-4-5"))
    'about 3 tokens are shared; claude-haiku-4-5 caches from 4,096: nothing will be cached'
    """
    least, model = cache_minimum(teacher), teacher.model
    if not tokens:
        return "the requests share no system prompt: nothing will be cached"
    shared = f"about {tokens:,} tokens are shared"
    if least is None:
        return f"{shared}; from how many {model} caches is not known"
    verdict = "nothing" if not pays(tokens, teacher) else "they" if tokens >= least else "perhaps they"
    return f"{shared}; {model} caches from {least:,}: {verdict} will be cached"
