"""The matrix as a person writes it: weights or a word for them, and combinations that are never asked for."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, TypeAdapter, ValidatorFunctionWrapHandler, WrapValidator

from pipeline.generate.matrix import Matrix

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_WEIGHTS = TypeAdapter(dict[str, Weight])
Named = Literal["human", "measured", "teacher"]
NAMED = get_args(Named)


def _weights(given: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    return handler(given) if given in NAMED else _WEIGHTS.validate_python(given)


def _several(given: Any) -> Any:
    return given if isinstance(given, list | tuple) else (given,)


Dimension = Annotated[dict[str, Weight] | Named, WrapValidator(_weights)]
"""Weights by value, or `human`: the labels, at the rate at which people gave them in the calibration set, which is also
what a classification task without the dimension `label` gets; `teacher`: labels as the teacher chooses; or `measured`:
the register, as it is found among the seeds.
"""
Partial = Annotated[
    dict[str, Annotated[tuple[str, ...], BeforeValidator(_several), Field(min_length=1)]], Field(min_length=1)
]
"""A part of a cell: one value, or a list of them, for some dimensions."""


def check_cells(
    kind: str,
    matrix: Mapping[str, Mapping[str, float] | Named],
    forbid: Sequence[Mapping[str, Sequence[str]]],
    cross: Sequence[str],
) -> None:
    """Raises ValueError for a matrix without the cells that are asked for."""
    for name in cross:
        if name not in matrix:
            raise ValueError(f"generation.cross names {name!r}, which is no dimension of matrix ({', '.join(matrix)})")
    if repeated := [name for name, count in Counter(cross).items() if count > 1]:
        raise ValueError(f"generation.cross names {repeated[0]!r} twice; name each dimension once")
    weights = {name: values for name, values in matrix.items() if not isinstance(values, str)}
    for name, values in weights.items():
        if not sum(values.values()):
            raise ValueError(f"matrix.{name} has no value with a weight above 0; give at least one")
    for name in sorted(matrix.keys() - weights):
        if matrix[name] == "measured":
            if name != "register" or name in cross:
                raise ValueError(f"matrix.{name} is `measured`, which only a register that is not crossed can be")
            continue
        if kind != "classification":
            raise ValueError(f"matrix.{name} is `{matrix[name]}`, but extraction has no labels; give weights")
        if matrix[name] == "teacher" and name != "label":
            raise ValueError(f"matrix.{name} is `teacher`, which only `label` can be; give weights, or leave it out")
        if name in cross:
            how = "left to the teacher" if matrix[name] == "teacher" else "drawn at the human rate"
            raise ValueError(f"generation.cross names {name!r}, which is {how}; take it out")
    if all(matrix[name] == "teacher" for name in matrix.keys() - weights):
        # else the values are known once seeds and calibration set are read
        Matrix.of(weights, forbid, cross)
