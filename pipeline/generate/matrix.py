"""The generation matrix: dimensions, the weights of their values, and the combinations that are never asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Self

from pipeline.spelling import meant

Weights = Mapping[str, Mapping[str, float]]
Forbidden = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Values without a weight are no part of it, and the order in which a file lists anything is none."""

    weights: Weights
    forbid: tuple[Mapping[str, frozenset[str]], ...] = ()
    _known: dict[tuple[str | None, ...], bool] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, weights: Weights, forbid: Sequence[Forbidden] = (), cross: Sequence[str] = ()) -> Self:
        """Raises ValueError for a forbidden combination that names what is not there, or that takes away all cells of
        a value, or of a combination of crossed values.
        """
        for number, entry in enumerate(forbid, 1):
            _check_names(f"forbid {number}", weights, entry)
        made = cls(
            {
                name: {value: weight for value, weight in sorted(values.items()) if weight > 0}
                for name, values in sorted(weights.items())
            },
            tuple({name: frozenset(values) for name, values in entry.items()} for entry in forbid),
        )
        _check_cells(made, cross)
        return made

    def allows(self, cell: Mapping[str, str]) -> bool:
        """Whether there is a full cell with these values that is not forbidden."""
        if not self.forbid:
            return True
        names = sorted({name for entry in self.forbid for name in entry})
        key = tuple(cell.get(name) for name in names)
        if key not in self._known:
            self._known[key] = self._completes({name: cell[name] for name in names if name in cell}, names)
        return self._known[key]

    def _completes(self, cell: Mapping[str, str], names: Sequence[str]) -> bool:
        if any(all(cell.get(name) in values for name, values in entry.items()) for entry in self.forbid):
            return False
        free = next((name for name in names if name not in cell), None)
        return free is None or any(self._completes({**cell, free: value}, names) for value in self.weights[free])

    def crossed(self, cross: Sequence[str]) -> Iterator[dict[str, str]]:
        """Every combination of the crossed dimensions' values."""
        for combination in product(*(self.weights[name] for name in cross)):
            yield dict(zip(cross, combination, strict=True))


def _check_names(where: str, weights: Weights, entry: Forbidden) -> None:
    for name, values in entry.items():
        if name not in weights:
            near = meant(name, weights)
            hint = f"did you mean {near}?" if near else f"the dimensions are {', '.join(weights)}"
            raise ValueError(f"{where} names {name!r}, which is no dimension of matrix; {hint}")
        if unknown := next((value for value in values if value not in weights[name]), None):
            near = meant(unknown, weights[name])
            hint = f"did you mean {near}?" if near else f"its values are {', '.join(weights[name])}"
            raise ValueError(f"{where} names {name}: {unknown!r}, which is no value of that dimension; {hint}")


def _check_cells(matrix: Matrix, cross: Sequence[str]) -> None:
    for name, values in matrix.weights.items():
        for value in values:
            if not matrix.allows({name: value}):
                raise ValueError(
                    f"forbid leaves {name}: {value!r} without any allowed cell; forbid less, or give the value weight 0"
                )
    for combination in matrix.crossed(cross):
        if not matrix.allows(combination):
            spelt = ", ".join(f"{name}: {value}" for name, value in combination.items())
            raise ValueError(
                f"forbid rules out {spelt}, which generation.cross asks of every seed; forbid less, or cross less"
            )
