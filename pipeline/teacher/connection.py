"""All that is needed to ask a model, wherever the asking is done."""

from dataclasses import dataclass, field

from pydantic import SecretStr

from pipeline.config import Limits, Teacher
from pipeline.teacher.prices import Price
from pipeline.teacher.terms import Terms


@dataclass(frozen=True, slots=True)
class Connection:
    """How a worker reaches a teacher or judge, and at what pace; neither the key nor a password in the address shows in
    any text made of this.
    """

    teacher: Teacher
    limits: Limits
    base_url: str | None = field(repr=False)
    key: SecretStr
    price: Price | None
    terms: Terms = field(default_factory=Terms)
