"""What a run of batches is told, and what it tells: the terms it is asked under, and a batch that is waited for."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pipeline.config import Teacher
from pipeline.teacher.batches.service import Status
from pipeline.teacher.batches.values import Batch, Entry
from pipeline.teacher.prices import Price


@dataclass(slots=True)
class OpenBatch:
    """A batch that is waited for, and what the server said of it last."""

    batch: Batch
    since: float = field(default_factory=time.monotonic)
    """When this process began to look for it."""
    status: Status | None = None
    before: float = field(init=False)
    """Seconds from its intent until then, as the ledger and the clock tell: a guess, as a clock may have been set."""

    def __post_init__(self) -> None:
        self.before = max(0.0, time.time() - self.batch.at)

    @property
    def age(self) -> float:
        """Seconds since it was sent: whatever becomes of the clock meanwhile, the time of this process is counted as
        it passes.
        """
        return self.before + time.monotonic() - self.since


@dataclass(frozen=True, slots=True)
class Terms:
    """What batches may cost, whom they go to, and what is told about them.

    `spent` counts what open batches of other plans may still cost. `volatile`: the server forgets its batches when a
    run ends, as the built-in one does. `answered` are the requests of the plan to which earlier runs have the replies.
    """

    teacher: Teacher
    price: Price | None
    budget: float | None
    spent: float
    params: Callable[[Entry], bytes]
    tell: Callable[[str], None]
    watch: Callable[[Sequence[OpenBatch]], None]
    volatile: bool = False
    answered: int = 0
