"""The pace as a share of what the limits allow: cut when the server says 429, and found again along a cubic curve.

The curve is that of TCP CUBIC (RFC 9438): quick up to just below where the last 429s came, flat there, then quicker and
quicker. So most of the time is spent close under a limit that nobody has told, or that somebody else shares; when the
other one leaves, what it had is taken within seconds; and of two that share, the larger gives way more.

>>> pace = Pace()
>>> pace.cut(now=100.0)
>>> [round(pace.at(100.0 + seconds), 3) for seconds in (0, 0.5, 1, 1.5, 2)]
[0.9, 0.958, 0.988, 0.998, 1.0]
"""

from dataclasses import dataclass

LEAST = 0.01
CUT = 0.9
PERIOD_S = 6.0
"""Seconds until the curve is flat."""
FIRST_PERIOD_S = 2.0
"""The same after the first 429, when little is known yet."""
PAUSES = 10
"""The curve takes at least so many times as long as the server made us pause, so that pauses stay a small part."""


@dataclass(slots=True)
class Pace:
    """`most` is 1 where the limits are known, and infinite where the pace itself is what finds them."""

    most: float = 1.0
    floor: float = 1.0
    peak: float = 1.0
    period: float = PERIOD_S
    cut_at: float | None = None

    def at(self, now: float) -> float:
        if self.cut_at is None:
            return min(self.most, self.floor)
        far = max(0.0, now - self.cut_at) / self.period - 1
        return max(LEAST, min(self.most, self.peak + (self.peak - self.floor) * far**3))

    def cut(self, now: float, pause: float = 0.0, reached: float = float("inf")) -> None:
        """Goes below the pace at which the server refused, or below the one that was really `reached`."""
        before = min(self.at(now), max(reached, LEAST))
        falling = self.cut_at is not None and before < self.peak
        self.peak = max(LEAST, before * (1 + CUT) / 2 if falling else before)
        self.floor = before * CUT
        self.period = max(PERIOD_S if self.cut_at is not None else FIRST_PERIOD_S, PAUSES * pause)
        self.cut_at = now + pause
