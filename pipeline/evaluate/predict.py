"""Prediction: a student, or the base with shots, asked about texts in static batches of like length, greedily.

A stage on tables: rows with item_id and text in, what the model wrote out. It is loaded once in each worker.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.curate.examples import student_prompt
from pipeline.errors import InputError
from pipeline.evaluate.answers import read_answer
from pipeline.evaluate.shots import Messages, fitted
from pipeline.finetune.base_model import load_tokenizer
from pipeline.finetune.loading import load_base, load_student, quiet_libraries, unpacked
from pipeline.finetune.rows import token_ids
from pipeline.generate.parsing import clean
from pipeline.stage import Stage, Step
from pipeline.tasks.task import Task, TaskSource, load_task

WRITES = ("raw", "answer", "failure", "seconds", "prompt_tokens", "output_tokens", "shots")


@dataclass(frozen=True, slots=True)
class Model:
    """What is asked: a base model, with an adapter or without, in 4-bit or whole."""

    base: str
    context: int
    adapter: Path | None = None
    four_bit: bool = True
    gpu: bool = False
    thinking: bool = False
    """Whether it may think before it answers, if its chat template knows of that."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How: with which shots, how many at once, and how long an answer may become."""

    shots: tuple[Messages, ...] = ()
    batch: int = 16
    max_new_tokens: int = 256


def predict_stage(source: TaskSource, model: Model, asking: Asking) -> Stage:
    """Reads item_id and text, writes `raw` and what was measured on the way.

    An item whose question alone is longer than the model's context becomes the failure `too_long`. `seconds` are
    those of the item's batch: what somebody who waits for it waits.
    """

    def load() -> Step:
        tokenizer = load_tokenizer(model.base)
        tokenizer.padding_side = "left"
        network = unpacked(load_base(model.base, four_bit=model.four_bit, gpu=model.gpu))
        network.generation_config = _greedily(network.generation_config, tokenizer)
        if model.adapter is not None:
            network = load_student(network, model.adapter, model.base)
        network.eval()
        task = load_task(source)
        return lambda table: _predict(task, network, tokenizer, model, asking, table)

    return Stage("predict", ("item_id", "text"), WRITES, load)


def _greedily(own: Any, tokenizer: Any) -> Any:
    """How answers are generated: by none of the model's own settings, of which a repetition penalty would punish what
    is copied from the text; but where the model names more end tokens than its tokenizer, each of them ends an answer.
    """
    from transformers import GenerationConfig

    named = own.eos_token_id
    ends = {tokenizer.eos_token_id, *(named if isinstance(named, list) else [named])} - {None}
    return GenerationConfig(do_sample=False, pad_token_id=tokenizer.pad_token_id, eos_token_id=sorted(ends))


def _predict(task: Task, network: Any, tokenizer: Any, model: Model, asking: Asking, table: pa.Table) -> pa.Table:
    room = model.context - asking.max_new_tokens
    if room <= 0:
        raise InputError(
            f"evaluation.max_new_tokens: {asking.max_new_tokens} leaves no room in the {model.context} tokens that the "
            "model takes; lower it"
        )

    def tokens(messages: Messages) -> list[int]:
        return token_ids(tokenizer, messages, question=True, thinking=model.thinking)

    asked = []
    for text in table["text"].to_pylist():
        messages, shots = fitted(student_prompt(task, text), asking.shots, lambda turns: len(tokens(turns)), room)
        asked.append((tokens(messages), shots))
    written: list[dict[str, Any]] = [{} for _ in asked]
    for batch in _batches([len(ids) for ids, _ in asked], asking.batch, room):
        for at, found in zip(batch, _generate(network, tokenizer, [asked[at][0] for at in batch], asking), strict=True):
            written[at] = found
    rows = [_row(found, ids, shots) for found, (ids, shots) in zip(written, asked, strict=True)]
    for name in WRITES:
        table = table.append_column(name, pa.array([row[name] for row in rows], TYPES[name]))
    return table


TYPES = {
    "raw": pa.string(),
    "answer": pa.string(),
    "failure": pa.string(),
    "seconds": pa.float64(),
    "prompt_tokens": pa.int32(),
    "output_tokens": pa.int32(),
    "shots": pa.int32(),
}


def _batches(lengths: list[int], size: int, room: int) -> Iterator[list[int]]:
    """Places of the prompts that fit, shortest first, so that little is padded."""
    places = sorted((at for at, length in enumerate(lengths) if length <= room), key=lambda at: (lengths[at], at))
    for start in range(0, len(places), size):
        yield places[start : start + size]


def _generate(network: Any, tokenizer: Any, prompts: list[list[int]], asking: Asking) -> list[dict[str, Any]]:
    import torch

    longest = max(map(len, prompts))
    pad = tokenizer.pad_token_id
    ids = torch.tensor([[pad] * (longest - len(one)) + one for one in prompts], device=network.device)
    mask = torch.tensor([[0] * (longest - len(one)) + [1] * len(one) for one in prompts], device=network.device)
    started = time.perf_counter()
    with torch.inference_mode(), quiet_libraries():
        out = network.generate(
            input_ids=ids,
            attention_mask=mask,
            max_new_tokens=asking.max_new_tokens,
        )
    seconds = time.perf_counter() - started
    return [
        {"raw": _words(tokenizer, one[:end]), "output_tokens": min(end + 1, len(one)), "seconds": seconds}
        for one in out[:, longest:].tolist()
        for end in [_end(one, network.generation_config.eos_token_id)]
    ]


def _words(tokenizer: Any, tokens: list[int]) -> str:
    """As they were written: some tokenizers would tidy up the spaces before punctuation."""
    return str(tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False))


def _end(tokens: list[int], ends: list[int]) -> int:
    """The place of the first end token; behind the last when there is none."""
    return next((at for at, token in enumerate(tokens) if token in ends), len(tokens))


def _row(found: dict[str, Any], prompt: list[int], shots: int) -> dict[str, Any]:
    if not found:
        return dict.fromkeys(WRITES) | {"failure": "too_long", "prompt_tokens": len(prompt), "shots": shots}
    answer, failure = read_answer(found["raw"])
    raw = clean(found["raw"]).replace("\x00", "")
    return {**found, "raw": raw, "answer": answer, "failure": failure, "prompt_tokens": len(prompt), "shots": shots}
