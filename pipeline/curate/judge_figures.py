"""What the judge's scores come to: means, what was rejected and unscored, and how far its word can be trusted.

A control is a sample whose answer is known to be wrong (a filter or the verifier refuted it), or a real row with its
human answer: the judge should put the first below its threshold of correctness, and the second not.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.config import Judge
from pipeline.curate.estimates import kappa, mean, share
from pipeline.curate.judging import CRITERIA, Scores, judge_verdict


def judge_figures(judge: Judge, scores: Sequence[Scores], controls: Mapping[str, Sequence[Scores]]) -> dict[str, Any]:
    """Figures for run.json and the report; every one with its count and interval."""
    scored = [one for one in scores if "unscored" not in one]
    verdicts = [found for one in scores if (found := judge_verdict(one, judge.thresholds))]
    unscored = Counter(str(one["unscored"]) for one in scores if "unscored" in one)
    figures: dict[str, Any] = {
        "model": judge.model,
        "family": judge.family,
        "same_family": judge.same_family,
        "asked": len(scores),
        "means": {name: mean([one[name] for one in scored]) for name in CRITERIA},
        "rejected": share(len(verdicts), len(scored)),
        "reasons": dict(sorted(Counter(found.reason for found in verdicts).items())),
        "unscored": {**share(sum(unscored.values()), len(scores)), "reasons": dict(sorted(unscored.items()))},
        "controls": {name: _doubted(judge, of) for name, of in controls.items()},
    }
    figures["agreement"] = _agreement(figures["controls"])
    return figures | {"warnings": list(_warnings(judge, figures))}


def _doubted(judge: Judge, scores: Sequence[Scores]) -> dict[str, Any]:
    """Of how many controls the judge doubts the correctness; 3 is the line where its threshold is off."""
    least = judge.thresholds.correctness or 3
    scored = [one for one in scores if "unscored" not in one]
    return share(sum(one["correctness"] < least for one in scored), len(scored))


def _agreement(controls: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """How far the judge says what is known: that human answers are right, and answers that were refuted wrong."""
    refuted, real = controls.get("refuted", share(0, 0)), controls.get("real", share(0, 0))
    missed, kept = refuted["n"] - refuted["count"], real["n"] - real["count"]
    found = kappa([[refuted["count"], missed], [real["count"], kept]]) if refuted["n"] and real["n"] else kappa([])
    return {**share(refuted["count"] + kept, refuted["n"] + real["n"]), "kappa": found}


def _warnings(judge: Judge, figures: Mapping[str, Any]) -> list[str]:
    found, controls = [], figures["controls"]
    unscored = figures["unscored"]
    if (unscored["value"] or 0) > judge.unscored:
        reasons = ", ".join(f"{name} {count}" for name, count in unscored["reasons"].items())
        found.append(
            f"{unscored['count']} of {figures['asked']} samples are unscored ({reasons}), more than "
            f"judge.unscored={judge.unscored:g}; they are kept without a judgement"
        )
    refuted, real = controls.get("refuted", {}), controls.get("real", {})
    if refuted.get("n") and refuted["value"] < 0.5:
        found.append(
            f"the judge doubts only {refuted['count']} of {refuted['n']} answers that the filters refuted; its word on "
            "correctness says little here"
        )
    if real.get("n") and real["value"] > 0.2:
        found.append(
            f"the judge would reject {real['count']} of {real['n']} human answers to real rows, and good samples too"
        )
    return found
