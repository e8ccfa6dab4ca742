"""The model card of a student: what it was trained on, by what recipe, and what it was measured to do."""

from collections.abc import Mapping
from typing import Any

import yaml


def model_card(record: Mapping[str, Any], metrics: Mapping[str, Any], student: str) -> str:
    """Markdown with the header that model hubs read. `record` is run.json, `metrics` is metrics.json."""
    settings, trained = record["settings"], record["stages"]["finetune"]
    recipe = trained["recipe"]
    header = {
        "library_name": "peft",
        "base_model": trained["model"],
        "pipeline_tag": "text-generation",
        "tags": ["lora", *(["qlora"] if recipe["four_bit"] else []), "synthetic", "seedwright"],
    }
    parts = [
        f"---\n{yaml.safe_dump(header, sort_keys=False)}---",
        f"# {record['task']}: {student}",
        _verdict(metrics),
        _use(trained["model"], recipe.get("thinking", True)),
        f"## Training\n\n{_training(settings, trained)}",
        f"## Evaluation\n\n{_evaluation(metrics)}",
        "## Limits\n\nIt was trained on what a teacher model wrote, for this one task and its prompt, and measured "
        "on the rows above and no others. Real inputs that differ from them may fare worse.",
    ]
    return "\n\n".join(parts) + "\n"


def _verdict(metrics: Mapping[str, Any]) -> str:
    sentence = metrics.get("difference", {}).get("verdict", {}).get("sentence")
    return str(sentence or "Not evaluated.")


def _use(base: str, thinking: bool) -> str:
    quiet = "" if thinking else ", with `enable_thinking=False` where its chat template knows that"
    return (
        "## Use\n\n```python\n"
        "from peft import AutoPeftModelForCausalLM\nfrom transformers import AutoTokenizer\n"
        'model, tokenizer = AutoPeftModelForCausalLM.from_pretrained("adapter"), '
        'AutoTokenizer.from_pretrained("adapter")\n'
        f"```\n\nThe base model is `{base}`; ask with the task's student prompt, greedily, as it was trained{quiet}."
    )


def _training(settings: Mapping[str, Any], trained: Mapping[str, Any]) -> str:
    recipe, teacher = trained["recipe"], settings["teacher"]
    left_out = len(trained["left_out"]["too_long"])
    lines = [
        f"{trained['rows']:,} rows written by `{teacher['model']}` (family: {teacher['family']}), "
        f"{trained['validation_rows']:,} more for the validation loss; {left_out} left out for their length",
        f"{'NF4 4-bit base with double quantisation' if recipe['four_bit'] else 'base in full precision'}, LoRA "
        f"r={recipe['rank']}, alpha={recipe['alpha']}, dropout={recipe['dropout']:g} on all linear layers",
        f"learning rate {recipe['learning_rate']:g} (cosine), {recipe['batch']} rows a step, {recipe['epochs']:g} "
        f"epochs, {trained['steps']:,} steps, loss on the answers alone, seed {recipe['seed']}",
        f"{trained['tokens']:,} tokens in {trained['train_seconds']:,.0f} s on {recipe['workers']} "
        f"{'GPU' if recipe['gpu'] else 'CPU'} worker(s); last loss {trained['loss']:.3f}"
        + (f", validation loss {trained['eval_loss']:.3f}" if trained.get("eval_loss") is not None else ""),
    ]
    return "\n".join(f"- {line}" for line in lines)


def _evaluation(metrics: Mapping[str, Any]) -> str:
    rows = [
        f"| {student} | {name} | {found['items']} | {_figure(found['macro_f1'])} | {_figure(found['exact'])} | "
        f"{_figure(found['malformed'])} | {_shots(found['shots'])} |"
        for student, sets in metrics.get("students", {}).items()
        for name, found in sets.items()
    ]
    head = "| student | set | items | macro F1 | all fields right | malformed | shots |\n|---|---|---:|---|---|---|---|"
    return "\n".join([head, *rows, "", "Value and 95 % interval (bootstrap over documents)."])


def _figure(found: Mapping[str, Any] | None) -> str:
    return "-" if not found else f"{found['value']:.3f} [{found['low']:.3f}, {found['high']:.3f}]"


def _shots(found: Mapping[str, int]) -> str:
    return ", ".join(f"{shots} for {rows}" for shots, rows in found.items())
