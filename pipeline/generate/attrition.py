"""Attrition: what became of the samples of each stratum, value of the matrix and whole cell, and which starved."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pyarrow as pa

from pipeline.canonical import canonical_json
from pipeline.generate.human import wilson
from pipeline.records import CELL

SURE = 3.0
"""Standard errors by which a value must fall behind."""
SURE_OF_PAIR = 3.5
"""The same for a pair of values: not dozens but hundreds of them are looked at."""
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
    for stratum, cell, what, count in _kinds(samples, refilled, beside):
        _add(strata.setdefault(stratum, _none()), what, count)
        for name, value in cell.items():
            _add(cells.setdefault(name, {}).setdefault(value, _none()), what, count)
    return {"strata": strata, "cells": cells}


def whole_cells(samples: pa.Table, refilled: Set[str] = frozenset(), beside: Set[str] = frozenset()) -> pa.Table:
    """CELL rows of the same samples, one for each cell that a sample was asked for, in the order of their spelling."""
    fates: dict[str, Fate] = {}
    for _, cell, what, count in _kinds(samples, refilled, beside):
        _add(fates.setdefault(canonical_json(cell), _none()), what, count)
    rows = [{"cell": cell, **fate, "rejected": list(fate["rejected"].items())} for cell, fate in sorted(fates.items())]
    return pa.Table.from_pylist(rows, schema=CELL)


_Happened = tuple[bool, str | None, bool]
"""Whether no reply came, why it was rejected, and whether it is a refill's."""


def _kinds(
    samples: pa.Table, refilled: Set[str], beside: Set[str]
) -> Iterator[tuple[str, dict[str, str], _Happened, int]]:
    """Stratum, cell and what happened, with the number of samples that are alike in all of it."""
    columns = (samples[name].to_pylist() for name in ("sample_id", "stratum", "cell", "stage", "reason"))
    kinds = Counter(
        (stratum, cell, stage == "generate", reason, sample_id in refilled)
        for sample_id, stratum, cell, stage, reason in zip(*columns, strict=True)
    )
    for (stratum, cell, *what), count in sorted(kinds.items(), key=str):
        values = {name: value for name, value in json.loads(cell).items() if name not in beside}
        yield stratum, values, (what[0], what[1], what[2]), count


def _none() -> Fate:
    return {"planned": 0, "refilled": 0, "generated": 0, "rejected": {}, "kept": 0}


def _add(fate: Fate, what: _Happened, count: int) -> None:
    unanswered, reason, is_more = what
    fate["refilled" if is_more else "planned"] += count
    fate["generated"] += 0 if unanswered else count
    if reason is None:
        fate["kept"] += count
    else:
        fate["rejected"][reason] = fate["rejected"].get(reason, 0) + count


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


@dataclass(frozen=True, slots=True)
class StarvedPair:
    """Two values of which enough was kept, but not where they came together."""

    values: dict[str, str]
    planned: int
    kept: int


def starved_pairs(cells: pa.Table, alone: Collection[Starved], below: float) -> list[StarvedPair]:
    """Of CELL rows, the pairs of values that starve by the rule of `starved` although neither value is among `alone`,
    those that starve by themselves; the worst first.
    """
    known = {(one.dimension, one.value) for one in alone}
    pairs: dict[Any, list[int]] = {}
    columns = [cells[name].to_pylist() for name in ("planned", "refilled", "kept")]
    for cell, asked, again, stayed in zip(cells["cell"].to_pylist(), *columns, strict=True):
        for pair in combinations(json.loads(cell).items(), 2):
            counts = pairs.setdefault(pair, [0, 0, 0])
            counts[0] += asked
            counts[1] += again
            counts[2] += stayed
    planned, refilled, kept = (sum(counts) for counts in columns)
    found = []
    for pair, (asked, again, stayed) in pairs.items():
        fair = asked / planned * kept if planned else 0.0
        behind = wilson(stayed, asked + again, SURE_OF_PAIR).high * (planned + refilled) < kept
        if stayed < below * fair and behind and known.isdisjoint(pair):
            found.append((stayed / fair, StarvedPair(dict(pair), asked, stayed)))
    return [one for _, one in sorted(found, key=lambda each: (each[0], str(each[1])))]


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
