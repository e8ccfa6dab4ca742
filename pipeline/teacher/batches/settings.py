"""The settings of Message Batches: how large, how often looked at, how long waited for; they shape no result."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class BatchSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    requests: Annotated[int, Field(gt=0, le=100_000)] = 100_000
    """The most requests of one batch."""
    bytes: Annotated[int, Field(gt=0, le=256_000_000)] = 256_000_000
    """The longest body of one batch."""
    poll_s: tuple[Seconds, Seconds] = (5, 60)
    """Seconds between two looks at the batches: at first, and at most."""
    settle_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 60
    """How long a batch whose submission broke off is looked for at the server before it counts as never taken."""
    deadline_h: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 26
    """Hours after which a batch that has not ended stops the run; servers give them 24."""
    forget: tuple[str, ...] = ()
    """Ids of batches that the server does not know any more, whose requests may be sent, and paid for, again; what they
    may have cost already counts as spent."""
