"""Memory that does not suffice is told with its remedy, and other errors are left as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.config import Finetune
from pipeline.errors import InputError
from pipeline.finetune.base_model import find_base
from pipeline.finetune.loading import load_base
from pipeline.finetune.memory import out_of_memory, within_memory
from pipeline.finetune.recipe import resolve
from pipeline.finetune.train import train
from pipeline.stage import Stage, Step

pytestmark = pytest.mark.slow

CUDA = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 15.00 GiB"


def hungry() -> Any:
    """A callback that wants more than the card has."""
    import torch
    from transformers import TrainerCallback

    class Hungry(TrainerCallback):
        def on_step_begin(self, *_: Any, **__: Any) -> None:
            raise torch.OutOfMemoryError(CUDA)

    return Hungry()


def test_a_step_that_does_not_fit_into_memory_is_told_by_the_settings_that_make_it_smaller(
    tiny_model: Path, training_rows: pa.Table, tmp_path: Path
) -> None:
    settings = Finetune(model=str(tiny_model), batch=4, device_batch=3, max_length=512)
    recipe = resolve(settings, find_base(str(tiny_model)), workers=1, gpu=False)
    with pytest.raises(InputError) as caught:
        train(recipe, training_rows, None, tmp_path, callbacks=[hungry()])
    assert str(caught.value) == (
        f"finetune.device_batch: 2 rows of up to 512 tokens at a time take more memory than there is ({CUDA}); lower "
        "it, or finetune.max_length (512), or take a smaller model"
    )


@pytest.mark.parametrize(
    ("four_bit", "remedy"),
    [(True, "take a smaller model"), (False, "take a smaller model, or set finetune.four_bit=true")],
)
def test_a_base_that_does_not_fit_into_memory_is_not_said_to_be_broken(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, four_bit: bool, remedy: str
) -> None:
    import torch

    def full(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError(CUDA)

    monkeypatch.setattr("transformers.AutoModelForCausalLM.from_pretrained", full)
    with pytest.raises(InputError) as caught:
        load_base(str(tiny_model), four_bit=four_bit, gpu=False)
    assert str(caught.value) == f"{tiny_model}: its weights take more memory than there is ({CUDA}); {remedy}"


def test_memory_that_this_machine_does_not_have_is_known_as_well() -> None:
    import torch

    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**50)
    assert out_of_memory(caught.value)
    assert out_of_memory(MemoryError())
    assert not out_of_memory(RuntimeError("shapes do not fit"))
    assert not out_of_memory(ValueError("out of memory"))


@pytest.mark.parametrize("at", ["load", "step"])
def test_a_stage_says_it_where_it_is_loaded_and_where_it_works_and_keeps_its_other_errors(at: str) -> None:
    def failing(error: Exception) -> Stage:
        def load() -> Step:
            def step(_: pa.Table) -> pa.Table:
                raise error

            if at == "load":
                raise error
            return step

        return within_memory(Stage("s", (), (), load), "evaluation.batch: 16 texts", "lower it")

    with pytest.raises(InputError, match=r"^evaluation.batch: 16 texts take more memory .*\(MemoryError\); lower it$"):
        failing(MemoryError()).load()(pa.table({}))
    with pytest.raises(RuntimeError, match=r"^shapes do not fit$"):
        failing(RuntimeError("shapes do not fit")).load()(pa.table({}))
