"""Cells of the generation matrix: which value of each dimension a sample gets.

Crossed dimensions take every value; the others are drawn by weight from a hash of seed, crossed values and number, so a
sample's cell depends on nothing but itself: adding a seed or a sample changes no other cell, and neither does the order
in which a file lists dimensions and values.
"""

import itertools
from collections.abc import Iterator, Mapping

from pipeline.canonical import content_hash


def crossed(matrix: Mapping[str, Mapping[str, float]], cross: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Every combination of the crossed dimensions' values that have weight."""
    values = [[value for value, weight in sorted(matrix[name].items()) if weight > 0] for name in cross]
    for combination in itertools.product(*values):
        yield dict(zip(cross, combination, strict=True))


def draw(matrix: Mapping[str, Mapping[str, float]], fixed: Mapping[str, str], identity: str) -> dict[str, str]:
    """A full cell: the fixed values and one drawn value for every other dimension, sorted by name."""
    return {name: fixed.get(name) or _pick(weights, f"{identity}/{name}") for name, weights in sorted(matrix.items())}


def _pick(weights: Mapping[str, float], identity: str) -> str:
    point = int(content_hash(identity)[:13], 16) / 16**13 * sum(weights.values())
    chosen = ""
    for value, weight in sorted(weights.items()):
        if weight > 0 and point >= 0:
            chosen = value
        point -= weight
    return chosen
