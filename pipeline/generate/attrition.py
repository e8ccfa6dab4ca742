"""Attrition: what became of the samples of each stratum and of each value of the matrix, and which of them starved."""

import json
from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipeline.generate.human import wilson

SURE = 3.0
"""Standard errors by which a value must fall behind."""
Fate = dict[str, Any]
"""{planned, refilled, generated, rejected: {reason: n}, kept}; planned + refilled = rejected + kept, exactly.
`generated` had a reply, usable or not.
"""
Attrition = Mapping[str, Any]
"""{"strata": {stratum: Fate}, "cells": {dimension: {value: Fate}}}"""


def attrition(samples: pa.Table, refilled: Set[str] = frozenset(), beside: Set[str] = frozenset()) -> dict[str, Any]:
    """Of SAMPLE rows with their verdicts; `refilled` are the ids of those that the plan did not have, and `beside` the
    names in a cell that are no dimension of the matrix.
    """
    strata: dict[str, Fate] = {}
    cells: dict[str, dict[str, Fate]] = {}
    columns = (samples[name].to_pylist() for name in ("sample_id", "stratum", "cell", "stage", "reason"))
    kinds = Counter(
        (stratum, cell, stage == "generate", reason, sample_id in refilled)
        for sample_id, stratum, cell, stage, reason in zip(*columns, strict=True)
    )
    for (stratum, cell, unanswered, reason, is_more), count in sorted(kinds.items(), key=str):
        fates = [strata.setdefault(stratum, _none())]
        values = [(name, value) for name, value in json.loads(cell).items() if name not in beside]
        fates += [cells.setdefault(name, {}).setdefault(value, _none()) for name, value in values]
        for fate in fates:
            fate["refilled" if is_more else "planned"] += count
            fate["generated"] += 0 if unanswered else count
            if reason is None:
                fate["kept"] += count
            else:
                fate["rejected"][reason] = fate["rejected"].get(reason, 0) + count
    return {"strata": strata, "cells": cells}


def _none() -> Fate:
    return {"planned": 0, "refilled": 0, "generated": 0, "rejected": {}, "kept": 0}


@dataclass(frozen=True, slots=True)
class Starved:
    """A stratum (`dimension` is empty) or a value of which too little was kept. `missing` is what it lacks of its
    share of the samples kept, `requests` what that takes at the yield that it had.
    """

    dimension: str
    value: str
    planned: int
    kept: int
    missing: int
    requests: int


def starved(found: Attrition, below: float) -> list[Starved]:
    """Those whose share of the samples kept is below `below` of their share of those planned, the worst first.

    A value that was only unlucky is none: the interval of the share of it that was kept must lie below the share kept
    of all, by three standard errors, as dozens of values are looked at. Where next to nothing is kept of anything,
    nothing is starved: more of the same would not help.
    """
    everything = found["strata"].values()
    planned, kept = (sum(fate[name] for fate in everything) for name in ("planned", "kept"))
    asked = planned + sum(fate["refilled"] for fate in everything)
    hungry = []
    for dimension, value, fate in _each(found):
        fair = fate["planned"] / planned * kept if planned else 0.0
        tried = fate["planned"] + fate["refilled"]
        if fate["kept"] < below * fair and wilson(fate["kept"], tried, SURE).high < kept / asked:
            missing = -int(-(fair - fate["kept"]) // 1)
            wanted = -(-missing * tried // max(fate["kept"], 1))
            one = Starved(dimension, value, fate["planned"], fate["kept"], missing, min(wanted, fate["planned"]))
            hungry.append((fate["kept"] / fair, one))
    return [one for _, one in sorted(hungry, key=lambda each: (each[0], each[1].dimension, each[1].value))]


def worst(found: Attrition, most: int) -> list[tuple[str, str, Fate]]:
    """The values and strata of which the smallest share was kept, of those that lost more than all did on average."""
    fates = list(_each(found))
    kept, asked = (sum(of(fate) for fate in found["strata"].values()) for of in (lambda fate: fate["kept"], _asked))
    losing = [one for one in fates if one[2]["kept"] * asked < kept * _asked(one[2])]
    return sorted(losing, key=lambda one: (one[2]["kept"] / _asked(one[2]), *one[:2]))[:most]


def _asked(fate: Fate) -> int:
    return int(fate["planned"] + fate["refilled"])


def _each(found: Attrition) -> list[tuple[str, str, Fate]]:
    strata = [("", name, fate) for name, fate in found["strata"].items()] if len(found["strata"]) > 1 else []
    return strata + [(name, value, fate) for name, values in found["cells"].items() for value, fate in values.items()]
