"""Several stages on one set of actors, as the models of an evaluation are; with CPUs, and with a GPU that is only
declared: what Ray does with it needs no device.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pyarrow as pa
import pytest

from pipeline.config import Cluster
from pipeline.errors import InputError, SeedwrightError
from pipeline.stage import Stage, Step

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.usefixtures("one_gpu")]


@pytest.fixture(scope="module")
def one_gpu(open_clusters: contextlib.ExitStack) -> Iterator[None]:
    """A cluster that says it has a GPU."""
    import ray

    from cluster.session import quiet

    open_clusters.close()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        ray.init("local", num_cpus=2, num_gpus=1, include_dashboard=False, log_to_driver=False)
        quiet()
        yield
        ray.shutdown()


def said_by(name: str) -> Stage:
    def load() -> Step:
        if name == "broken":
            raise InputError("broken: cannot be loaded")
        if name == "hungry":
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return lambda table: table.append_column(
            "said", pa.array([f"{name} {text}" for text in table["text"].to_pylist()], pa.string())
        )

    return Stage(name, ("text",), ("said",), load)


def asked(**texts: list[str]) -> list[tuple[pa.Table, Stage]]:
    """The stages by name, each with a table of texts."""
    return [
        (pa.table({"text": pa.array(some, pa.string())}), said_by(name.replace("_", " ")))
        for name, some in texts.items()
    ]


@pytest.mark.parametrize(
    ("gpu", "last", "told"),
    [
        (False, "broken", r"^broken: cannot be loaded$"),
        (
            True,
            "hungry",
            r"^evaluation.batch: 2 texts at a time take more memory than there is \(CUDA out of memory.*2.00 GiB.\); "
            r"lower it, or evaluation.max_new_tokens$",
        ),
    ],
)
def test_each_table_goes_through_its_own_stage_with_its_rows_in_order_and_a_mistake_is_raised_as_itself(
    gpu: bool, last: str, told: str
) -> None:
    from cluster.prediction import predict_on_ray

    texts = {
        "one": ["ccc", "a", "bb", "", "dddd"],
        "two": ["z" * 9],
        "nobody": [],
        "one_again": ["y", "xx"],
        last: ["never"],
    }
    found = predict_on_ray(asked(**texts), Cluster(), gpu=gpu, batch=2)
    for name in list(texts)[:-1]:
        said = [f"{name.replace('_', ' ')} {text}" for text in texts[name]]
        assert next(found).to_pydict() == {"text": texts[name], "said": said}
    with pytest.raises(InputError, match=told):
        next(found)


def test_a_piece_that_never_comes_back_is_an_error_and_no_table_less(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    from cluster.prediction import predict_on_ray

    whole = ray.data.from_blocks
    monkeypatch.setattr(ray.data, "from_blocks", lambda blocks: whole(blocks[:-1]))
    found = predict_on_ray(asked(one=["a"], two=["b"]), Cluster(), gpu=False, batch=1)
    assert next(found)["said"].to_pylist() == ["one a"]
    with pytest.raises(
        SeedwrightError, match=r"^cluster: 1 of 2 pieces of work did not come back from the actors; run"
    ):
        next(found)
