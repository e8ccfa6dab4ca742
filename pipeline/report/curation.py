"""What was taken out of the samples: the funnel stage by stage, and contamination at every cut."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from pipeline.curate.confidence import told
from pipeline.report.figures import Bar, Caption, Group, Line, Mark, bar_figure, line_figure
from pipeline.report.rephrased import Rephrased, rephrased
from pipeline.report.wording import count, known, plain

NOT_CHECKED = {
    "embedding": "rephrasings of real rows, by embedding",
    "items_too_short_for_containment": "real rows too short for the containment test",
}


@dataclass(frozen=True, slots=True)
class FunnelRow:
    stage: str
    given: int
    rejected: int
    kept: int
    reasons: str


@dataclass(frozen=True, slots=True)
class Funnel:
    rows: tuple[FunnelRow, ...]
    mistakes: tuple[str, ...]
    splits: str
    confidence: str
    picture: Markup


def funnel(entry: Mapping[str, Any]) -> Funnel | None:
    """Nothing when the run has no funnel yet."""
    entries = entry.get("funnel")
    if not entries:
        return None
    rows = tuple(
        FunnelRow(each["stage"], each["in"], sum(each["rejected"].values()), each["kept"], _reasons(each["rejected"]))
        for each in entries
    )
    splits = entry.get("splits") or {}
    says = f"{count(rows[0].given)} samples were asked for, {count(rows[-1].kept)} are kept."
    groups = [Group(_funnel_label(row), (Bar(row.kept, rest=row.rejected),)) for row in rows]
    return Funnel(
        rows,
        tuple(_mistakes(rows, splits)),
        ", ".join(f"{count(number)} {name}" for name, number in splits.items()),
        told(entry["confidence"]) if entry.get("confidence") else "",
        bar_figure(Caption("funnel-bars", "Samples kept, stage by stage", says), ["samples"], groups),
    )


def _reasons(rejected: Mapping[str, int]) -> str:
    return ", ".join(f"{reason} {count(number)}" for reason, number in rejected.items())


def _funnel_label(row: FunnelRow) -> str:
    return f"{row.stage}: {count(row.kept)}" + (f", {count(row.rejected)} out" if row.rejected else "")


def _mistakes(rows: Sequence[FunnelRow], splits: Mapping[str, int]) -> list[str]:
    """Where the counts do not add up, which a reader must know before believing any of them."""
    found = [
        f"{row.stage}: {row.given} in, but {row.rejected} rejected and {row.kept} kept"
        for row in rows
        if row.given != row.rejected + row.kept
    ]
    for before, after in pairwise(rows):
        if before.kept != after.given:
            found.append(f"{before.stage} kept {before.kept}, but {after.stage} was given {after.given}")
    if splits and sum(splits.values()) != rows[-1].kept:
        found.append(f"the splits hold {sum(splits.values())}, but {rows[-1].kept} were kept")
    return found


@dataclass(frozen=True, slots=True)
class Cut:
    cut: str
    removed: str
    newly: str
    chosen: bool
    examples: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Contamination:
    cuts: tuple[Cut, ...]
    chosen: str
    containment: str
    shingle: str
    compared: str
    removed: str
    overlap: str
    picture: Markup
    nearest: tuple[Mapping[str, Any], ...]
    not_checked: tuple[tuple[str, str], ...]
    rephrased: Rephrased | None


def contamination(record: Mapping[str, Any], sweep: Sequence[Mapping[str, Any]]) -> Contamination | None:
    """Nothing when the samples were not compared with the real rows."""
    entry = record.get("stages", {}).get("curate", {})
    found, settings = entry.get("contamination") or {}, record.get("settings", {}).get("contamination", {})
    steps = sweep or [{"cut": float(cut), "removed": gone} for cut, gone in (found.get("removed_at") or {}).items()]
    if not steps:
        return None
    chosen, unchecked = known(settings.get("cut")), found.get("not_checked") or {}
    return Contamination(
        cuts=tuple(_cut(step, chosen) for step in steps),
        chosen=plain(chosen),
        containment=plain(settings.get("containment")),
        shingle=plain(settings.get("shingle")),
        compared=_compared(found),
        removed=_removed(entry.get("funnel") or []),
        overlap=_overlap(found.get("ngram")),
        picture=_curve(steps, chosen),
        nearest=tuple(found.get("nearest") or ()),
        not_checked=tuple((NOT_CHECKED.get(what, what), plain(why)) for what, why in unchecked.items()),
        rephrased=rephrased(found.get("embedding")),
    )


def _cut(step: Mapping[str, Any], chosen: float | None) -> Cut:
    here = chosen is not None and abs(step["cut"] - chosen) < 1e-9
    examples = tuple(step.get("examples") or ())
    return Cut(f"{step['cut']:.2f}", count(step["removed"]), count(step.get("newly")), here, examples)


def _compared(found: Mapping[str, Any]) -> str:
    items = ", ".join(f"{count(number)} of {name}" for name, number in (found.get("items") or {}).items())
    return f"{count(found.get('samples'))} samples were compared with real rows: {items}." if items else ""


def _removed(entries: Sequence[Mapping[str, Any]]) -> str:
    rejected = next((each["rejected"] for each in entries if each["stage"] == "contamination"), None)
    if rejected is None:
        return ""
    return f"Removed: {_reasons(rejected)}." if rejected else "No sample was removed as contaminated."


def _overlap(found: Mapping[str, Any] | None) -> str:
    if not found:
        return ""
    stay = "were removed" if found["removed"] else "stay: stock phrases are as long"
    return f"{count(found['shared'])} samples share {found['words']} words in a row with a real row; they {stay}."


def _curve(steps: Sequence[Mapping[str, Any]], chosen: float | None) -> Markup:
    says = "; ".join(f"at {step['cut']:.2f}: {count(step['removed'])}" for step in steps)
    line = Line("removed", [(step["cut"], step["removed"]) for step in steps])
    mark = None if chosen is None else Mark(chosen, f"chosen cut {plain(chosen)}")
    caption = Caption("sweep", "Samples that each cut would remove", says)
    return line_figure(caption, [line], ("Jaccard similarity at or above", "samples removed"), zero=True, mark=mark)
