"""Cells of the generation matrix: which value of each dimension a sample gets.

Values are drawn by weight from a hash of the sample's identity, so a sample's cell depends on nothing but itself:
adding a seed or a sample changes no other cell, and neither does the order in which a file lists dimensions and values.
"""

from collections.abc import Mapping

from pipeline.canonical import content_hash
from pipeline.generate.matrix import Matrix


def draw(matrix: Matrix, fixed: Mapping[str, str], identity: str) -> dict[str, str]:
    """A full cell: the fixed values and one drawn value for every other dimension, sorted by name.

    Where a drawn value would make the cell a forbidden one, it is drawn again among those that do not: forbidding a
    combination changes the samples that had it, and no others.
    """
    cell = dict(fixed)
    for name, weights in matrix.weights.items():
        if name in cell:
            continue
        value = _pick(weights, f"{identity}/{name}")
        if not matrix.allows({**cell, name: value}):
            left = {other: weight for other, weight in weights.items() if matrix.allows({**cell, name: other})}
            value = _pick(left, f"{identity}/{name}/again")
        cell[name] = value
    return dict(sorted(cell.items()))


def _pick(weights: Mapping[str, float], identity: str) -> str:
    point = int(content_hash(identity)[:13], 16) / 16**13 * sum(weights.values())
    chosen = ""
    for value, weight in weights.items():
        if point >= 0:
            chosen = value
        point -= weight
    return chosen
