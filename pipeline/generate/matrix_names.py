"""Names of the matrix that a layer of settings adds by a slip: any name is allowed there, so only spelling tells."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.spelling import slipped


def misnamed(below: Mapping[str, Any], above: Mapping[str, Any], where: str) -> Iterator[str]:
    """What is wrong with the matrix of the layer `where`, laid over that of the layers `below`: each dimension, and
    value of one, that is almost one below which the layer does not name itself.
    """
    yield from _among(below, above, where, "matrix")
    for name, values in above.items():
        if isinstance(values, dict) and isinstance(known := below.get(name), dict):
            yield from _among(known, values, where, f"matrix.{name}")


def _among(below: Mapping[str, Any], above: Mapping[str, Any], where: str, key: str) -> Iterator[str]:
    others = [str(name) for name in below if name not in above]
    for name in map(str, (name for name in above if name not in below)):
        if near := slipped(name, others):
            yield f"{where}: {key}.{name} is new; did you mean {key}.{near}? where both are meant, give both together"
