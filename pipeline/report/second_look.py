"""The judge's scores, the teacher's own readings, and the tags of the samples, as the report shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.report.wording import ABSENT, count, known

WORDS = {"instruction_following": "instruction following"}


@dataclass(frozen=True, slots=True)
class Judged:
    who: str
    reason: str
    """Why a judge of the teacher's family was taken, or nothing."""
    rows: tuple[tuple[str, str, str], ...]
    """(criterion, mean with interval, how many it rejected)"""
    sentences: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reread:
    sentences: tuple[str, ...]
    rows: tuple[tuple[str, str, str, str, str], ...]
    """(field, agreement, chance that two differ, agreement with the answer, contradicted)"""


@dataclass(frozen=True, slots=True)
class SecondLook:
    judge: Judged | None
    readings: Reread | None
    tags: tuple[tuple[str, str], ...]


def second_look(entry: Mapping[str, Any]) -> SecondLook | None:
    """Nothing when the samples were not curated."""
    if not entry.get("funnel"):
        return None
    judge, readings = entry.get("judge"), entry.get("consistency")
    tags = tuple((name.replace("_", " "), count(number)) for name, number in (entry.get("tags") or {}).items())
    return SecondLook(_judged(judge) if judge else None, _reread(readings) if readings else None, tags)


def _judged(found: Mapping[str, Any]) -> Judged:
    reasons, unscored, controls = found["reasons"], found["unscored"], found["controls"]
    why = ", ".join(f"{name} {count(number)}" for name, number in unscored["reasons"].items())
    sentences = [
        f"Of {count(found['asked'])} samples the judge scored {count(found['rejected']['n'])} and rejected "
        f"{_share(found['rejected'])}. Unscored, and kept: {_share(unscored)}{f' ({why})' if why else ''}."
    ]
    if controls["refuted"]["n"]:
        sentences.append(
            f"Of the answers that the filters refuted, it doubts {_share(controls['refuted'])}: what it misses "
            "there, it misses elsewhere."
        )
    if controls["real"]["n"]:
        sentences.append(f"Of the human answers to real rows, it would have rejected {_share(controls['real'])}.")
    if (agreed := found.get("agreement", {})).get("n"):
        sentences.append(f"It agrees with what is known of both in {_share(agreed)}; κ = {spelt(agreed['kappa'], 2)}.")
    rows = [
        (WORDS.get(name, name), spelt(mean, 2), count(reasons.get(f"judge_{name}", 0)))
        for name, mean in found["means"].items()
    ]
    who = f"{found['model']} (family: {found['family']})"
    return Judged(who, found["same_family"] or "", tuple(rows), tuple(sentences), tuple(found["warnings"]))


def _reread(found: Mapping[str, Any]) -> Reread:
    sentences = (
        f"The teacher labelled {count(found['asked'])} of its texts again, {found['k']} times each; "
        f"{_share(found['failed_readings'])} of the readings failed. Ambiguous in some field: "
        f"{_share(found['ambiguous'])}; contradicted by all readings alike: {_share(found['contradicted'])}.",
        "Readings that agree show a teacher that is sure, not one that is right.",
    )
    rows = tuple(
        (
            field,
            spelt(of["agreement"], 3),
            spelt(of["differing"], 3),
            spelt(of["with_answer"], 3),
            count(of["contradicted"]),
        )
        for field, of in found["fields"].items()
    )
    return Reread(sentences, rows)


def _share(found: Mapping[str, Any]) -> str:
    """`12 of 740 (1.6 %, 0.9 to 2.8)`"""
    if not found["n"]:
        return "none of 0"
    low, high = (f"{100 * found[end]:.1f}" for end in ("low", "high"))
    return f"{count(found['count'])} of {count(found['n'])} ({100 * found['value']:.1f} %, {low} to {high})"


def spelt(found: Mapping[str, Any], places: int) -> str:
    value, low, high = (known(found.get(name)) for name in ("value", "low", "high"))
    if value is None:
        return ABSENT
    ends = "" if low is None or high is None else f" [{low:.{places}f}, {high:.{places}f}]"
    return f"{value:.{places}f}{ends}, n={count(found['n'])}"
