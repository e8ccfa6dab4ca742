"""Rephrased items: samples whose embedding lies nearer to an item of the exam than clean texts do.

No cosine is right for all data: at 0.92 half of the rephrasings of school maths are missed, and one in eight clean bank
questions is flagged. So the cut is chosen on a *control*, texts of the same kind that are known not to be in the exam,
as the lowest at which no more than the allowed share of them is flagged. If k of n controls may be, the cut lies just
above the (k+1)th highest of their cosines. Then the true share of clean texts above it stays, at 95 %, below the exact
(Clopper-Pearson) bound of k out of n, although the cut was chosen on them: the bound of an order statistic is the same.

Whether leaks can be told from neighbours at that cut is tried with *probes*: items with every fourth word left out, of
which the lexical tiers find nothing at five words. A rephrasing lies further from its item than a probe does. Where not
even half of the probes reach the cut, what the tier does not flag is not known to be clean, and is not called so.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.curate.exam import Exam
from pipeline.curate.shingles import words
from pipeline.embedding.neighbours import Rows, Values
from pipeline.errors import InputError

EMBEDDING = "contaminated_embedding"
LOWEST = 0.5
"""No cut is lower, whatever the control allows: below, texts have no more than a subject in common."""
STEP = 1e-4
CURVE = tuple(hundredths / 100 for hundredths in range(50, 101))
CONFIDENCE = 0.95
PROBES = 200
PROBE_WORDS = 8
LEFT_OUT = 4
NEEDED = 0.5

Verdict = Literal["separable", "not separable", "unknown"]


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The cut, and what is known of it; `separable` is unknown where no item is long enough for a probe."""

    cut: float
    allowed: float
    controls: int
    flagged: int
    bound: float
    """No more than this share of clean texts is flagged, with a confidence of 95 %."""
    probes: int
    probes_found: int
    separable: Verdict


def calibrated(control: Values, probes: Values, false_alarm: float) -> Calibrated:
    """From the highest cosines of controls and probes with the exam, and the share of controls that may be flagged.

    >>> found = calibrated(np.array([0.3, 0.6, 0.7]), np.array([0.9, 0.65]), 0.4)
    >>> found.cut, found.flagged, found.probes_found, found.separable
    (0.6001, 1, 2, 'separable')
    """
    require_false_alarm(false_alarm)
    highest = np.sort(control)[::-1]
    may = int(false_alarm * len(control) + 1e-9)
    above = (np.floor(highest[may] / STEP + 1e-9) + 1) * STEP if may < len(control) else LOWEST
    cut = round(max(LOWEST, float(above)), 4)
    flagged, found = int((control >= cut).sum()), int((probes >= cut).sum())
    apart: Verdict = "separable" if found >= NEEDED * len(probes) else "not separable"
    verdict: Verdict = apart if len(probes) else "unknown"
    return Calibrated(
        cut, false_alarm, len(control), flagged, upper_bound(flagged, len(control)), len(probes), found, verdict
    )


def require_false_alarm(share: float, where: str = "--false-alarm") -> None:
    if not 0 <= share < 1:
        raise InputError(f"{where}: {share} is outside [0, 1); give for example 0.01")


def upper_bound(flagged: int, of: int) -> float:
    """The largest true share that so few successes leave possible, one-sided at 95 % (Clopper & Pearson 1934).

    >>> round(upper_bound(0, 80), 4), round(upper_bound(3, 329), 4)
    (0.0368, 0.0234)
    """
    from scipy.stats import beta

    return 1.0 if flagged >= of else float(beta.ppf(CONFIDENCE, flagged + 1, of - flagged))


def lower_bound(flagged: int, of: int) -> float:
    """The smallest true share, likewise."""
    from scipy.stats import beta

    return 0.0 if flagged <= 0 else float(beta.ppf(1 - CONFIDENCE, flagged, of - flagged + 1))


def probe_texts(exam: Exam) -> list[str]:
    """Up to 200 items, evenly drawn from those of eight words or more, each without every fourth word."""
    long = [text.split() for text in exam.texts if len(words(text)) >= PROBE_WORDS]
    chosen = long[:: max(1, -(-len(long) // PROBES))]
    return [" ".join(word for place, word in enumerate(text, 1) if place % LEFT_OUT) for text in chosen]


def curves(samples: Values, control: Values, probes: Values) -> list[dict[str, Any]]:
    """For each cut from 0.5 to 1: how many samples, and which shares of samples, controls and probes, reach it."""

    def share(values: NDArray[np.float64], cut: float) -> float | None:
        return round(float((values >= cut).mean()), 6) if len(values) else None

    return [
        {
            "cut": cut,
            "removed": int((samples >= cut).sum()),
            "samples": share(samples, cut),
            "control": share(control, cut),
            "probes": share(probes, cut),
        }
        for cut in CURVE
    ]


def excess(samples: Values, control: Values) -> dict[str, float] | None:
    """Where the samples' curve lies furthest above the control's, if by more than chance does.

    {cut, share: the difference there}: at least so many of the samples are nearer to the exam than clean texts are.
    None when the two do not differ (Kolmogorov-Smirnov, one-sided, 5 %).
    """
    if not len(samples) or not len(control):
        return None
    cuts = np.array(CURVE)
    above = [1 - np.searchsorted(np.sort(values), cuts, side="left") / len(values) for values in (samples, control)]
    gaps = above[0] - above[1]
    limit = np.sqrt(np.log(1 / (1 - CONFIDENCE)) / 2 * (1 / len(samples) + 1 / len(control)))
    at = int(gaps.argmax())
    return {"cut": CURVE[at], "share": round(float(gaps[at]), 4)} if gaps[at] > limit else None


def with_rephrased(checked: pa.Table, cosine: Values, items: Rows, cut: float, exam: Exam) -> pa.Table:
    """The table of `check` with the columns `cosine` and `cosine_item`, and `contaminated_embedding` as the reason of
    samples that reach the cut and were clean before.
    """
    found = np.array([reason is None for reason in checked["reason"].to_pylist()], bool) & (cosine >= cut)
    twins = pa.array(items, pa.int64(), mask=~found)
    changed = {
        "reason": pa.array([EMBEDDING] * len(checked), pa.string()),
        "twin_item": pa.array(items, pa.int64()),
        "twin_set": pa.array(exam.sets, pa.string()).take(twins),
        "twin_id": exam.ids.take(twins),
        "similarity": pa.array(cosine, pa.float64()),
    }
    columns = {name: checked[name] for name in checked.column_names}
    for name, values in changed.items():
        columns[name] = pc.if_else(pa.array(found), values, checked[name])
    return pa.table(columns | {"cosine": pa.array(cosine), "cosine_item": pa.array(items, pa.int64())})
