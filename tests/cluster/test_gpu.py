"""On a real GPU: QLoRA training, batch prediction, and both through Ray. Skipped where there is none.

The tiny model learns to say one answer to a few texts; whether it then says it shows that weights, adapter and
tokens met on the card as they do on a CPU.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.init import init
from pipeline.config import Cluster, Finetune
from pipeline.curate.examples import student_prompt
from pipeline.evaluate.predict import Asking, Model, predict_stage
from pipeline.finetune.base_model import find_base
from pipeline.finetune.recipe import Recipe, precision, resolve
from pipeline.finetune.train import train
from pipeline.layers import load_settings
from pipeline.stage import Stage
from pipeline.tasks.task import TaskSource, load_task, read_source

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.usefixtures("cuda"),
    pytest.mark.filterwarnings("ignore"),  # what libraries warn of on a card cannot be seen without one
]

TEXTS, ANSWER = ["Hello", "Where is it?", "A-7 please", "It is late, and order 12 is not here."], '{"a":7}'
ASKING = Asking(batch=2, max_new_tokens=24)


@pytest.fixture(scope="module")
def cuda() -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("there is no CUDA device here")


@pytest.fixture(scope="module")
def ray_with_gpu(cuda: None, open_clusters: contextlib.ExitStack) -> Iterator[None]:  # noqa: ARG001
    """A cluster that was started after the card was found, and so has it."""
    from cluster.session import session

    open_clusters.close()
    with session():
        yield


@pytest.fixture(scope="module")
def source(cuda: None, tmp_path_factory: pytest.TempPathFactory) -> TaskSource:  # noqa: ARG001
    folder = tmp_path_factory.mktemp("task") / "orders"
    init(folder, "extraction")
    return read_source(load_settings(str(folder))[0])


@pytest.fixture(scope="module")
def recipe(cuda: None, tiny_model: Path) -> Recipe:  # noqa: ARG001
    settings = Finetune(model=str(tiny_model), batch=4, epochs=60, learning_rate=0.01, dropout=0, checkpoints=2)
    return resolve(settings, find_base(str(tiny_model)), workers=1, gpu=True)


@pytest.fixture
def rows(source: TaskSource) -> pa.Table:
    task = load_task(source)
    completions = [[{"role": "assistant", "content": ANSWER}]] * len(TEXTS)
    return pa.table({"prompt": [student_prompt(task, text) for text in TEXTS], "completion": completions})


def items() -> pa.Table:
    return pa.table({"item_id": [f"item-{at}" for at in range(len(TEXTS))], "text": TEXTS})


def asked(source: TaskSource, base: str, adapter: Path | None) -> Stage:
    return predict_stage(source, Model(base, 1024, adapter, gpu=True), ASKING)


def losses(folder: Path) -> list[float]:
    lines = map(json.loads, (folder / "training.jsonl").read_text().splitlines())
    return [line["loss"] for line in lines if "loss" in line]


def test_a_student_is_trained_in_four_bits_on_the_card_and_says_what_it_was_taught(
    recipe: Recipe, rows: pa.Table, source: TaskSource, tmp_path: Path
) -> None:
    import torch
    from bitsandbytes.nn import Linear4bit
    from transformers import TrainerCallback

    seen: dict[str, Any] = {}

    class Watcher(TrainerCallback):  # type: ignore[misc]
        def on_train_begin(self, *_: Any, model: Any, **__: Any) -> None:
            seen["packed"] = [layer for layer in model.modules() if isinstance(layer, Linear4bit)]
            seen["trained"] = {weight.dtype for weight in model.parameters() if weight.requires_grad}
            seen["devices"] = {weight.device.type for weight in model.parameters()}

    figures = train(recipe, rows, rows, tmp_path, callbacks=[Watcher()])
    assert figures["steps"] == len(losses(tmp_path)) == 60
    assert losses(tmp_path)[-1] < 0.1 * losses(tmp_path)[0]
    assert seen["devices"] == {"cuda"}
    assert seen["trained"] == {torch.float32}
    assert {layer.compute_dtype for layer in seen["packed"]} == {precision(True)}
    assert {layer.weight.dtype for layer in seen["packed"]} == {torch.uint8}
    said = asked(source, recipe.base, tmp_path / "adapter").load()(items())
    assert said["raw"].to_pylist() == [ANSWER] * len(TEXTS)
    bare = asked(source, recipe.base, None).load()(items())
    assert ANSWER not in bare["raw"].to_pylist()


@pytest.mark.ray
@pytest.mark.drill
@pytest.mark.usefixtures("ray_with_gpu")
def test_a_worker_and_an_actor_of_ray_have_the_card_to_themselves(
    recipe: Recipe, rows: pa.Table, source: TaskSource, tmp_path: Path
) -> None:
    from cluster.prediction import predict_on_ray
    from cluster.resources import training_workers, use_gpu
    from cluster.trainer import TrainingFiles, train_on_ray

    assert use_gpu(Cluster())
    assert training_workers(Cluster(training_workers=1), gpu=True) == 1
    pq.write_table(rows, tmp_path / "rows.parquet")
    files = TrainingFiles(tmp_path / "rows.parquet", None, tmp_path)
    figures = train_on_ray(recipe, files, lambda _: None, print)
    assert (figures["steps"], figures["restarts"]) == (60, 0)
    stages = [asked(source, recipe.base, adapter) for adapter in (None, tmp_path / "adapter")]
    settings = Cluster(evaluation_actors=1)
    bare, said = predict_on_ray([(items(), stage) for stage in stages], settings, gpu=True, batch=ASKING.batch)
    assert said["raw"].to_pylist() == [ANSWER] * len(TEXTS)
    assert ANSWER not in bare["raw"].to_pylist()
    assert said["item_id"].to_pylist() == items()["item_id"].to_pylist()
