"""Token buckets that refill continuously, and meters of what has flowed lately. The clock is handed in.

>>> bucket = Bucket(per_minute=60.0, level=1.0, at=0.0)
>>> bucket.level -= 1
>>> bucket.wait(1, now=0.25, pace=1.0)
0.75
"""

from dataclasses import dataclass
from math import exp

BURST_S = 0.2
"""A bucket holds this many seconds of its limit: servers enforce a minute's limit over far shorter windows."""
MEMORY_S = 5.0


@dataclass(slots=True)
class Bucket:
    """`level` may be negative after a request that took more than it reserved."""

    per_minute: float
    level: float
    at: float

    def wait(self, amount: float, now: float, pace: float) -> float:
        """Seconds until `amount` may be taken. More than a full bucket is let through once it is full, and repaid."""
        rate = self.per_minute / 60 * pace
        full = max(rate * BURST_S, 1.0)
        self.level = min(full, self.level + rate * (now - self.at))
        self.at = now
        short = min(amount, full) - self.level
        return short / rate if short > 1e-9 else 0.0


@dataclass(slots=True)
class Meter:
    """What flows a minute, with a memory of some seconds; right from the first second on.

    >>> meter = Meter(started=0.0)
    >>> for second in range(20):
    ...     meter.add(3, now=float(second))
    >>> round(meter.per_minute(20.0))
    163
    """

    started: float
    total: float = 0.0
    at: float = 0.0

    def add(self, amount: float, now: float) -> None:
        self.total = self.total * exp(min(0.0, self.at - now) / MEMORY_S) + amount
        self.at = now

    def per_minute(self, now: float) -> float:
        remembered = 1 - exp(-max(now - self.started, 1.0) / MEMORY_S)
        return self.total * exp(min(0.0, self.at - now) / MEMORY_S) / (MEMORY_S * remembered) * 60
