"""Toys that several rooms' tests share."""

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pytest
from command import Seedwright, Shown

from cluster.session import session
from jobs.__main__ import main
from jobs.init import init
from pipeline.config import Finetune
from pipeline.curate.examples import student_prompt
from pipeline.layers import load_settings
from pipeline.records import EXAMPLE
from pipeline.tasks.task import Task, TaskSource, load_task, read_source

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what it starts in the background ignore Ctrl-C


LONGEST = ("test_deaths", "test_second_half", "test_reference_funnel", "test_flow", "test_generation_faults")
"""The files that take longest, longest first: what runs beside them is over by the time they are."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first, so that none of them is left for the end, when only one worker is at work."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    places = {name: at for at, name in enumerate(LONGEST)}
    items.sort(key=lambda item: (item.path not in slow, places.get(item.path.stem, len(LONGEST))))


@pytest.fixture
def task_folder(tmp_path: Path) -> Path:
    """A small extraction task as `seedwright init` writes it."""
    init(tmp_path / "orders", "extraction")
    return tmp_path / "orders"


@pytest.fixture
def load(task_folder: Path) -> Callable[..., Task]:
    """Loads that task with --set pairs."""

    def loaded(*pairs: str) -> Task:
        return load_task(read_source(load_settings(str(task_folder), None, pairs)[0]))

    return loaded


@pytest.fixture(scope="session")
def contracts() -> Task:
    return load_task(read_source(load_settings("contracts")[0]))


@pytest.fixture(scope="session")
def open_clusters() -> Iterator[contextlib.ExitStack]:
    """Closed at the end of the tests, and before by a file that starts a cluster of its own kind."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def ray_here(open_clusters: contextlib.ExitStack) -> None:
    """One cluster for all files that only need one to be there: to start one takes seconds."""
    import ray

    if not ray.is_initialized():
        open_clusters.enter_context(session())


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base model of a few thousand weights; large ones, so that it says something else about every text and learns
    quickly.
    """
    import torch
    from safetensors.torch import load_file, save_file
    from tiny_model import make_tiny_model

    torch.set_num_threads(1)
    folder = make_tiny_model(tmp_path_factory.mktemp("model") / "tiny")
    weights = {
        name: weight * (10 if "embed" in name else 8 if weight.ndim == 2 else 1)
        for name, weight in load_file(folder / "model.safetensors").items()
    }
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.fixture(scope="session")
def training_rows() -> pa.Table:
    """Twelve EXAMPLE rows of several lengths, each with an answer of its own."""
    rows = [
        {
            "sample_id": f"sample-{number}",
            "prompt": [{"role": "user", "content": f"Which order? {'It is late. ' * (number % 3)}It is A-{number}."}],
            "completion": [{"role": "assistant", "content": f'{{"delivery_date":null,"order_number":"A-{number}"}}'}],
        }
        for number in range(12)
    ]
    return pa.Table.from_pylist(rows, schema=EXAMPLE)


class Taught(NamedTuple):
    """A student of the tiny model and all that it was taught: to say `answer` to each of `texts`."""

    adapter: Path
    source: TaskSource
    texts: list[str]
    answer: str


@pytest.fixture(scope="session")
def taught(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Taught:
    from pipeline.finetune.base_model import find_base
    from pipeline.finetune.recipe import resolve
    from pipeline.finetune.train import train

    folder = tmp_path_factory.mktemp("taught")
    init(folder / "orders", "extraction")
    source = read_source(load_settings(str(folder / "orders"))[0])
    texts, answer = ["Hello", "Where is it?", "A-7 please", "It is late, and order 12 is not here."], '{"a":7}'
    prompts = [student_prompt(load_task(source), text) for text in texts]
    completions = [[{"role": "assistant", "content": answer}]] * len(texts)
    settings = Finetune(model=str(tiny_model), batch=4, epochs=25, learning_rate=0.01, dropout=0, checkpoints=1)
    recipe = resolve(settings, find_base(str(tiny_model)), workers=1, gpu=False)
    train(recipe, pa.table({"prompt": prompts, "completion": completions}), None, folder)
    return Taught(folder / "adapter", source, texts, answer)


@pytest.fixture
def seedwright(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Seedwright:
    """The command in this process."""

    def run(*arguments: object) -> Shown:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["seedwright", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return Shown(code, captured.out, captured.err)

    return run
