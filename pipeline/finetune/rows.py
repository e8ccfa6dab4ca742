"""Training rows as the student will see them: checked against the task, measured in tokens, none cut off in silence."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipeline.errors import InputError
from pipeline.tasks.task import Task

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Fitted:
    """The rows that fit, their tokens in all, and the ids of those left out for their length."""

    rows: pa.Table
    tokens: int
    longest: int
    left_out: tuple[str, ...]


def check_answers(task: Task, rows: pa.Table, where: str) -> None:
    """Raises InputError for a set without rows, or with an answer (a label, say) that the schema does not know."""
    if rows.num_rows == 0:
        raise InputError(f"{where}: holds no rows to train on; see why in the funnel, and curate again")
    wrong = []
    for row in rows.select(["sample_id", "completion"]).to_pylist():
        said = row["completion"][-1]["content"]
        try:
            errors = task.schema_errors(json.loads(said))
        except (ValueError, RecursionError) as error:
            errors = [f"is not JSON ({error})"]
        wrong += [f"{row['sample_id']}: {errors[0]}"] if errors else []
    if wrong:
        listed = "\n  ".join(wrong[:SHOWN])
        raise InputError(
            f"{where}: {len(wrong)} of {rows.num_rows} answers do not fit the task's schema, the first being\n"
            f"  {listed}\nmend or take out those rows, or run curate again"
        )


def fit(
    rows: pa.Table, tokenizer: Any, max_length: int, *, drop_long: bool, where: str, thinking: bool = False
) -> Fitted:
    """Counts each row's tokens with the model's own chat template.

    Raises InputError when a row is longer than `max_length` unless long rows may be left out, and when the template
    does not begin a whole conversation with the words of its prompt: the loss would then be taken on the wrong tokens.
    """
    lengths = [_length(row, tokenizer, where, thinking) for row in rows.select(["prompt", "completion"]).to_pylist()]
    fits = [length <= max_length for length in lengths]
    left_out = [name for name, fit in zip(rows["sample_id"].to_pylist(), fits, strict=True) if not fit]
    if left_out and not drop_long:
        raise InputError(
            f"{where}: {len(left_out)} of {rows.num_rows} rows are longer than {max_length} tokens, the longest "
            f"{max(lengths)} ({', '.join(left_out[:SHOWN])}); raise finetune.max_length, take a model with a longer "
            "context, or say finetune.drop_long=true to leave them out"
        )
    kept = [length for length, fit in zip(lengths, fits, strict=True) if fit]
    if not kept:
        raise InputError(f"{where}: no row is as short as {max_length} tokens; raise finetune.max_length")
    return Fitted(rows.filter(pa.array(fits)), sum(kept), max(kept), tuple(left_out))


def _length(row: dict[str, Any], tokenizer: Any, where: str, thinking: bool) -> int:
    prompt = token_ids(tokenizer, row["prompt"], question=True, thinking=thinking)
    whole = token_ids(tokenizer, [*row["prompt"], *row["completion"]], question=False, thinking=thinking)
    if list(whole[: len(prompt)]) != list(prompt):
        raise InputError(
            f"{where}: the chat template of the model does not continue its own prompt, so the answer's tokens "
            "cannot be "
            "told from the question's; take another model, or mend its template"
        )
    return len(whole)


def template_options(thinking: bool) -> dict[str, bool]:
    """What chat templates are rendered with, in training as in asking. A template that thinks opens the answer with an
    empty thought where it must not: left to itself it would do so in training alone, and the base would think aloud
    where its student answers. Templates without such a variable do not look at it.
    """
    return {"enable_thinking": thinking}


def token_ids(
    tokenizer: Any, messages: Sequence[dict[str, Any]], *, question: bool, thinking: bool = False
) -> list[int]:
    """The tokens of a conversation; a `question` ends where the answer is to begin.

    Raises InputError for a conversation that the template refuses, as some refuse system messages.
    """
    from jinja2 import TemplateError

    try:
        found = tokenizer.apply_chat_template(
            list(messages), add_generation_prompt=question, tokenize=True, **template_options(thinking)
        )
    except TemplateError as error:
        roles = ", ".join(str(message["role"]) for message in messages)
        raise InputError(
            f"the model's chat template does not take {roles} ({error}); take the system block out of the student "
            "prompt, or another model"
        ) from error
    return list(found["input_ids"] if hasattr(found, "keys") else found)
