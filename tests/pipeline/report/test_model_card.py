"""The model card: a header that hubs read, the recipe, and figures with their intervals."""

from typing import Any

import pytest
import yaml

from pipeline.report.model_card import model_card


def record(**values: Any) -> dict[str, Any]:
    recipe = {
        "four_bit": True,
        "rank": 16,
        "alpha": 32,
        "dropout": 0.05,
        "learning_rate": 2e-4,
        "epochs": 3.0,
        "batch": 16,
        "workers": 2,
        "seed": 7,
        "gpu": False,
    }
    trained = {
        "model": "./tiny: a *model*",
        "recipe": recipe | {key: values.pop(key) for key in list(values) if key in recipe},
        "rows": 1234,
        "validation_rows": 137,
        "left_out": {"too_long": ["a", "b"], "validation_too_long": []},
        "steps": 231,
        "tokens": 456_789,
        "train_seconds": 98.6,
        "loss": 0.12345,
        "eval_loss": 0.23456,
    }
    teacher = {"model": "claude-haiku-5-5", "family": "claude"}
    return {"task": "orders", "settings": {"teacher": teacher}, "stages": {"finetune": trained | values}}


def figure(value: float) -> dict[str, float | int]:
    return {"value": value, "low": value - 0.05, "high": value + 0.05, "n": 80}


METRICS = {
    "students": {
        "baseline": {
            "final": {
                "items": 80,
                "macro_f1": figure(0.4),
                "exact": None,
                "malformed": figure(0.25),
                "shots": {"2": 20, "3": 60},
            }
        },
        "round-1": {
            "final": {
                "items": 80,
                "macro_f1": figure(0.8125),
                "exact": figure(0.5),
                "malformed": figure(0.05),
                "shots": {"0": 80},
            }
        },
    },
    "difference": {"verdict": {"sentence": "round-1 is better than baseline by 0.41 [0.30, 0.52] on final."}},
}


def header(card: str) -> dict[str, Any]:
    begin, found, rest = card.split("---\n", 2)
    assert begin == ""
    assert rest.strip().startswith("# orders: round-1")
    return dict(yaml.safe_load(found))


@pytest.mark.parametrize(("four_bit", "tags"), [(True, ["lora", "qlora"]), (False, ["lora"])])
def test_the_header_is_yaml_that_names_the_base_and_no_tag_twice(four_bit: bool, tags: list[str]) -> None:
    assert header(model_card(record(four_bit=four_bit), METRICS, "round-1")) == {
        "library_name": "peft",
        "base_model": "./tiny: a *model*",
        "pipeline_tag": "text-generation",
        "tags": [*tags, "synthetic", "seedwright"],
    }


def test_the_recipe_is_told_in_full() -> None:
    card = model_card(record(), METRICS, "round-1")
    for told in (
        "1,234 rows written by `claude-haiku-5-5` (family: claude), 137 more for the validation loss; 2 left out",
        "NF4 4-bit base with double quantisation, LoRA r=16, alpha=32, dropout=0.05 on all linear layers",
        "learning rate 0.0002 (cosine), 16 rows a step, 3 epochs, 231 steps, loss on the answers alone, seed 7",
        "456,789 tokens in 99 s on 2 CPU worker(s); last loss 0.123, validation loss 0.235",
    ):
        assert f"\n- {told}" in card
    whole = model_card(record(four_bit=False, gpu=True, epochs=0.5, eval_loss=None), METRICS, "round-1")
    assert "\n- base in full precision, LoRA r=16" in whole
    assert "0.5 epochs" in whole
    assert "on 2 GPU worker(s); last loss 0.123\n" in whole


def test_every_student_has_a_row_of_figures_with_intervals() -> None:
    card = model_card(record(), METRICS, "round-1")
    assert "| baseline | final | 80 | 0.400 [0.350, 0.450] | - | 0.250 [0.200, 0.300] | 2 for 20, 3 for 60 |" in card
    assert (
        "| round-1 | final | 80 | 0.812 [0.762, 0.863] | 0.500 [0.450, 0.550] | 0.050 [0.000, 0.100] | 0 for 80 |"
    ) in card
    table = [line for line in card.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in table} == {8}
    assert "round-1 is better than baseline by 0.41 [0.30, 0.52] on final." in card


def test_a_student_that_was_not_evaluated_says_so() -> None:
    card = model_card(record(), {}, "round-1")
    assert "\n\nNot evaluated.\n\n" in card
    assert not [line for line in card.splitlines() if line.startswith("| round-1")]


def test_a_card_ends_with_its_limits_and_one_line_break() -> None:
    card = model_card(record(), METRICS, "round-1")
    assert card.endswith("may fare worse.\n")
    assert "\n\n\n" not in card


def test_the_card_says_how_a_model_that_thinks_is_to_be_asked() -> None:
    entry = record()
    for thinks, told in ((False, True), (True, False)):
        entry["stages"]["finetune"]["recipe"]["thinking"] = thinks
        assert ("enable_thinking=False" in model_card(entry, METRICS, "round-1")) is told
