"""What a reply was billed for, as the server reports it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one reply. `input` were neither read from a cache nor written to one; of those that were written,
    `cache_write_1h` were for an hour, which costs more.
    """

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input + other.input,
            self.output + other.output,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
            self.cache_write_1h + other.cache_write_1h,
        )

    @property
    def prompt(self) -> int:
        """All input, cached or not."""
        return self.input + self.cache_read + self.cache_write

    @property
    def counted(self) -> int:
        """What counts against a limit on input tokens: what is read from a cache does not."""
        return self.input + self.cache_write

    @property
    def tokens(self) -> list[int]:
        """As a reply's record holds it: `Usage(*tokens)`; the last number only where it is not 0."""
        tokens = [self.input, self.output, self.cache_read, self.cache_write]
        return [*tokens, self.cache_write_1h] if self.cache_write_1h else tokens


def usage_of(record: Mapping[str, Any]) -> Usage:
    """The usage of a reply's record: as it was written down, else as its body says."""
    return Usage(*record["tokens"]) if "tokens" in record else usage(record["body"])


def usage(body: str, *, hour: bool = False) -> Usage:
    """Nothing at all where the reply does not say; a field that a server leaves out or sets to null is 0. `hour`: what
    was written to a cache was so for an hour where the reply does not say for how long.
    """
    try:
        used = json.loads(body)["usage"]
        written, lives = _tokens(used.get("cache_creation_input_tokens")), used.get("cache_creation")
        lasting = _tokens(lives.get("ephemeral_1h_input_tokens")) if isinstance(lives, dict) else hour * written
        return Usage(
            _tokens(used.get("input_tokens")),
            _tokens(used.get("output_tokens")),
            _tokens(used.get("cache_read_input_tokens")),
            max(written, lasting),
            lasting,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return Usage()


def _tokens(count: Any) -> int:
    return min(max(int(count or 0), 0), 2**40)
