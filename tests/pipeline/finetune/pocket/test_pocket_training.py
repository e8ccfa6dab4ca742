"""A training from nothing in a few seconds, and one that goes on where it stopped."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from pipeline.finetune.pocket.__main__ import main
from pipeline.finetune.pocket.batches import BATCHES, IGNORED, window
from pipeline.finetune.pocket.muon import orthogonal
from pipeline.finetune.pocket.training import CHECKPOINT, Plan, new_tokenizer, rate_at, train

pytestmark = pytest.mark.slow

TINY = Plan(steps=3, tokens=300, vocabulary=400, tokenizer_texts=40, save_every=1)


def test_three_steps_from_nothing_leave_a_model_that_loads_and_speaks(tmp_path: Path) -> None:
    lines: list[str] = []
    train(tmp_path, TINY, False, lines.append)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    network = AutoModelForCausalLM.from_pretrained(tmp_path)
    ids = torch.tensor([tokenizer("Extract: x", add_special_tokens=False)["input_ids"]])
    assert network.dtype == torch.float32
    assert network.generate(ids, max_new_tokens=3, do_sample=False).shape[1] > ids.shape[1]


def test_a_stopped_training_goes_on_with_its_step_and_its_tokenizer(tmp_path: Path) -> None:
    train(tmp_path, TINY, False, [].append)
    words = (tmp_path / "tokenizer.json").read_bytes()
    before = torch.load(tmp_path / CHECKPOINT, weights_only=True)
    train(tmp_path, replace(TINY, steps=5), True, [].append)
    after = torch.load(tmp_path / CHECKPOINT, weights_only=True)
    assert (before["step"], after["step"]) == (3, 5)
    assert (tmp_path / "tokenizer.json").read_bytes() == words
    assert all(torch.isfinite(weight).all() for weight in after["network"].values())


def test_a_training_that_is_done_changes_nothing_when_resumed(tmp_path: Path) -> None:
    train(tmp_path, TINY, False, [].append)
    weights = (tmp_path / "model.safetensors").read_bytes()
    train(tmp_path, TINY, True, [].append)
    assert (tmp_path / "model.safetensors").read_bytes() == weights


def test_steps_bring_the_loss_down(tmp_path: Path) -> None:
    lines: list[str] = []
    train(tmp_path, replace(TINY, steps=21, rate=5e-3), False, lines.append)
    (loss,) = (float(line.split(" loss ")[1].split()[0]) for line in lines)
    assert loss < 5.5, "chance is 6.0"


def test_a_window_is_the_same_again_and_learns_from_answers_alone() -> None:
    tokenizer = new_tokenizer(TINY)
    first, second = (window(tokenizer, 1, 4, 0.5, 800) for _ in range(2))
    assert len(first) == BATCHES
    assert all(
        torch.equal(a.ids, b.ids) and torch.equal(a.targets, b.targets) for a, b in zip(first, second, strict=True)
    )
    assert not torch.equal(first[0].ids, window(tokenizer, 1, 5, 0.5, 800)[0].ids)
    for batch in first:
        learnt = batch.targets[:, :-1] != IGNORED
        assert torch.equal(batch.targets[:, :-1][learnt], batch.ids[:, 1:][learnt])
        assert 0 < learnt.float().mean() < 0.7
        assert bool(learnt.any(dim=1).all())


def test_the_rate_warms_up_and_ends_near_nothing() -> None:
    plan = Plan(steps=1000)
    assert rate_at(0, plan) < 0.05 * plan.rate
    assert rate_at(400, plan) == plan.rate
    assert 0 < rate_at(999, plan) < 0.01 * plan.rate


@pytest.mark.parametrize("shape", [(2, 8, 8), (3, 16, 6), (1, 6, 16)])
def test_orthogonal_matrices_have_singular_values_about_one(shape: tuple[int, int, int]) -> None:
    found = orthogonal(torch.randn(shape, generator=torch.Generator().manual_seed(1)))
    values = torch.linalg.svdvals(found)
    assert found.shape == shape
    assert float(values.min()) > 0.3
    assert float(values.max()) < 1.4


def test_the_command_says_what_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    assert "--resume" in capsys.readouterr().out
