import re
from pathlib import Path

import pytest

import pipeline.report

CSS = (Path(pipeline.report.__file__).parent / "templates" / "style.css").read_text(encoding="utf-8")
PAIRS = [
    (ink, paper) for ink in ("ink", "muted", "accent", "good", "bad", "open") for paper in ("paper", "tint")
] + [("on-warn", "warn"), ("ink", "bar"), ("ink", "bar-two")]  # fmt: skip


def colours(block: str) -> dict[str, str]:
    named = dict(re.findall(r"--([\w-]+): #([0-9a-f]{3,6});", block))
    return {name: "".join(2 * digit for digit in value) if len(value) == 3 else value for name, value in named.items()}


SCHEMES = dict(zip(("light", "dark", "print"), map(colours, re.findall(r":root \{(.*?)\}", CSS, re.S)), strict=True))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("ink", "paper"), PAIRS)
def test_text_is_readable_in_every_scheme(scheme: str, ink: str, paper: str) -> None:
    dark, light = sorted(luminance(SCHEMES[scheme][name]) for name in (ink, paper))
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_every_scheme_has_the_same_colours_and_every_colour_that_is_used() -> None:
    assert SCHEMES["light"].keys() == SCHEMES["dark"].keys() == SCHEMES["print"].keys()
    fonts = {"serif", "sans", "mono"}
    assert set(re.findall(r"var\(--([\w-]+)\)", CSS)) == SCHEMES["light"].keys() | fonts


def test_nothing_is_loaded_from_elsewhere() -> None:
    assert not re.search(r"url\(|@import|https?:", CSS)
