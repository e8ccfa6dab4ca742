"""Base models that are fit to be trained, and each way in which a folder or a name is none."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_model import make_tiny_model

from pipeline.errors import InputError
from pipeline.finetune.base_model import find_base, fingerprint, load_tokenizer, odd_widths, refuse_widths
from pipeline.finetune.loading import load_base

pytestmark = pytest.mark.slow


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(tiny_model, tmp_path / "copy"))


def edit(file: Path, **values: object) -> None:
    """Sets keys of a JSON object; None takes one out."""
    found = {**json.loads(file.read_text()), **values}
    file.write_text(json.dumps({key: value for key, value in found.items() if value is not None}))


def test_a_folder_is_found_and_its_context_is_what_model_and_tokenizer_both_take(model: Path) -> None:
    base = find_base(str(model))
    assert (base.path, base.context, base.fingerprint) == (str(model), 1024, fingerprint(model))
    edit(model / "tokenizer_config.json", model_max_length=200)
    assert find_base(str(model)).context == 200
    edit(model / "config.json", max_position_embeddings=100)
    assert find_base(str(model)).context == 100


def test_a_folder_may_be_named_from_where_one_stands(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(model.parent)
    assert find_base("copy").path == find_base("./copy").path == str(model)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("config.json", "holds no config.json, so it is no model; give the folder that save_pretrained wrote"),
        ("model.safetensors", r"holds no weights \(model.safetensors\); save the whole model there"),
        ("tokenizer.json", r"holds no tokenizer \(tokenizer.json\); save it there with tokenizer.save_pretrained"),
        ("chat_template.jinja", "has no chat template, so it cannot be asked; take an instruction-tuned model"),
    ],
)
def test_a_folder_that_lacks_a_part_is_refused_by_the_part(model: Path, file: str, message: str) -> None:
    (model / file).unlink()
    with pytest.raises(InputError, match=f"^{model}: {message}"):
        find_base(str(model))


@pytest.mark.parametrize("text", ['{"model_type": "lla', "", "\udcff", "[1]"], ids=["torn", "empty", "no text", "list"])
def test_a_config_that_is_none_is_refused_by_name(model: Path, text: str) -> None:
    (model / "config.json").write_text(text, errors="surrogateescape")
    with pytest.raises(InputError, match=r"config.json: cannot be read \(.*\); save the model again"):
        find_base(str(model))


def test_a_tokenizer_that_is_torn_is_refused(model: Path) -> None:
    (model / "tokenizer.json").write_text('{"version": "1.0", "trunc')
    with pytest.raises(InputError, match=rf"^{model}: its tokenizer cannot be loaded \(.*\); save it again"):
        find_base(str(model))


def test_a_tokenizer_without_an_end_is_refused_for_answers_would_never_end(model: Path) -> None:
    edit(model / "tokenizer_config.json", eos_token=None)
    with pytest.raises(InputError, match=rf"^{model}: its tokenizer has no end token, .*; set eos_token"):
        find_base(str(model))


def test_a_tokenizer_without_padding_pads_with_its_end(model: Path) -> None:
    edit(model / "tokenizer_config.json", pad_token=None)
    tokenizer = load_tokenizer(str(model))
    assert tokenizer.pad_token == tokenizer.eos_token == "<|end|>"


@pytest.mark.parametrize("template", ["{% for m in messages %}", "{{ raise_exception('no assistant, please') }}"])
def test_a_chat_template_that_fails_on_a_plain_question_is_refused(model: Path, template: str) -> None:
    (model / "chat_template.jinja").write_text(template)
    with pytest.raises(InputError, match=rf"^{model}: its chat template fails on a plain question \(.*\); mend it"):
        find_base(str(model))


@pytest.mark.parametrize("name", ["./nowhere", "/no/such/model", "~/nowhere"])
def test_a_path_that_is_not_there_is_no_name_of_the_hub(name: str) -> None:
    message = f"^finetune.model: there is no folder {name}; give a folder with a model, a hub name, or pocket"
    with pytest.raises(InputError, match=message):
        find_base(name)


@pytest.mark.parametrize("name", ["nobody/no-such-model", "two words/and a dot.", "a/b/c"])
def test_a_name_that_the_hub_does_not_give_is_told_with_its_remedy(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError) as caught:
        find_base(name)
    told = str(caught.value)
    assert told.startswith(f"finetune.model: {name!r} is neither a folder here nor to be had from the hub (")
    assert told.endswith("give a folder that begins with ./ or /, or fetch the model first where there is a network")
    assert "\n" not in told


def test_a_fingerprint_goes_by_what_a_model_is_and_not_by_where_it_lies(tiny_model: Path, model: Path) -> None:
    assert fingerprint(model) == fingerprint(tiny_model)
    (model / "README.md").write_text("words")
    assert replace(find_base(str(model)), name="", path="") == replace(find_base(str(tiny_model)), name="", path="")


@pytest.mark.parametrize(
    "change",
    [
        lambda model: flip(model / "model.safetensors", -1),
        lambda model: flip(model / "model.safetensors", 40_000),
        lambda model: edit(model / "config.json", rms_norm_eps=0.5),
        lambda model: edit(model / "tokenizer_config.json", eos_token="<|assistant|>"),
        lambda model: edit(model / "generation_config.json", eos_token_id=[1, 2]),
        lambda model: (model / "chat_template.jinja").write_text("{{ messages[0].content }}"),
    ],
    ids=["last byte", "a weight", "config", "end token", "end tokens", "chat template"],
)
def test_a_fingerprint_changes_with_all_that_changes_answers(model: Path, change: Callable[[Path], None]) -> None:
    before = fingerprint(model)
    change(model)
    assert fingerprint(model) != before


def flip(file: Path, at: int) -> None:
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize(
    ("widths", "message"),
    [
        ({"intermediate": 336}, r"6 layers have .*model.layers.0.mlp.gate_proj 64 -> 336; .*mlp.down_proj 336 -> 64"),
        ({"hidden": 96}, r"12 layers have .*model.layers.0.self_attn.q_proj 96 -> 96"),
    ],
)
def test_widths_that_four_bits_cannot_hold_are_told_by_layer_and_with_remedies(
    tmp_path: Path, widths: dict[str, int], message: str
) -> None:
    folder = make_tiny_model(tmp_path / "odd", **widths)
    with pytest.raises(InputError, match=f"^{folder}: {message}") as caught:
        refuse_widths(str(folder))
    told = str(caught.value)
    assert "inputs must be multiples of 64, outputs of 32" in told
    assert told.endswith("set finetune.four_bit=false, train on a GPU, or take another model")


def test_widths_that_fit_pass_and_the_head_is_asked_nothing(tiny_model: Path, tmp_path: Path) -> None:
    refuse_widths(str(tiny_model))  # its head has 261 outputs and stays as it is
    wide = make_tiny_model(tmp_path / "wide", hidden=128, intermediate=192)
    refuse_widths(str(wide))
    assert load_base(str(wide), four_bit=True, gpu=False).is_loaded_in_4bit


def test_a_layer_is_odd_by_either_side() -> None:
    odd = odd_widths({"fits": (32, 64), "input": (32, 32), "output": (48, 64), "both": (1, 1)})
    assert list(odd) == ["input", "output", "both"]
