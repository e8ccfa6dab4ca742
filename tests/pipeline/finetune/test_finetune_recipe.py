"""How a step's rows are shared out, and what the settings become."""

from pathlib import Path

import pytest

from pipeline.config import Finetune
from pipeline.errors import InputError
from pipeline.finetune.base_model import BaseModel
from pipeline.finetune.recipe import Recipe, max_length, precision, resolve
from pipeline.finetune.train import _arguments

TINY = BaseModel("./tiny", "/models/tiny", "f" * 64, 1024)


def recipe(workers: int = 1, base: BaseModel = TINY, **values: object) -> Recipe:
    return resolve(Finetune.model_validate(values), base, workers=workers, gpu=False)


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 8])
def test_a_step_is_always_the_batch_whatever_the_workers_hold_at_a_time(workers: int) -> None:
    for batch in range(workers, 65, workers):
        for most in range(1, batch + 2):
            found = recipe(workers, batch=batch, device_batch=most)
            assert found.device_batch * found.accumulation * workers == batch == found.batch
            assert 1 <= found.device_batch <= most


@pytest.mark.parametrize(
    ("most", "held", "rounds"), [(3, 2, 8), (16, 16, 1), (100, 16, 1), (8, 8, 2), (7, 4, 4), (1, 1, 16)]
)
def test_sixteen_rows_are_held_as_many_at_a_time_as_go_evenly(most: int, held: int, rounds: int) -> None:
    found = recipe(batch=16, device_batch=most)
    assert (found.device_batch, found.accumulation) == (held, rounds)


def test_a_batch_that_the_workers_cannot_share_is_refused() -> None:
    message = (
        "^finetune.batch: 16 rows a step cannot be shared by 3 workers; make it a multiple, or set "
        "cluster.training_workers$"
    )
    with pytest.raises(InputError, match=message):
        recipe(3, batch=16)


def test_more_tokens_than_the_model_takes_are_refused() -> None:
    message = "^finetune.max_length: 1025 is more than the 1024 tokens that ./tiny takes; lower it$"
    with pytest.raises(InputError, match=message):
        recipe(max_length=1025)
    assert recipe(max_length=1024).max_length == 1024


@pytest.mark.parametrize(("context", "longest"), [(1024, 1024), (4096, 4096), (131_072, 4096)])
def test_the_length_that_nobody_set_is_the_models_or_four_thousand(context: int, longest: int) -> None:
    base = BaseModel("m", "/m", "f", context)
    assert max_length(Finetune(), base) == longest
    assert max_length(Finetune(max_length=7), base) == 7


def test_the_published_recipe_is_the_default_and_settings_change_it() -> None:
    found = recipe()
    assert (found.rank, found.alpha, found.dropout, found.four_bit) == (16, 32, 0.05, True)
    assert (found.learning_rate, found.base, found.base_fingerprint) == (2e-4, "/models/tiny", "f" * 64)
    assert recipe(base=BaseModel("pocket", "/models/tiny", "f", 1024)).learning_rate == 2e-3
    other = recipe(rank=4, alpha=8, dropout=0, learning_rate=0.5, four_bit=False, epochs=1.5, seed=3, checkpoints=2)
    assert (other.rank, other.alpha, other.dropout, other.learning_rate, other.four_bit) == (4, 8, 0, 0.5, False)
    assert (other.epochs, other.seed, other.checkpoints) == (1.5, 3, 2)


@pytest.mark.parametrize(
    ("has_it", "four_bit", "computed"),
    [(True, True, "bfloat16"), (True, False, "bfloat16"), (False, True, "float16"), (False, False, "float32")],
)
def test_a_card_that_only_emulates_bfloat16_computes_in_what_it_has_and_the_trainer_is_told_the_same(
    monkeypatch: pytest.MonkeyPatch, has_it: bool, four_bit: bool, computed: str
) -> None:
    import torch

    def supported(including_emulation: bool = True) -> bool:
        return has_it or including_emulation

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    monkeypatch.setattr("trl.SFTConfig", dict)
    assert precision(True, four_bit=four_bit) == getattr(torch, computed)
    assert precision(False, four_bit=four_bit) == torch.float32
    for gpu in (True, False):
        found = resolve(Finetune(four_bit=four_bit), TINY, workers=1, gpu=gpu)
        told = _arguments(found, Path("nowhere"), 10, tested=False)
        halves = [name for name, key in (("bfloat16", "bf16"), ("float16", "fp16")) if told[key]]
        assert halves == ([computed] if gpu and computed != "float32" else [])
