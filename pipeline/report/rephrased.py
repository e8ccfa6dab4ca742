"""The embedding tier on the report page: both curves, the cut, what it certifies, and pairs to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pipeline.report.figures import Caption, Line, Mark, line_figure
from pipeline.report.wording import count, figure, known

SERIES = {
    "samples": "samples",
    "control": "control: clean texts",
    "probes": "probes: real rows without every fourth word",
}
PAIRS = {
    "highest": "Nearest of all",
    "just_above": "Just above the cut",
    "just_below": "Just below the cut",
}


@dataclass(frozen=True, slots=True)
class Rephrased:
    model: str
    cut: str
    reached: str
    separable: bool
    says: tuple[str, ...]
    picture: Markup
    pairs: tuple[tuple[str, tuple[Mapping[str, Any], ...]], ...]
    controls: tuple[Mapping[str, Any], ...]


def rephrased(found: Mapping[str, Any] | None) -> Rephrased | None:
    """Nothing when no embedding model was set."""
    if not found:
        return None
    examples = found.get("examples") or {}
    return Rephrased(
        model=str(found.get("model")),
        cut=figure(found.get("cut")),
        reached=count(found.get("reached")),
        separable=found.get("verdict") == "separable",
        says=tuple(found.get("says") or ()),
        picture=_curves(found.get("curve") or [], known(found.get("cut"))),
        pairs=tuple((title, tuple(examples[name])) for name, title in PAIRS.items() if examples.get(name)),
        controls=tuple(found.get("nearest_controls") or ()),
    )


def _curves(curve: Sequence[Mapping[str, Any]], cut: float | None) -> Markup:
    lines = [
        Line(title, [(step["cut"], step[name]) for step in curve])
        for name, title in SERIES.items()
        if curve and all(step.get(name) is not None for step in curve)
    ]
    if not lines:
        return Markup("")
    tenths = [step for step in curve if round(step["cut"] * 100) % 10 == 0]
    says = "; ".join(
        f"at {step['cut']:.1f}: {figure(step['samples'])} of samples, {figure(step['control'])} of the control"
        for step in tenths
    )
    mark = None if cut is None else Mark(cut, f"cut {cut:.3f}")
    caption = Caption("embedding-curves", "Share of texts that reach each cosine to a real row", says)
    return line_figure(caption, lines, ("cosine at or above", "share of texts"), zero=True, mark=mark)
