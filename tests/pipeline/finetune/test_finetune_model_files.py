"""What is known of a base model before it is loaded is what would be said of it then."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_model import TEMPLATE, make_tiny_model

from pipeline.errors import InputError
from pipeline.finetune.base_model import find_base, refuse_widths
from pipeline.finetune.model_files import look_at, look_at_widths
from pipeline.finetune.pocket import MODEL_DIR

pytestmark = pytest.mark.slow


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(tiny_model, tmp_path / "copy"))


def refusals(name: str) -> list[str]:
    """What is said beforehand and when the model is needed."""
    told = []
    for look in (lambda: look_at(name, "finetune.model"), lambda: find_base(name)):
        with pytest.raises(InputError) as caught:
            look()
        told.append(str(caught.value))
    return told


@pytest.mark.parametrize("file", ["config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja"])
def test_a_folder_that_lacks_a_part_is_refused_in_the_same_words_as_later(model: Path, file: str) -> None:
    (model / file).unlink()
    told, later = refusals(str(model))
    assert told == later


def test_a_path_that_is_not_there_and_a_config_that_is_none_are_refused_in_the_same_words(model: Path) -> None:
    told, later = refusals("./nowhere")
    assert told == later
    (model / "config.json").write_text("[1]")
    told, later = refusals(str(model))
    assert told == later


def test_a_model_that_can_be_asked_passes_wherever_its_template_stands(model: Path) -> None:
    assert look_at(str(model), "MODEL") == model
    (model / "chat_template.jinja").unlink()
    config = json.loads((model / "tokenizer_config.json").read_text())
    (model / "tokenizer_config.json").write_text(json.dumps({**config, "chat_template": TEMPLATE}))
    assert look_at(str(model), "MODEL") == model == Path(find_base(str(model)).path)
    (model / "tokenizer_config.json").write_text("{")
    with pytest.raises(InputError, match=r"tokenizer_config.json: cannot be read \(.+\); save the tokenizer again$"):
        look_at(str(model), "MODEL")


@pytest.mark.parametrize("name", ["two words/and a dot.", "a/b/c", "-x"])
def test_a_name_that_no_model_can_have_is_refused_and_nothing_is_fetched(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    with pytest.raises(InputError) as caught:
        look_at(name, "MODEL")
    assert str(caught.value).startswith(f"MODEL: {name!r} is neither a folder here nor to be had from the hub (HFVal")


def test_a_name_that_is_still_to_be_fetched_passes_and_without_a_network_only_if_it_is_here(
    monkeypatch: pytest.MonkeyPatch, model: Path
) -> None:
    fetched: list[str] = []
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda name, **_: fetched.append(name) or str(model))
    assert look_at("nobody/no-such-model", "finetune.model") is None
    assert fetched == []
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert look_at("nobody/no-such-model", "finetune.model") == model
    monkeypatch.undo()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    told, later = refusals("nobody/no-such-model")
    assert told == later


@pytest.mark.parametrize("widths", [{"intermediate": 336}, {"hidden": 96}])
def test_widths_are_refused_by_the_stored_weights_as_by_the_model(tmp_path: Path, widths: dict[str, int]) -> None:
    folder = make_tiny_model(tmp_path / "odd", **widths)
    with pytest.raises(InputError) as later:
        refuse_widths(str(folder))
    with pytest.raises(InputError) as caught:
        look_at_widths(folder)
    count = str(later.value).partition(" have widths")[0]
    assert str(caught.value).startswith(f"{count} have widths that 4-bit weights on a CPU cannot hold (model.layers.0.")


def test_widths_that_fit_pass_and_those_that_cannot_be_read_are_left_to_the_one_who_loads_them(model: Path) -> None:
    assert look_at_widths(model) is None
    assert look_at_widths(MODEL_DIR) is None
    for torn in (b"", b"\xff" * 100, b"version https://git-lfs.github.com/spec/v1\n", b"\x02" + b"\x00" * 7 + b"[]..."):
        (model / "model.safetensors").write_bytes(torn)
        assert look_at_widths(model) is None


def test_no_library_that_loads_models_is_imported(model: Path) -> None:
    code = (
        "import sys; from pipeline.finetune.model_files import look_at, look_at_widths\n"
        f"look_at_widths(look_at({str(model)!r}, '')); look_at('pocket', ''); look_at('some/model', '')\n"
        "assert not {'torch', 'transformers', 'ray'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"HF_HUB_OFFLINE": "0", "PYTHONPATH": "."})
