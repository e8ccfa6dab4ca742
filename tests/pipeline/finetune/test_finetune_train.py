"""Training as it really runs, on the tiny model: the recipe in the modules, crashes, a loss that is no number."""

import contextlib
import json
import shutil
import subprocess
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pytest
from tiny_model import thinking

from pipeline.config import Finetune
from pipeline.errors import InputError
from pipeline.finetune.base_model import find_base, load_tokenizer
from pipeline.finetune.checkpoints import last_complete
from pipeline.finetune.recipe import Recipe, resolve
from pipeline.finetune.rows import fit, token_ids
from pipeline.finetune.train import total_steps, train

pytestmark = pytest.mark.slow

LINEAR = {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}


def recipe(base: Path, **values: Any) -> Recipe:
    """Six steps of four rows, held by two at a time, saved after steps 2, 4 and 6."""
    settings = Finetune(**{"model": str(base), "batch": 4, "device_batch": 3, "epochs": 2, "checkpoints": 3, **values})
    return resolve(settings, find_base(str(base)), workers=1, gpu=False)


class Undisturbed(NamedTuple):
    folder: Path
    figures: dict[str, Any]
    model: Any
    rows: list[dict[str, Any]]
    """As TRL made them: input_ids and labels."""


def watcher(seen: dict[str, Any]) -> Any:
    """A callback that takes model and rows out of a training as it begins."""
    from transformers import TrainerCallback

    class Watcher(TrainerCallback):
        def on_train_begin(self, *_: Any, model: Any, train_dataloader: Any, **__: Any) -> None:
            dataset, collate = train_dataloader.dataset, train_dataloader.collate_fn
            seen.update(model=model, rows=[collate([dataset[at]]) for at in range(len(dataset))])

    return Watcher()


@pytest.fixture(scope="module")
def undisturbed(tiny_model: Path, training_rows: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    seen: dict[str, Any] = {}
    folder = tmp_path_factory.mktemp("undisturbed")
    figures = train(recipe(tiny_model), training_rows, training_rows.slice(0, 2), folder, callbacks=[watcher(seen)])
    return Undisturbed(folder, figures, **seen)


def log(folder: Path, *without: str) -> list[dict[str, Any]]:
    lines = map(json.loads, (folder / "training.jsonl").read_text().splitlines())
    return [{key: value for key, value in line.items() if key not in without} for line in lines]


def adapter(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return {name: weight.numpy() for name, weight in load_file(folder / "adapter/adapter_model.safetensors").items()}


def same(one: Path, other: Path) -> bool:
    first, second = adapter(one), adapter(other)
    return first.keys() == second.keys() and all((first[name] == second[name]).all() for name in first)


def test_the_adapter_is_the_published_recipe_on_every_linear_layer_but_the_head(undisturbed: Undisturbed) -> None:
    config = json.loads((undisturbed.folder / "adapter/adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"], config["lora_dropout"]) == (16, 32, 0.05)
    assert (config["peft_type"], config["task_type"], config["bias"]) == ("LORA", "CAUSAL_LM", "none")
    linear = {name.removesuffix(".lora_A.weight") for name in adapter(undisturbed.folder) if "lora_A" in name}
    assert {name.rpartition(".")[2] for name in linear} == LINEAR
    assert len(linear) == 2 * len(LINEAR)


def test_the_base_is_nf4_with_double_quantisation_and_its_head_is_whole(undisturbed: Undisturbed) -> None:
    import torch
    from bitsandbytes.nn import Linear4bit

    packed = {name: layer for name, layer in undisturbed.model.named_modules() if isinstance(layer, Linear4bit)}
    assert {name.split(".")[-2] for name in packed} == LINEAR  # each is the base_layer within an adapter's
    assert len(packed) == 2 * len(LINEAR)
    for layer in packed.values():
        state = layer.weight.quant_state
        assert (state.quant_type, state.nested, layer.weight.dtype) == ("nf4", True, torch.uint8)
        assert layer.compute_dtype == torch.float32
    assert undisturbed.model.get_output_embeddings().weight.dtype == torch.float32


def test_only_the_adapter_is_trained_and_in_whole_floats(undisturbed: Undisturbed) -> None:
    import torch

    trained = {name: weight for name, weight in undisturbed.model.named_parameters() if weight.requires_grad}
    assert len(trained) == 2 * len(adapter(undisturbed.folder)) / 2 == 4 * len(LINEAR)
    assert all("lora_" in name and weight.dtype == torch.float32 for name, weight in trained.items())
    assert all(abs(weight).max() > 0 for name, weight in adapter(undisturbed.folder).items() if "lora_B" in name)


def test_the_loss_is_taken_on_the_answer_and_its_end_alone(
    undisturbed: Undisturbed, tiny_model: Path, training_rows: pa.Table
) -> None:
    tokenizer = load_tokenizer(str(tiny_model))
    assert len(undisturbed.rows) == training_rows.num_rows
    for row, batch in zip(training_rows.to_pylist(), undisturbed.rows, strict=True):
        ids, labels = batch["input_ids"][0], batch["labels"][0]
        assert tokenizer.decode(labels[labels != -100]) == row["completion"][0]["content"] + "<|end|>"
        assert (labels[labels != -100] == ids[labels != -100]).all()
        assert tokenizer.decode(ids[labels == -100]) == f"<|user|>{row['prompt'][0]['content']}<|end|><|assistant|>"


def test_no_token_of_a_prompt_goes_through_the_output_layer_and_the_student_is_the_same(
    tiny_model: Path, training_rows: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trl.trainer import utils

    theirs, scored = utils._ChunkedLogProbFunction, list[int]()

    class Counted:
        @staticmethod
        def apply(hidden: Any, *others: Any) -> Any:
            scored.append(len(hidden))
            return theirs.apply(hidden, *others)

    monkeypatch.setattr(utils, "_ChunkedLogProbFunction", Counted)
    once, seen = recipe(tiny_model, epochs=1), dict[str, Any]()
    train(once, training_rows, None, tmp_path / "answers", callbacks=[watcher(seen)])
    labels = sum(int((row["labels"][:, 1:] != -100).sum()) for row in seen["rows"])
    tokens = sum(row["input_ids"].numel() for row in seen["rows"])
    assert sum(scored) == labels < tokens

    monkeypatch.setattr("pipeline.finetune.train.answers_alone", contextlib.nullcontext)
    scored.clear()
    train(once, training_rows, None, tmp_path / "all")
    assert sum(scored) > labels
    alone, all_of_them = ([line["loss"] for line in log(tmp_path / name)] for name in ("answers", "all"))
    assert alone == pytest.approx(all_of_them, rel=1e-4)


def test_a_model_that_thinks_is_taught_the_answer_after_an_empty_thought(
    tiny_model: Path, training_rows: pa.Table, tmp_path: Path
) -> None:
    base, seen = thinking(tiny_model, tmp_path / "thinker"), dict[str, Any]()
    tokenizer, rows = load_tokenizer(str(base)), training_rows.slice(0, 4)
    train(recipe(base, epochs=1, checkpoints=1), rows, rows, tmp_path / "out", callbacks=[watcher(seen)])
    for row, batch in zip(rows.to_pylist(), seen["rows"], strict=True):
        ids, labels = batch["input_ids"][0], batch["labels"][0]
        assert tokenizer.decode(labels[labels != -100]) == row["completion"][0]["content"] + "<|im_end|>\n"
        assert ids[labels == -100].tolist() == token_ids(tokenizer, row["prompt"], question=True)
    assert json.loads((tmp_path / "out/adapter/seedwright.json").read_text())["thinking"] is False


def test_every_step_is_logged_with_a_loss_and_every_row_is_read_once_an_epoch(
    undisturbed: Undisturbed, tiny_model: Path, training_rows: pa.Table
) -> None:
    lines = log(undisturbed.folder)
    steps = [line for line in lines if "loss" in line]
    assert [line["step"] for line in steps] == [1, 2, 3, 4, 5, 6]
    assert {line["of"] for line in lines} == {6} == {total_steps(recipe(tiny_model), training_rows.num_rows)}
    assert all(0 < line["loss"] < 100 and line["seconds"] >= 0 for line in steps)
    assert [line["step"] for line in lines if "eval_loss" in line] == [3, 6]
    tokens = fit(training_rows, load_tokenizer(str(tiny_model)), 1024, drop_long=False, where="").tokens
    assert [line["tokens"] for line in steps if line["step"] % 3 == 0] == [tokens, 2 * tokens]
    assert max(line["learning_rate"] for line in steps) == pytest.approx(2e-4)


def test_the_figures_are_those_of_the_log(undisturbed: Undisturbed) -> None:
    figures, lines = undisturbed.figures, log(undisturbed.folder)
    assert (figures["steps"], figures["epochs"]) == (6, 2.0)
    assert figures["loss"] == [line["loss"] for line in lines if "loss" in line][-1]
    assert figures["eval_loss"] == [line["eval_loss"] for line in lines if "eval_loss" in line][-1]
    assert figures["tokens"] == [line["tokens"] for line in lines if "tokens" in line][-1]
    assert figures["train_seconds"] > 0


def test_the_adapter_folder_says_whose_it_is_and_holds_no_pickle(undisturbed: Undisturbed, tiny_model: Path) -> None:
    folder = undisturbed.folder / "adapter"
    origin = json.loads((folder / "seedwright.json").read_text())
    assert origin.pop("base_fingerprint") == find_base(str(tiny_model)).fingerprint
    assert origin == {"base": str(tiny_model), "four_bit": True, "thinking": False}
    names = {file.name for file in folder.iterdir()}
    assert names >= {"adapter_model.safetensors", "adapter_config.json", "tokenizer.json", "chat_template.jinja"}
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pth"))]
    assert not (undisturbed.folder / ".adapter.part").exists()


def crashed(undisturbed: Undisturbed, target: Path, *, at: int) -> Path:
    """The folder as a crash leaves it: checkpoint 4 is whole, later lines are in the log, and the last line is torn."""
    shutil.copytree(undisturbed.folder, target)
    shutil.rmtree(target / "adapter")
    shutil.rmtree(target / "checkpoints/checkpoint-6")
    lines = [json.dumps(line) for line in log(target) if line["step"] <= at]
    (target / "training.jsonl").write_text("\n".join([*lines, '{"step": 5, "of": 6, "ep']))
    return target


def test_a_training_that_goes_on_after_a_crash_ends_as_an_undisturbed_one(
    undisturbed: Undisturbed, tiny_model: Path, training_rows: pa.Table, tmp_path: Path
) -> None:
    folder = crashed(undisturbed, tmp_path / "run", at=5)
    found = last_complete(folder / "checkpoints")
    assert found == folder / "checkpoints/checkpoint-4"
    figures = train(recipe(tiny_model), training_rows, training_rows.slice(0, 2), folder, resume_from=found)
    assert same(folder, undisturbed.folder)
    assert log(folder, "seconds") == log(undisturbed.folder, "seconds")
    assert {**figures, "train_seconds": 0} == {**undisturbed.figures, "train_seconds": 0}


@pytest.mark.parametrize("logged", [True, False], ids=["validated before the crash", "not validated"])
def test_a_training_that_goes_on_from_its_last_checkpoint_takes_the_last_validation_loss(
    undisturbed: Undisturbed, tiny_model: Path, training_rows: pa.Table, tmp_path: Path, logged: bool
) -> None:
    """A checkpoint at the end of an epoch is saved before the epoch's validation."""
    folder = Path(shutil.copytree(undisturbed.folder, tmp_path / "run"))
    shutil.rmtree(folder / "adapter")
    lines = [line for line in log(folder) if logged or (line["step"], "eval_loss" in line) != (6, True)]
    (folder / "training.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    last = folder / "checkpoints/checkpoint-6"
    figures = train(recipe(tiny_model), training_rows, training_rows.slice(0, 2), folder, resume_from=last)
    assert {**figures, "train_seconds": 0} == {**undisturbed.figures, "train_seconds": 0}
    assert log(folder, "seconds") == log(undisturbed.folder, "seconds")
    assert same(folder, undisturbed.folder)


def test_a_training_that_crashed_before_its_first_checkpoint_begins_its_log_again(
    undisturbed: Undisturbed, tiny_model: Path, training_rows: pa.Table, tmp_path: Path
) -> None:
    import torch

    folder = crashed(undisturbed, tmp_path / "run", at=1)
    torch.manual_seed(99)  # what another process has drawn before plays no role
    train(recipe(tiny_model), training_rows, training_rows.slice(0, 2), folder)
    assert log(folder, "seconds") == log(undisturbed.folder, "seconds")
    assert same(folder, undisturbed.folder)


def test_a_base_can_be_trained_in_full_precision_and_without_a_validation_set(
    undisturbed: Undisturbed, tiny_model: Path, training_rows: pa.Table, tmp_path: Path
) -> None:
    import torch

    seen: dict[str, Any] = {}
    whole = recipe(tiny_model, four_bit=False, epochs=0.5, checkpoints=1)
    assert train(whole, training_rows, None, tmp_path, callbacks=[watcher(seen)])["steps"] == 2
    assert {weight.dtype for weight in seen["model"].parameters()} == {torch.float32}
    assert adapter(tmp_path).keys() == adapter(undisturbed.folder).keys()
    assert json.loads((tmp_path / "adapter/seedwright.json").read_text())["four_bit"] is False
    assert all("eval_loss" not in line for line in log(tmp_path))


def test_a_training_of_one_step_learns_something_and_another_seed_something_else(
    tiny_model: Path, training_rows: pa.Table, tmp_path: Path
) -> None:
    for seed in (0, 1):
        short = recipe(tiny_model, epochs=1, checkpoints=1, seed=seed)
        train(short, training_rows.slice(0, 4), None, tmp_path / str(seed))
    assert [line["learning_rate"] for line in log(tmp_path / "0")] == [2e-4]
    assert all(abs(weight).max() > 0 for name, weight in adapter(tmp_path / "0").items() if "lora_B" in name)
    assert not same(tmp_path / "0", tmp_path / "1")


def test_a_loss_that_is_no_number_stops_at_its_step_with_what_to_do(
    tiny_model: Path, training_rows: pa.Table, tmp_path: Path
) -> None:
    message = r"^finetune: loss is nan at step 3 of 6; lower finetune.learning_rate \(1e\+30\) and run again$"
    with pytest.raises(InputError, match=message):
        train(recipe(tiny_model, learning_rate=1e30), training_rows, None, tmp_path)
    assert [line["step"] for line in log(tmp_path)] == [1, 2]
    assert not (tmp_path / "adapter").exists()


def test_an_adapter_that_the_last_step_broke_is_not_saved(
    tiny_model: Path, training_rows: pa.Table, tmp_path: Path
) -> None:
    message = r"^finetune: the adapter holds no numbers after step 2 of 2; lower finetune.learning_rate \(1e\+39\)"
    with pytest.raises(InputError, match=message):
        train(recipe(tiny_model, learning_rate=1e39, epochs=0.5), training_rows, None, tmp_path)
    assert not (tmp_path / "adapter").exists()


def test_a_base_with_weights_that_are_no_numbers_is_told_by_its_loss(
    tiny_model: Path, training_rows: pa.Table, tmp_path: Path
) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    base = Path(shutil.copytree(tiny_model, tmp_path / "base"))
    weights = load_file(base / "model.safetensors")
    weights["model.norm.weight"] = torch.full_like(weights["model.norm.weight"], torch.nan)
    save_file(weights, base / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match=r"^finetune: loss is nan at step 1 of 6; .*run again$"):
        train(recipe(base), training_rows, None, tmp_path)


@pytest.mark.parametrize(("size", "writing"), [("600k", "safetensors"), ("800k", "torch")])
def test_a_full_disk_is_told_and_the_whole_checkpoint_before_it_is_kept(
    tiny_model: Path, training_rows: pa.Table, tmp_path: Path, size: str, writing: str
) -> None:
    """On a file system that one checkpoint fits in and two do not; where none can be mounted this cannot be shown.

    It is full when `writing` writes the second, and each of the two has errors of its own.
    """
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    said = {"safetensors": "Error while serializing: .*No space left on device.*", "torch": ".*unexpected pos.*"}[
        writing
    ]
    told = (
        rf"^{small}: the disk is full, a checkpoint could not be written \({said}\); free disk space, then run the same"
    )
    try:
        with pytest.raises(InputError, match=told):
            train(recipe(tiny_model), training_rows, None, small)
        assert (small / "checkpoints/checkpoint-4").exists()
        found = last_complete(small / "checkpoints")
        assert found == small / "checkpoints/checkpoint-2"
        assert not (small / "checkpoints/checkpoint-4").exists()
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


@pytest.mark.parametrize(("rows", "epochs", "steps"), [(12, 2, 6), (13, 1, 4), (13, 2, 8), (1, 1, 1), (12, 0.5, 2)])
def test_steps_are_counted_as_they_are_made(tiny_model: Path, rows: int, epochs: float, steps: int) -> None:
    assert total_steps(replace(recipe(tiny_model), epochs=epochs), rows) == steps


def test_a_recipe_is_plain_values(tiny_model: Path) -> None:
    found = asdict(recipe(tiny_model))
    assert json.loads(json.dumps(found)) == found
