"""Refusals while nobody has ever been answered: so many of them tell of the settings, and not of the requests."""

from dataclasses import dataclass, field

from pipeline.teacher.pacing import Settled

TELLING = 10
"""So many requests that are refused, with none answered, tell of the settings and not of themselves."""


@dataclass(slots=True)
class Refusals:
    """`answered`: whether any request of the plan ever was, in this run or before; `keys` were refused until then.

    >>> Refusals(keys=set("abcdefghij")).telling, Refusals(answered=True, keys=set("abcdefghij")).telling
    (True, False)
    """

    answered: bool = False
    keys: set[str] = field(default_factory=set)

    @property
    def telling(self) -> bool:
        return not self.answered and len(self.keys) >= TELLING

    def count(self, settled: Settled) -> None:
        if settled.outcome == "ok":
            self.answered = True
            self.keys.clear()
        elif settled.outcome == "refused" and not self.answered:
            self.keys.add(settled.ask.key)
