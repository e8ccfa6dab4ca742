"""Prices from a dated file that a person can override."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.config import Teacher
from pipeline.teacher.usage import Usage

PRICES = Path(__file__).with_name("prices.yaml")


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars per million tokens; `source` says where the figure comes from."""

    input: float
    output: float
    source: str

    def dollars(self, used: Usage, *, batch: bool = False) -> float:
        """Half in a Message Batch."""
        return (used.prompt * self.input + used.output * self.output) / 1e6 * (0.5 if batch else 1)


@cache
def _listed() -> dict[str, Any]:
    listed: dict[str, Any] = yaml.safe_load(PRICES.read_text(encoding="utf-8"))
    return listed


def price_of(teacher: Teacher) -> Price | None:
    """The price of the teacher's model; None when nobody has said what it costs."""
    if teacher.price is not None:
        return Price(teacher.price[0], teacher.price[1], "teacher.price")
    listed = _listed()
    if teacher.model in listed["models"]:
        per_input, per_output = listed["models"][teacher.model]
        return Price(per_input, per_output, f"price file of {listed['as_of']}")
    return None
