"""Several stages on one set of actors, as the models of an evaluation are."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.config import Cluster
from pipeline.errors import InputError
from pipeline.stage import Stage, Step

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.usefixtures("ray_here")]


def said_by(name: str) -> Stage:
    def load() -> Step:
        if name == "broken":
            raise InputError("broken: cannot be loaded")
        return lambda table: table.append_column(
            "said", pa.array([f"{name} {text}" for text in table["text"].to_pylist()])
        )

    return Stage(name, ("text",), ("said",), load)


def test_each_table_goes_through_its_own_stage_with_its_rows_in_order_and_a_mistake_is_raised_as_itself() -> None:
    from cluster.prediction import predict_on_ray

    texts = [["ccc", "a", "bb", "", "dddd"], ["z" * 9], ["y", "xx"], ["never"]]
    names = ["one", "two", "one again", "broken"]
    asked = [(pa.table({"text": one}), said_by(name)) for name, one in zip(names, texts, strict=True)]
    found = predict_on_ray(asked, Cluster(), gpu=False, batch=1)
    for name, one in list(zip(names, texts, strict=True))[:3]:
        assert next(found).to_pydict() == {"text": one, "said": [f"{name} {text}" for text in one]}
    with pytest.raises(InputError, match=r"^broken: cannot be loaded$"):
        next(found)
