import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_encoder import as_sentence_transformers

from pipeline.embedding.encoder import find_encoder, found_here
from pipeline.errors import InputError


def test_a_plain_model_is_pooled_by_the_mean_of_its_tokens(tiny_encoder: Path) -> None:
    found = find_encoder(str(tiny_encoder))
    assert (found.pooling, found.tokens, found.lower_case, found.prompt) == ("mean", 64, False, "")
    assert found.path == str(tiny_encoder)


@pytest.mark.parametrize(
    ("pooling", "said"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode_mean_tokens": True}, "mean"),
        ({"pooling_mode": "lasttoken", "embedding_dimension": 64}, "lasttoken"),
        ({"pooling_mode": ["cls"]}, "cls"),
        ({}, "mean"),
    ],
)
def test_both_spellings_of_sentence_transformers_are_read(
    tiny_encoder: Path, pooling: dict[str, Any], said: str
) -> None:
    folder = as_sentence_transformers(
        tiny_encoder, pooling, "any.where.Normalize", max_seq_length=17, do_lower_case=True
    )
    found = find_encoder(str(folder))
    assert (found.pooling, found.tokens, found.lower_case) == (said, 17, True)


def test_the_prompt_that_a_model_puts_before_every_text_is_kept(tiny_encoder: Path) -> None:
    settings = {"prompts": {"query": "query: ", "document": ""}, "default_prompt_name": "query"}
    (tiny_encoder / "config_sentence_transformers.json").write_text(json.dumps(settings))
    assert find_encoder(str(tiny_encoder)).prompt == "query: "


@pytest.mark.parametrize("pooling", [{"pooling_mode_max_tokens": True}, {"pooling_mode": ["cls", "mean"]}])
def test_another_pooling_is_refused(tiny_encoder: Path, pooling: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"1_Module/config\.json: pools by .*; take a model that pools by one of mean"):
        find_encoder(str(as_sentence_transformers(tiny_encoder, pooling)))


def test_a_prompt_left_out_of_the_pooling_is_refused(tiny_encoder: Path) -> None:
    with pytest.raises(InputError, match="leaves the prompt out"):
        find_encoder(str(as_sentence_transformers(tiny_encoder, {"pooling_mode": "mean", "include_prompt": False})))


def test_a_module_that_is_not_understood_is_refused(tiny_encoder: Path) -> None:
    folder = as_sentence_transformers(tiny_encoder, {}, "sentence_transformers.models.Dense")
    with pytest.raises(InputError, match=r"modules\.json: has a module 'Dense', which is not supported"):
        find_encoder(str(folder))


def test_modules_without_a_transformer_are_refused(tiny_encoder: Path) -> None:
    (tiny_encoder / "modules.json").write_text('[{"type": "x.Pooling", "path": ""}]')
    with pytest.raises(InputError, match="lists the modules Pooling, not a Transformer"):
        find_encoder(str(tiny_encoder))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (["config.json"], "holds no config.json"),
        (["model.safetensors"], "holds no weights"),
        (["tokenizer.json"], "holds no tokenizer"),
    ],
)
def test_what_a_folder_lacks_is_named(tiny_encoder: Path, files: list[str], said: str) -> None:
    for name in files:
        (tiny_encoder / name).unlink()
    with pytest.raises(InputError, match=said):
        find_encoder(str(tiny_encoder))


def test_an_encoder_with_a_decoder_is_refused(tiny_encoder: Path) -> None:
    config = json.loads((tiny_encoder / "config.json").read_text()) | {"is_encoder_decoder": True}
    (tiny_encoder / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="is an encoder with a decoder"):
        find_encoder(str(tiny_encoder))


def test_a_file_that_is_no_json_is_named(tiny_encoder: Path) -> None:
    (tiny_encoder / "modules.json").write_text("{")
    with pytest.raises(InputError, match=r"modules\.json: cannot be read"):
        find_encoder(str(tiny_encoder))


@pytest.mark.parametrize("name", ["./not-there", "/not/there", ""])
def test_a_folder_that_is_not_there_is_refused_without_asking_the_hub(name: str) -> None:
    with pytest.raises(InputError, match="--embed: there is no folder"):
        find_encoder(name)


def test_a_hub_name_without_a_network_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match=r"dedup\.embedding: 'no/such-model' is neither a folder here nor to be had"):
        find_encoder("no/such-model", where="dedup.embedding")


def test_a_machine_that_has_the_model_elsewhere_finds_it_by_its_name_and_takes_no_other(tiny_encoder: Path) -> None:
    encoder = find_encoder(str(tiny_encoder))
    assert found_here(encoder) is encoder
    assert found_here(replace(encoder, path="/only/on/the/driver")) == encoder
    with pytest.raises(InputError, match=r"is another model than .* on the driver"):
        found_here(replace(encoder, path="/only/on/the/driver", fingerprint="other"))
    with pytest.raises(InputError, match=r"the embedding model on .*: there is no folder"):
        found_here(replace(encoder, path="/only/on/the/driver", name="./nowhere"))
