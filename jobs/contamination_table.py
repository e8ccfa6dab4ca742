"""What a person decides from: tiers with counts, what other cuts would remove, and pairs with what they share."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from jobs.console import table as aligned

SHOWN = 240
"""Characters of a text."""
EVERY = 0.05
"""Steps between the cuts of the embedding curve that are printed."""


def shown(summary: Mapping[str, Any], steps: Sequence[Mapping[str, Any]], nearest: Sequence[Mapping[str, Any]]) -> str:
    tier = summary["embedding"]
    parts = [aligned(["Jaccard cut", "removed", "newly"], [[s["cut"], s["removed"], s["newly"]] for s in steps])]
    parts += [_pairs("nearest pairs by Jaccard, «shared»", nearest, "jaccard")] if nearest else []
    if tier:
        parts += [_curve(tier), *_examples(tier), "\n".join(tier["says"])]
    return "\n\n".join([*parts, _tiers(summary), _last(summary)])


def _curve(tier: Mapping[str, Any]) -> str:
    at = [step for step in tier["curve"] if abs(step["cut"] / EVERY - round(step["cut"] / EVERY)) < 1e-9]
    rows = [[step["cut"], step["removed"], step["samples"], step["control"], step["probes"]] for step in at]
    return aligned(["cosine cut", "reached", "share of rows", "of control", "of probes"], rows)


def _examples(tier: Mapping[str, Any]) -> list[str]:
    named = {"just_above": "pairs just above the cut", "just_below": "pairs just below the cut"}
    found = [_pairs(words, tier["examples"][side], "cosine") for side, words in named.items() if tier["examples"][side]]
    control = "control texts nearest to an item; one that repeats it raises the cut, so take it out"
    return [*found, _pairs(control, tier["nearest_controls"], "cosine")]


def _pairs(title: str, pairs: Sequence[Mapping[str, Any]], measure: str) -> str:
    lines = [f"{title}:"]
    for one in pairs:
        lines.append(f"  row {one['sample']} and item {one['item']}, {measure} {one[measure]:.3f}")
        lines += [f"    {_short(marked(one[side], one['shared']))}" for side in ("sample_text", "item_text")]
    return "\n".join(lines)


def marked(text: str, shared: Sequence[str]) -> str:
    """The text with the runs of words that it shares in «».

    >>> marked("You pay, within 30 days.", ["pay within"])
    'You «pay, within» 30 days.'
    """
    spans: list[tuple[int, int]] = []
    for run in shared:
        spelt = re.compile(r"\b" + r"\W+".join(map(re.escape, run.split())) + r"\b", re.IGNORECASE)
        free = (place.span() for place in spelt.finditer(text) if not _overlaps(place.span(), spans))
        spans += [found for found in [next(free, None)] if found]
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]}«{text[start:end]}»{text[end:]}"
    return text


def _overlaps(span: tuple[int, int], others: Sequence[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"


def _tiers(summary: Mapping[str, Any]) -> str:
    cuts = {
        "exact": None,
        "jaccard": summary["cut"],
        "containment": summary["containment"],
        "ngram": summary["ngram"]["words"],
        "embedding": summary["embedding"]["cut"] if summary["embedding"] else None,
    }
    rows = [
        [
            tier,
            summary["tiers"][tier],
            "-" if cut is None else f"{cut:.4g}",
            summary["removed"].get(f"contaminated_{tier}"),
        ]
        for tier, cut in cuts.items()
    ]
    return aligned(["tier", "", "cut", "removed"], rows)


def _last(summary: Mapping[str, Any]) -> str:
    found, ngram = summary["eval"], summary["ngram"]
    said = [f"{summary['rows']:,} rows: {summary['kept']:,} kept; {summary['out']}"]
    if not summary["kept"]:
        said.append(f"every row repeats one of {found['file']}; is that the input itself, or a copy of it?")
    if not summary["embedding"]:
        said.append("not checked: embedding (rephrased items; --embed and --control look for them)")
    if not ngram["removed"]:
        shared = f"{ngram['shared']:,} rows share {ngram['words']} words in a row with an item"
        said.append(f"{shared}; --ngram {ngram['words']} takes them out")
    short, of = found["too_short_for_containment"], found["rows"]
    return "\n".join([*said, f"{short:,} of {of:,} items are too short to be found inside a text"])
