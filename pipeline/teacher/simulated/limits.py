"""The simulated teacher's own rate limits: token buckets as values, the clock handed in.

>>> limits = full({"requests": 60}, burst_s=1.0, now=0.0)
>>> limits, wait = limits.admit({"requests": 1}, now=0.0)
>>> wait
0.0
>>> limits.admit({"requests": 1}, now=0.25)[1]
0.75
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import ceil

EPSILON = 1e-9  # of a unit: a client that waits exactly as long as it was told must not fail on a rounding error


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket that fills with `per_minute / 60` units a second up to `capacity`.

    A cost above the capacity is let in when the bucket is full and leaves a debt, so that a small burst never locks out
    a long request. Over any window of T seconds the bucket lets through at most `capacity + per_minute * T / 60` units,
    plus what the last cost exceeds the capacity by.
    """

    per_minute: int
    capacity: float
    level: float
    at: float

    def filled(self, now: float) -> "Bucket":
        level = min(self.capacity, self.level + max(0.0, now - self.at) * self.per_minute / 60)
        return replace(self, level=level, at=now)

    def wait(self, cost: float) -> float:
        """Seconds from `at` until `cost` is let in."""
        missing = min(cost, self.capacity) - self.level
        return missing * 60 / self.per_minute if missing > EPSILON else 0.0

    def taken(self, cost: float) -> "Bucket":
        return replace(self, level=self.level - cost)


@dataclass(frozen=True, slots=True)
class Limits:
    """One bucket for each limited unit (`requests`, `input-tokens`, `output-tokens`); others are free."""

    buckets: Mapping[str, Bucket]

    def admit(self, costs: Mapping[str, float], now: float) -> tuple["Limits", float]:
        """The limits afterwards and the seconds to wait, 0 when let in; a refused request takes nothing from any."""
        filled = {unit: bucket.filled(now) for unit, bucket in self.buckets.items()}
        wait = max((bucket.wait(costs.get(unit, 0)) for unit, bucket in filled.items()), default=0.0)
        if wait:
            return Limits(filled), wait
        return Limits({unit: bucket.taken(costs.get(unit, 0)) for unit, bucket in filled.items()}), 0.0

    def headers(self, now: float, wall: float) -> dict[str, str]:
        """The `anthropic-ratelimit-*` headers: the limit a minute, what is left now, and when the bucket is full again.

        `now` is the buckets' clock and `wall` the same moment in seconds since 1970; `reset` is rounded up to a second.
        """
        headers = {}
        for unit, bucket in self.buckets.items():
            bucket = bucket.filled(now)
            headers[f"anthropic-ratelimit-{unit}-limit"] = str(bucket.per_minute)
            headers[f"anthropic-ratelimit-{unit}-remaining"] = str(max(0, int(bucket.level + EPSILON)))
            headers[f"anthropic-ratelimit-{unit}-reset"] = _rfc3339(wall + bucket.wait(bucket.capacity))
        return headers


def full(per_minute: Mapping[str, int | None], burst_s: float, now: float) -> Limits:
    """Full buckets that hold `burst_s` seconds of each limit; None is no limit."""
    sizes = {unit: (limit, limit * burst_s / 60) for unit, limit in per_minute.items() if limit is not None}
    return Limits({unit: Bucket(limit, size, size, now) for unit, (limit, size) in sizes.items()})


def _rfc3339(wall: float) -> str:
    return datetime.fromtimestamp(ceil(wall), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
