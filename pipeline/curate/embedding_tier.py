"""The embedding tier of decontamination: samples, control and probes against the exam, a cut, and what to say of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log
from typing import Any

import numpy as np

from pipeline.curate.exam import Exam
from pipeline.curate.rephrased import (
    CONFIDENCE,
    Calibrated,
    calibrated,
    curves,
    excess,
    probe_texts,
    require_false_alarm,
)
from pipeline.curate.shingles import normalise
from pipeline.curate.sweep import EXAMPLES, pair
from pipeline.embedding.neighbours import Rows, Values, nearest
from pipeline.embedding.vectors import Vectors
from pipeline.errors import InputError

Embed = Callable[[Sequence[str], str], Vectors]
"""The vectors of texts; the second argument says what they are, for the progress."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts with what names them to a reader."""

    ids: Sequence[Any]
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Tier:
    """The nearest item of each sample with its cosine, the cut, and figures for record and report."""

    cosine: Values
    items: Rows
    calibrated: Calibrated
    figures: dict[str, Any]


def embedding_tier(samples: Texts, control: Texts, exam: Exam, embed: Embed, *, false_alarm: float, where: str) -> Tier:
    """Compares every sample with every item.

    Controls that are items of the exam themselves are left out, and counted. Raises InputError, naming `where` the
    control comes from, when none is left: without a control any cut would be a guess.
    """
    require_false_alarm(false_alarm)
    clean = clean_controls(control, exam, where)
    items = embed(exam.texts, "items")
    cosine, at = _nearest(embed(samples.texts, "samples"), items)
    controls, control_items = _nearest(embed(clean.texts, "controls"), items)
    probes = _nearest(embed(probe_texts(exam), "probes"), items)[0]
    found = calibrated(controls, probes, false_alarm)
    figures = {
        "cut": found.cut,
        "false_alarm": false_alarm,
        "reached": int((cosine >= found.cut).sum()),
        "control": {
            "rows": found.controls,
            "flagged": found.flagged,
            "bound": round(found.bound, 6),
            "left_out": len(control.texts) - len(clean.texts),
        },
        "probes": {"rows": found.probes, "found": found.probes_found},
        "verdict": found.separable,
        "excess": excess(cosine, controls),
        "curve": curves(cosine, controls, probes),
        "examples": _examples(samples, cosine, at, found.cut, exam),
        "suspected": suspected(clean, controls, control_items, items, exam, false_alarm),
        "nearest_controls": _pairs(clean, controls, control_items, np.argsort(-controls, kind="stable"), exam),
    }
    return Tier(cosine, at, found, figures | {"says": says(figures)})


def clean_controls(control: Texts, exam: Exam, where: str) -> Texts:
    """The control without texts that are items of the exam."""
    kept = [place for place, text in enumerate(control.texts) if normalise(text) not in exam.exact]
    if not kept:
        why = "holds no rows" if not len(control.texts) else "holds nothing but texts of the evaluation set"
        raise InputError(f"{where}: {why}; give texts of the same kind that are known not to be in it")
    return Texts([control.ids[place] for place in kept], [control.texts[place] for place in kept])


def _nearest(vectors: Vectors, items: Vectors) -> tuple[Values, Rows]:
    return nearest(vectors, items) if len(vectors) else (np.empty(0), np.empty(0, np.int64))


def _examples(samples: Texts, cosine: Values, at: Rows, cut: float, exam: Exam) -> dict[str, list[dict[str, Any]]]:
    """Pairs to read: the nearest of all, and those next to the cut on either side."""
    order = np.argsort(cosine, kind="stable")
    edge = int(np.searchsorted(cosine[order], cut))
    sides = {"highest": order[::-1], "just_above": order[edge:], "just_below": order[:edge][::-1]}
    return {name: _pairs(samples, cosine, at, rows, exam) for name, rows in sides.items()}


def _pairs(texts: Texts, cosine: Values, at: Rows, rows: Rows, exam: Exam) -> list[dict[str, Any]]:
    """The first of the rows, no item twice."""
    best: dict[int, int] = {}
    for row in rows.tolist():
        if len(best) == EXAMPLES:
            break
        best.setdefault(int(at[row]), row)
    return [
        pair(exam, item, texts.ids[row], texts.texts[row]) | {"cosine": round(float(cosine[row]), 6)}
        for item, row in best.items()
    ]


def suspected(
    control: Texts, cosine: Values, at: Rows, items: Vectors, exam: Exam, false_alarm: float
) -> dict[str, Any] | None:
    """Controls that are nearer to the exam than its own sets are to each other, though real and clean: {cut, pairs}.

    None for an exam of one set, where nothing can say how near is too near.
    """
    sets = np.array(exam.sets)
    if len(set(exam.sets)) < 2:
        return None
    between = [_nearest(items[sets == name], items[sets != name])[0] for name in dict.fromkeys(exam.sets)]
    cut = calibrated(np.concatenate(between), np.empty(0), false_alarm).cut
    rows = np.argsort(-cosine, kind="stable")
    return {"cut": cut, "pairs": _pairs(control, cosine, at, rows[cosine[rows] >= cut], exam)}


def says(figures: Mapping[str, Any]) -> list[str]:
    """What a reader must know of the tier, in sentences."""
    control, probes, cut = figures["control"], figures["probes"], figures["cut"]
    told = [
        f"Cut {cut:.4f}: {control['flagged']:,} of {control['rows']:,} control texts reach it "
        f"({_percent(control['flagged'] / control['rows'])}, and {_percent(figures['false_alarm'])} may); at 95 % "
        f"no more than {_percent(control['bound'])} of clean texts do."
    ]
    if control["bound"] > figures["false_alarm"] > 0:
        needed = ceil(log(1 - CONFIDENCE) / log(1 - figures["false_alarm"]))
        told.append(f"To certify {_percent(figures['false_alarm'])} takes {needed:,} control texts with none flagged.")
    if control["left_out"]:
        told.append(f"{control['left_out']:,} control texts are items of the evaluation set and were left out.")
    if near := (figures["suspected"] or {}).get("pairs"):
        named = ", ".join(f"{one['sample']} and {one['set']}/{one['item']}" for one in near)
        told.append(
            f"Control texts nearer to the evaluation sets than these are to each other ({named}): read them, and take "
            "out what repeats a real row."
        )
    return [*told, *_apart(figures["verdict"], probes, figures["excess"], cut)]


def _apart(verdict: str, probes: Mapping[str, int], more: Mapping[str, float] | None, cut: float) -> list[str]:
    found = f"{probes['found']:,} of {probes['rows']:,} probes (items without every fourth word)"
    told = {
        "separable": f"{found} reach it: leak and neighbour can be told apart here.",
        "not separable": f"Only {found} reach it, and rephrasings lie further off: leak and neighbour cannot be told "
        "apart here. What is not flagged is not known to be clean.",
        "unknown": "No item is long enough for a probe, so whether leak and neighbour can be told apart is not known.",
    }
    lines = [told[verdict]]
    if more and more["cut"] < cut and verdict != "separable":
        lines.append(
            f"At {more['cut']:.2f} the samples' curve is {_percent(more['share'])} above the control's: at least so "
            "many are nearer to the evaluation set than clean texts are."
        )
    return lines


def _percent(share: float) -> str:
    """
    >>> _percent(0.0368), _percent(0.4), _percent(0)
    ('3.7 %', '40 %', '0 %')
    """
    return f"{share * 100:.2g} %" if share < 0.0995 else f"{share * 100:.0f} %"
