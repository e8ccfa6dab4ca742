"""Covering rows: a few full cells in which every pair of values of any two dimensions occurs, and who gets them.

The rows follow from the matrix alone. Each is dealt to one compatible sample, that whose id is nearest to the row's
hash (rendezvous hashing, Thaler & Ravishankar, https://doi.org/10.1109/90.663936, with XOR for the weight): a seed that
is added or edited moves the few rows that were, or now are, nearest to its samples, and nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np

from pipeline.canonical import canonical_json, content_hash
from pipeline.generate.matrix import Matrix

Pair = tuple[tuple[str, str], tuple[str, str]]
Cell = Mapping[str, str]


def covering_rows(matrix: Matrix) -> list[dict[str, str]]:
    """Full allowed cells that together hold every pair of `allowed_pairs`; none for fewer than two dimensions."""
    from covertable import make

    if len(matrix.weights) < 2:
        return []
    factors = {name: list(values) for name, values in matrix.weights.items()}
    constraints = [
        {
            "operator": "not",
            "condition": {
                "operator": "and",
                "conditions": [
                    {"operator": "in", "left": name, "values": sorted(values)} for name, values in sorted(entry.items())
                ],
            },
        }
        for entry in matrix.forbid
    ]
    made = make(factors, constraints=constraints) if constraints else make(factors)
    return [dict(sorted(row.items())) for row in made]


def pairs_of(cells: Iterable[Cell]) -> set[Pair]:
    """The pairs of values, each of another dimension, that occur together."""
    return {pair for cell in cells for pair in combinations(sorted(cell.items()), 2)}


def allowed_pairs(matrix: Matrix) -> set[Pair]:
    """Every pair that some allowed cell holds."""
    values = [[(name, value) for value in values] for name, values in matrix.weights.items()]
    return {
        (one, other)
        for left, right in combinations(values, 2)
        for one in left
        for other in right
        if matrix.allows(dict((one, other)))
    }


def deal(rows: Sequence[Cell], samples: Sequence[tuple[str, Cell]]) -> dict[int, Cell]:
    """The samples, by number, that are given a row. A sample is its id (16 hex digits) and the values that it has for
    certain; a row goes to none where every compatible sample has one already.
    """
    ids = np.array([int(sample_id, 16) for sample_id, _ in samples], np.uint64)
    free: dict[str, list[int]] = {}
    for number, (_, fixed) in enumerate(samples):
        free.setdefault(canonical_json(dict(fixed)), []).append(number)
    members = {kind: np.array(numbers) for kind, numbers in free.items()}
    names = list(samples[0][1]) if samples else []
    dealt: dict[int, Cell] = {}
    for row in rows:
        kind = canonical_json({name: row[name] for name in names})
        among = members.get(kind, np.array([], np.int64))
        if not len(among):
            continue
        nearest = int(np.argmin(ids[among] ^ np.uint64(int(content_hash(dict(row))[:16], 16))))
        dealt[int(among[nearest])] = row
        members[kind] = np.delete(among, nearest)
    return dealt
