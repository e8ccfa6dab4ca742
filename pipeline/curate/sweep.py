"""The sweep: how many samples each cut would remove, with pairs to read: a decision, not a guess."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.curate.exam import Exam
from pipeline.curate.shingles import words

CUTS = tuple(twentieths / 20 for twentieths in range(10, 19))
EXAMPLES = 3
RUNS = 3
COMPARED_WORDS = 2_000
SHOWN_CHARACTERS = 2_000


def sweep(
    checked: pa.Table, *, ids: Sequence[Any], texts: Sequence[str], exam: Exam, cuts: Sequence[float] = CUTS
) -> list[dict[str, Any]]:
    """For each cut, ascending: {cut, removed, newly, examples}, by Jaccard similarity alone.

    `checked` is the table of `check` for these texts. `removed` counts the samples at or above the cut, `newly` those
    that the next higher cut would keep; the examples are the up to three of them nearest above the cut, each with
    the longest runs of words that the two texts share (looked for in the first 2,000 words; texts are shown up to 2,000
    characters).
    """
    jaccard = checked["jaccard"].to_numpy()
    rows = []
    for cut, above in zip(cuts, [*cuts[1:], np.inf], strict=True):
        newly = np.flatnonzero((jaccard >= cut) & (jaccard < above))
        nearest = newly[np.argsort(jaccard[newly], kind="stable")][:EXAMPLES].tolist()
        examples = [_example(checked, row, ids[row], texts[row], exam) for row in nearest]
        removed = int(np.count_nonzero(jaccard >= cut))
        rows.append({"cut": cut, "removed": removed, "newly": len(newly), "examples": examples})
    return rows


def nearest(checked: pa.Table, *, ids: Sequence[Any], texts: Sequence[str], exam: Exam) -> list[dict[str, Any]]:
    """The up to three items that a sample comes nearest to, however far, each with that sample."""
    jaccard, items = checked["jaccard"].to_numpy(), checked["jaccard_item"].to_pylist()
    best: dict[int, int] = {}
    for row in np.argsort(-jaccard, kind="stable").tolist():
        if jaccard[row] > 0 and len(best) < EXAMPLES:
            best.setdefault(items[row], row)
    return [_example(checked, row, ids[row], texts[row], exam) for row in best.values()]


def _example(checked: pa.Table, row: int, sample: Any, text: str, exam: Exam) -> dict[str, Any]:
    found = pair(exam, checked["jaccard_item"][row].as_py(), sample, text)
    return {**found, "jaccard": checked["jaccard"][row].as_py()}


def pair(exam: Exam, item: int, sample: Any, text: str) -> dict[str, Any]:
    """A sample and an item for a reader, with the runs of words that they share."""
    return {
        "sample": sample,
        "set": exam.sets[item],
        "item": exam.ids[item].as_py(),
        "sample_text": text[:SHOWN_CHARACTERS],
        "item_text": exam.texts[item][:SHOWN_CHARACTERS],
        "shared": shared_runs(text, exam.texts[item]),
    }


def shared_runs(left: str, right: str) -> list[str]:
    """The longest runs of words that both texts have in the same order, the longest first.

    >>> shared_runs("Pay within 30 days, or else.", "You pay within 30 days.")
    ['pay within 30 days']
    """
    mine, theirs = words(left)[:COMPARED_WORDS], words(right)[:COMPARED_WORDS]
    found = SequenceMatcher(None, mine, theirs, autojunk=False).get_matching_blocks()
    longest = sorted((run for run in found if run.size), key=lambda run: -run.size)[:RUNS]
    return [" ".join(mine[run.a : run.a + run.size]) for run in longest]
