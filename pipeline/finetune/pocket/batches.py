"""Batches of token ids, of one length as far as possible, the same for the same seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import torch
from tokenizers import Tokenizer

from pipeline.finetune.pocket.corpus.domains import training_domains
from pipeline.finetune.pocket.corpus.examples import Messages, example, level
from pipeline.finetune.pocket.tokenizer import ASSISTANT, END, LONGEST, PAD, special_id

BATCHES = 8
"""Batches in a window: examples are drawn by the window, sorted by length and cut into batches."""
IGNORED = -100


@dataclass(frozen=True, slots=True)
class Batch:
    """ids and targets are [rows, tokens]; a target is the token that follows, IGNORED where nothing is learnt."""

    ids: torch.Tensor
    targets: torch.Tensor


def token_ids(tokenizer: Tokenizer, messages: Messages) -> tuple[list[int], list[bool]]:
    """A conversation as the chat template writes it, and which tokens the assistant says (its <|end|> included)."""
    ids: list[int] = []
    said: list[bool] = []
    for message in messages:
        text = message["content"].replace("<|", "< |")
        body = tokenizer.encode(text, add_special_tokens=False).ids
        opening = f"<|{message['role']}|>"
        ids += [special_id(tokenizer, opening), *body, special_id(tokenizer, END)]
        mine = opening == ASSISTANT
        said += [False, *([mine] * (len(body) + 1))]
    return ids, said


def window(tokenizer: Tokenizer, seed: int, number: int, progress: float, tokens: int) -> list[Batch]:
    """BATCHES batches of some `tokens` tokens, from the level at this share of the training."""
    rng = Random(f"{seed}-{number}")
    at, domains = level(progress), training_domains()
    rows: list[tuple[list[int], list[bool]]] = []
    total = 0
    while total < BATCHES * tokens or len(rows) < BATCHES:
        row = token_ids(tokenizer, example(domains, rng, at))
        if len(row[0]) <= LONGEST:
            rows.append(row)
            total += len(row[0])
    rows.sort(key=lambda row: len(row[0]))
    batches = [_batch(part, special_id(tokenizer, PAD)) for part in _cut(rows, total / BATCHES)]
    rng.shuffle(batches)
    return batches


def _cut(rows: list[tuple[list[int], list[bool]]], share: float) -> Iterator[list[tuple[list[int], list[bool]]]]:
    """BATCHES parts in order, of about equal tokens, or of equal rows where one row outweighs a part."""
    parts: list[list[tuple[list[int], list[bool]]]] = [[] for _ in range(BATCHES)]
    before = 0
    for row in rows:
        parts[min(int(before / share), BATCHES - 1)].append(row)
        before += len(row[0])
    if all(parts):
        yield from parts
    else:
        yield from (rows[len(rows) * n // BATCHES : len(rows) * (n + 1) // BATCHES] for n in range(BATCHES))


def _batch(rows: list[tuple[list[int], list[bool]]], pad: int) -> Batch:
    """Padding stands on the right, where a causal model does not see it."""
    longest = max(len(ids) for ids, _ in rows)
    ids = torch.full((len(rows), longest), pad)
    targets = torch.full((len(rows), longest), IGNORED)
    for place, (row, said) in enumerate(rows):
        ids[place, : len(row)] = torch.tensor(row)
        learnt = [token if mine else IGNORED for token, mine in zip(row[1:], said[1:], strict=True)]
        targets[place, : len(learnt)] = torch.tensor(learnt)
    return Batch(ids, targets)
