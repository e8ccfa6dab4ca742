"""The simulated server's prompt cache: what of a prompt is read from it, what is written, and for how long it lives.

As at the real API a prefix is all bytes up to a mark, with the model and the format of the reply; one below the minimum
is silently not cached; and a prefix can be read once the request that wrote it has begun to be answered, so that of
many which start together each writes it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.canonical import content_hash
from pipeline.teacher.simulated.wire import Body, input_tokens

LIVES_S = {"5m": 300.0, "1h": 3600.0}
MARKS = 4


@dataclass(frozen=True, slots=True)
class Prefix:
    key: str
    tokens: int
    ttl: str


@dataclass(frozen=True, slots=True)
class Split:
    """The tokens of one prompt: read from the cache, written to it, and neither; `prefixes` are the marked ones."""

    read: int
    write: int
    rest: int
    prefixes: tuple[Prefix, ...] = ()

    @property
    def usage(self) -> dict[str, Any]:
        used = {"input_tokens": self.rest, "cache_read_input_tokens": self.read}
        used["cache_creation_input_tokens"] = self.write
        if not self.prefixes:
            return used
        lives = {f"ephemeral_{ttl}_input_tokens": 0 for ttl in LIVES_S}
        return {**used, "cache_creation": {**lives, f"ephemeral_{self.prefixes[-1].ttl}_input_tokens": self.write}}


@dataclass(slots=True)
class PromptCache:
    """`minimum` is the fewest tokens of a prefix that is cached, None for no cache at all. The clock is handed in."""

    minimum: int | None
    life_s: Mapping[str, float] = field(default_factory=lambda: LIVES_S)
    entries: dict[str, tuple[float, float]] = field(default_factory=dict)
    """From when and until when each prefix can be read."""

    def split(self, body: Body, now: float) -> Split:
        """What a request that comes now reads and writes; it changes nothing yet."""
        total = input_tokens(body)
        if self.minimum is None:
            return Split(0, 0, total)
        prefixes = tuple(prefix for prefix in marked(body) if prefix.tokens >= self.minimum)
        ready = [prefix.tokens for prefix in prefixes if self._ready(prefix, now)]
        read = max(ready, default=0)
        write = max((prefix.tokens for prefix in prefixes), default=0) - read
        return Split(read, write, total - read - write, prefixes)

    def keep(self, split: Split, now: float, answered_at: float) -> None:
        """Writes what a request that was let in brings, to be read once it is answered; what it read lives on."""
        if split.write:
            self.entries = {key: times for key, times in self.entries.items() if times[1] > now}
        for prefix in split.prefixes:
            ready_at, _ = self.entries.get(prefix.key, (answered_at, 0.0))
            self.entries[prefix.key] = (ready_at, answered_at + self.life_s[prefix.ttl])

    def _ready(self, prefix: Prefix, now: float) -> bool:
        ready_at, until = self.entries.get(prefix.key, (now + 1, now))
        return ready_at <= now < until


def marked(body: Body) -> Iterator[Prefix]:
    """The prefixes that end at a mark, the shortest first. A mark on the request itself is one on its last block."""
    shared = [body["model"], body.get("output_config"), body.get("thinking")]
    blocks = list(_blocks(body))
    if "cache_control" in body:
        blocks[-1] = (*blocks[-1][:2], body["cache_control"])
    for count, (_, _, mark) in enumerate(blocks, start=1):
        if mark is None:
            continue
        before = [(role, block) for role, block, _ in blocks[:count]]
        texts = [{"role": "user", "content": [block]} for _, block in before]
        yield Prefix(content_hash([*shared, before]), input_tokens({"messages": texts}), mark.get("ttl", "5m"))


def problems(body: Any) -> Iterator[str]:
    """Why the API would refuse the marks of a body that is otherwise sound."""
    marks = [mark for _, _, mark in _blocks(body) if mark is not None]
    marks += [body["cache_control"]] if "cache_control" in body else []
    if len(marks) > MARKS:
        yield f"A maximum of {MARKS} blocks with cache_control may be provided. Found {len(marks)}."
    for mark in marks:
        if not isinstance(mark, dict) or mark.get("type") != "ephemeral" or mark.get("ttl", "5m") not in LIVES_S:
            yield f"cache_control: {mark!r} is not ephemeral with a ttl of 5m or 1h"


def _blocks(body: Body) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """(role, block without its mark, mark) of system and messages; a text is one block."""
    for role, content in (("system", body.get("system") or []), *((m["role"], m["content"]) for m in body["messages"])):
        for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            yield role, {k: v for k, v in block.items() if k != "cache_control"}, block.get("cache_control")
