"""Refusals with no reply between them: so many tell of settings, account or server, and not of the requests."""

from dataclasses import dataclass, field

from pipeline.teacher.pacing import Settled

TELLING = 10
"""So many requests that are refused, with none ever answered or every one barred, do not tell of themselves."""
MOST = 20
"""The same of any refusals, once there were replies."""


@dataclass(slots=True)
class Refusals:
    """`keys` were refused since the last reply, and `barred` of them by a 403 or 404. `answered`: whether any request
    of the plan ever was, in this run or before. `proven`: whether this server has taken anything of ours in this run;
    until then one that is barred tells enough.

    >>> Refusals(keys=set("abcdefghij")).telling, Refusals(answered=True, keys=set("abcdefghij")).telling
    (True, False)
    """

    answered: bool = False
    keys: set[str] = field(default_factory=set)
    barred: set[str] = field(default_factory=set)
    proven: bool = False
    most: int = MOST
    setting: str = "teacher.refusals"
    """Where `most` comes from."""

    @property
    def telling(self) -> bool:
        if self.barred and (not self.proven or len(self.barred) >= TELLING):
            return True
        return len(self.keys) >= (self.most if self.answered else TELLING)

    def why(self, error: str) -> str:
        """What they tell, with the server's words to the last of them."""
        if self.barred and not self.proven:
            return error
        if not self.answered:
            return f"not one request was taken ({error})"
        told = f"{len(self.keys)} requests in a row were refused ({error})"
        return told if len(self.barred) >= TELLING else f"{told}, and {self.setting} is {self.most}"

    def count(self, settled: Settled) -> None:
        if settled.outcome == "ok":
            self.answered = self.proven = True
            self.keys.clear()
            self.barred.clear()
        elif settled.outcome == "refused":
            self.keys.add(settled.ask.key)
            if settled.barred:
                self.barred.add(settled.ask.key)
