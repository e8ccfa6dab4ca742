"""What became of the samples of each value of the matrix: those that lost most, and what was asked again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.generate.attrition import worst
from pipeline.report.wording import count

SHOWN = 12


@dataclass(frozen=True, slots=True)
class Loss:
    dimension: str
    value: str
    asked: int
    generated: int
    kept: int
    reasons: str


@dataclass(frozen=True, slots=True)
class Losses:
    rows: tuple[Loss, ...]
    refills: tuple[str, ...]


def losses(entry: Mapping[str, Any]) -> Losses | None:
    """Nothing when the run counted none."""
    if not entry.get("attrition"):
        return None
    return Losses(
        tuple(_loss(*one) for one in worst(entry["attrition"], SHOWN)),
        tuple(_refill(one) for one in entry.get("refills") or ()),
    )


def _loss(dimension: str, value: str, fate: Mapping[str, Any]) -> Loss:
    most = sorted(fate["rejected"].items(), key=lambda one: (-one[1], one[0]))
    reasons = ", ".join(f"{reason} {count(number)}" for reason, number in most)
    asked = fate["planned"] + fate["refilled"]
    return Loss(dimension or "stratum", value, asked, fate["generated"], fate["kept"], reasons)


def _refill(one: Mapping[str, Any]) -> str:
    starved = ", ".join(f"{each['dimension'] or 'stratum'} {each['value']}" for each in one["starved"])
    return (
        f"Refill {count(one['batch'])}: {count(one['requests'])} more were asked for, {count(one['answered'])} "
        f"answered, since too little was kept of {starved}."
    )
