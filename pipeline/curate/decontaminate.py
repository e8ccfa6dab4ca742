"""Contamination: samples that repeat an item of the exam, wholly, nearly, or somewhere inside.

Every sample is compared with every item: shingles are looked up in an inverted index, nothing is sampled or estimated.
So the Jaccard similarity of the nearest item is exact, however low, and a sweep over cuts is right at every cut, which
MinHash bands, tuned to one cut, could not promise. What cannot be checked is refused, never passed as clean.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.curate.exam import Exam, Numbers
from pipeline.curate.shingles import ShingleRuns, normalise, texts_of
from pipeline.errors import InputError
from pipeline.stage import Stage

EXACT, JACCARD, CONTAINMENT = "contaminated_exact", "contaminated_jaccard", "contaminated_containment"
NGRAM = "contaminated_ngram"
BLOCK = 2_000

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cuts:
    """From which similarity on a sample counts as contaminated; both in (0, 1]."""

    jaccard: float = 0.65
    containment: float = 0.8
    ngram: bool = False
    """Whether one long run of words in common is enough; stock phrases are as long, so it is not by itself."""

    def __post_init__(self) -> None:
        for name, value, usual in (("cut", self.jaccard, 0.65), ("containment", self.containment, 0.8)):
            if not 0 < value <= 1:
                raise InputError(f"{name}: {value} is outside (0, 1]; give for example {usual}")


def check(texts: Sequence[str], exam: Exam, cuts: Cuts) -> pa.Table:
    """One row for each text, in order.

    `reason` is null for a clean text, or the first that applies of `contaminated_exact` (equal after `normalise`),
    `contaminated_jaccard`, `contaminated_containment` and, if asked, `contaminated_ngram`; `twin_item`, `twin_set` and
    `twin_id` name the item, and `similarity` is 1, the Jaccard similarity, the containment, or the share of the item's
    n-grams that the text holds. Whatever the reason, `jaccard`, `containment` and `ngram` are the highest over all
    items, with the item in `jaccard_item` and so on (the first of several, null for 0). Items are numbers into
    `exam.texts`.
    """
    starts = range(0, max(len(texts), 1), BLOCK)
    return pa.concat_tables([_check(texts[start : start + BLOCK], exam, cuts) for start in starts])


def _check(texts: Sequence[str], exam: Exam, cuts: Cuts) -> pa.Table:
    runs = ShingleRuns.of(texts, exam.shingling)
    exact = np.full(len(texts), -1)
    for row in np.flatnonzero(np.isin(runs.digests, exam.digests)).tolist():
        exact[row] = exam.exact.get(normalise(texts[row]), -1)
    jaccard, nearest, containment, contained = _nearest(texts, runs, exam)
    ngram, overlapped = _overlapped(texts, exam)
    found = [exact >= 0, jaccard >= cuts.jaccard, containment >= cuts.containment, (ngram > 0) & cuts.ngram]
    reasons = np.select(found, [EXACT, JACCARD, CONTAINMENT, NGRAM], "")
    twins = _items(np.select(found, [exact, nearest, contained, overlapped], -1))
    return pa.table(
        {
            "reason": pa.array([reason or None for reason in reasons.tolist()], pa.string()),
            "twin_item": twins,
            "twin_set": pa.array(exam.sets, pa.string()).take(twins),
            "twin_id": exam.ids.take(twins),
            "similarity": pa.array(
                np.select(found, [np.ones(len(texts)), jaccard, containment, ngram]), mask=reasons == ""
            ),
            "jaccard": jaccard,
            "jaccard_item": _items(nearest),
            "containment": containment,
            "containment_item": _items(contained),
            "ngram": ngram,
            "ngram_item": _items(overlapped),
        }
    )


def _items(numbers: Numbers) -> pa.Array:
    return pa.array(numbers, pa.int64(), mask=numbers < 0)


def _nearest(texts: Sequence[str], runs: ShingleRuns, exam: Exam) -> tuple[Values, Numbers, Values, Numbers]:
    """The highest Jaccard similarity and containment of each text, each with its item."""
    found, sizes = exam.postings.overlaps_of(runs)
    union = sizes[found.samples] + exam.sizes[found.items] - found.shared
    partly = exam.shared_by_part[found.items]
    samples, items = [found.samples[partly]], [found.items[partly]]
    shares = [found.shared[partly] / exam.sizes[items[0]]]
    for shingling, postings in exam.runs:
        whole, _ = postings.overlaps_of(ShingleRuns.of(texts, shingling))
        samples.append(whole.samples)
        items.append(whole.items)
        shares.append(np.ones(len(whole.items)))
    return (
        *_highest(len(texts), found.samples, found.items, found.shared / union),
        *_highest(len(texts), np.concatenate(samples), np.concatenate(items), np.concatenate(shares)),
    )


def _overlapped(texts: Sequence[str], exam: Exam) -> tuple[Values, Numbers]:
    """The highest share of an item's long n-grams that each text holds, with the item."""
    shingling, postings, sizes = exam.ngrams
    found, _ = postings.overlaps_of(ShingleRuns.of(texts, shingling))
    return _highest(len(texts), found.samples, found.items, found.shared / sizes[found.items])


def _highest(count: int, samples: Numbers, items: Numbers, values: Values) -> tuple[Values, Numbers]:
    """For each sample the highest of its values and the first item that has it; 0 and -1 where there is none."""
    best, at = np.zeros(count), np.full(count, -1)
    order = np.lexsort((items, -values, samples))
    first = order[np.flatnonzero(np.diff(samples[order], prepend=-1))]
    best[samples[first]], at[samples[first]] = values[first], items[first]
    return best, at


def ngram_rows(checked: pa.Table) -> int:
    """How many texts have a long n-gram in common with an item, whether or not they go for it."""
    return int(np.count_nonzero(checked["ngram"].to_numpy()))


def contamination(exam: Exam, cuts: Cuts, *, text: str = "text") -> Stage:
    """The stage that appends the columns of `check` for the texts in the column `text`."""

    def step(table: pa.Table) -> pa.Table:
        found = check(texts_of(table, text), exam, cuts)
        for name in found.column_names:
            table = table.append_column(name, found[name])
        return table

    return Stage("contamination", (text,), tuple(check([], exam, cuts).column_names), lambda: step)
