"""The shipped folder: small, complete, made for 4-bit layers, and able to answer about documents it has not read."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from pipeline.finetune.base_model import odd_widths
from pipeline.finetune.pocket import MODEL_DIR
from pipeline.finetune.pocket import measure as measuring
from pipeline.finetune.pocket.corpus.domains import HELD_OUT, held_out_domains, training_domains
from pipeline.finetune.pocket.measure import answers, label_questions, questions, report, score

pytestmark = pytest.mark.slow

FILES = {
    "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja",
    "generation_config.json", "README.md",
}  # fmt: skip


@pytest.fixture(scope="module")
def network() -> Any:
    return AutoModelForCausalLM.from_pretrained(MODEL_DIR)


def test_the_folder_has_its_files_and_is_small() -> None:
    assert {file.name for file in MODEL_DIR.iterdir()} == FILES
    assert sum(file.stat().st_size for file in MODEL_DIR.iterdir()) < 10_000_000


def test_it_is_a_llama_of_one_to_four_million_parameters_in_float32(network: Any) -> None:
    assert type(network).__name__ == "LlamaForCausalLM"
    assert 1_000_000 <= sum(weight.numel() for weight in network.parameters()) <= 4_000_000
    assert str(network.dtype) == "torch.float32"
    assert network.get_input_embeddings().weight is network.get_output_embeddings().weight


def test_every_layer_width_suits_4_bit_layers_on_a_cpu(network: Any) -> None:
    layers = [weight for name, weight in network.named_parameters() if "proj" in name]
    assert len(layers) == 7 * network.config.num_hidden_layers
    assert odd_widths({str(at): tuple(weight.shape) for at, weight in enumerate(layers)}) == {}


def test_tokenizer_and_model_agree(network: Any) -> None:
    tokenizer = AutoTokenizer.from_pretrained(MODEL_DIR)
    assert len(tokenizer) == network.config.vocab_size
    for settings in (network.config, network.generation_config):
        assert settings.eos_token_id == tokenizer.eos_token_id
        assert settings.pad_token_id == tokenizer.pad_token_id
    assert network.config.max_position_embeddings == tokenizer.model_max_length == 1024


def test_asking_where_the_model_is_loads_no_torch() -> None:
    code = (
        "import sys; from pipeline.finetune.pocket import MODEL_DIR; print(MODEL_DIR.is_dir(), 'torch' in sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[4],
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip
    assert said.stdout.split() == ["True", "False"]


def test_it_answers_questions_about_documents_it_has_not_read() -> None:
    asked = list(questions(training_domains(), 12, seed="test"))
    found = score(asked, answers(MODEL_DIR, [one.messages for one in asked]))
    assert found.malformed <= 5, report({"known domains": found})
    assert found.right.total() >= 0.5 * found.asked.total(), report({"known domains": found})


def test_it_answers_about_domains_it_has_not_read_of() -> None:
    asked = list(questions(held_out_domains(), 8, seed="test"))
    found = score(asked, answers(MODEL_DIR, [one.messages for one in asked]))
    assert found.malformed <= 6, report({", ".join(HELD_OUT): found})
    assert found.right.total() >= 0.1 * found.asked.total(), report({", ".join(HELD_OUT): found})


def test_a_question_holds_the_document_and_not_its_answer() -> None:
    for one in questions(training_domains(), 24, shots=1, seed="other"):
        assert one.messages[-1]["role"] == "user"
        assert [m["role"] for m in one.messages if m["role"] != "system"] == ["user", "assistant", "user"]
        assert set(one.kinds) == set(one.right)


def test_a_question_for_a_label_offers_the_right_one_among_others() -> None:
    for domains in (training_domains(), held_out_domains()):
        asked = list(label_questions(domains, 60, seed="other"))
        assert {kind for one in asked for kind in one.kinds.values()} == {"choice", "sort"}
        for one in asked:
            assert [message["role"] for message in one.messages] == ["user"]
            assert one.labels >= 2
            assert list(one.right) == ["label"]
            assert one.right["label"] in one.messages[0]["content"]
    assert asked == list(label_questions(held_out_domains(), 60, seed="other"))


def test_labels_are_measured_beside_what_guessing_gets_right() -> None:
    asked = list(label_questions(training_domains(), 4, seed="score"))
    found = score(asked, [json.dumps(asked[0].right), '{"label":"none of them"}', '{"sort":"x"}', "x"])
    assert (found.answers, found.malformed, found.right.total()) == (4, 2, 1)
    assert found.guessed == sum(1 / one.labels for one in asked)
    assert f"1/4 fields right ({found.guessed:.0f} by guessing), 2/4 answers malformed" in report({"labels": found})


def test_labels_are_among_what_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "answers", lambda _, asked: ["{}"] * len(asked))
    scores = measuring.measure(MODEL_DIR, 4)
    assert list(scores)[-2:] == ["labels, known domains", "labels, held-out domains"]
    assert all(one.guessed > 0 for name, one in scores.items() if name.startswith("labels"))


def test_a_wrong_an_ill_formed_and_a_right_answer_are_told_apart() -> None:
    asked = list(questions(training_domains(), 3, seed="score"))
    right = json.dumps(asked[0].right)
    found = score(asked, [right, "Here it is: {}", "{}"])
    assert (found.answers, found.malformed) == (3, 2)
    assert found.right.total() == len(asked[0].right)
    assert found.asked.total() == sum(len(one.right) for one in asked)
    assert f"{len(asked[0].right)}/{found.asked.total()} fields right, 2/3 answers malformed" in report({"toy": found})
