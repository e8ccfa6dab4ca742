"""How the student was trained: losses as a curve, the last of them in words, and the recipe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pipeline.report.figures import Caption, Line, line_figure
from pipeline.report.wording import count, figure, flat, known

DRAWN = 400
HIDDEN = ("fingerprint", "output", "summary")
"""Of a stage's entry: the hashes, and the sentence that is shown by itself."""

Points = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Training:
    picture: Markup | None
    sentences: tuple[str, ...]
    recipe: tuple[tuple[str, str], ...]


def training(entry: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> Training | None:
    """Nothing when nothing was trained."""
    if not entry and not lines:
        return None
    losses, checks = points(lines, "loss"), points(lines, "eval_loss")
    drawn = [Line(name, thinned(some)) for name, some in (("training", losses), ("validation", checks)) if some]
    picture = None
    if drawn:
        caption = Caption("loss", "Loss by step", " ".join(_sentences(losses, checks)))
        picture = line_figure(caption, drawn, ("step", "loss"))
    recipe = flat({key: value for key, value in entry.items() if key not in HIDDEN})
    return Training(picture, tuple(_sentences(losses, checks) + _strange(lines)), tuple(recipe))


def points(lines: Sequence[Mapping[str, Any]], name: str) -> Points:
    """(step, value) of the lines that have both as finite numbers, by step."""
    found = [(known(line.get("step")), known(line.get(name))) for line in lines]
    return sorted((step, value) for step, value in found if step is not None and value is not None)


def thinned(some: Points) -> Points:
    """At most 400 points, evenly spaced, the last one among them."""
    every = -(-len(some) // DRAWN)
    return some if every <= 1 else [*some[:-1:every], some[-1]]


def _sentences(losses: Points, checks: Points) -> list[str]:
    said = []
    if losses:
        (first, start), (last, end) = losses[0], losses[-1]
        said.append(f"Training loss {figure(start)} at step {count(first)}, {figure(end)} at step {count(last)}.")
    if checks:
        step, lowest = min(checks, key=lambda point: point[1])
        said.append(f"Validation loss lowest, {figure(lowest)}, at step {count(step)}; last {figure(checks[-1][1])}.")
    if len(losses) > DRAWN:
        said.append(f"The curve draws {count(len(thinned(losses)))} of {count(len(losses))} recorded losses.")
    return said


def _strange(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    """A loss that is no number is a training that went wrong, and the curve cannot show it."""
    steps = [line.get("step") for line in lines for name in ("loss", "eval_loss") if _no_number(line, name)]
    return [f"{count(len(steps))} losses are no finite numbers, the first at step {steps[0]}."] if steps else []


def _no_number(line: Mapping[str, Any], name: str) -> bool:
    return name in line and known(line[name]) is None
