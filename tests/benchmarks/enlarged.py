"""Larger corpora made of real texts: copies with some words edited, and new texts mixed from the words of two."""

import random
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

EDITED = 0.05


def real_texts(data: Path) -> list[str]:
    """Answers of language models, some 200 words each."""
    table = pq.read_table(data / "llm_outputs/alpaca_eval_outputs.parquet", columns=["output"])
    return [text for text in table["output"].to_pylist() if text and len(text.split()) >= 20]


def enlarged(texts: Sequence[str], count: int, seed: int = 0) -> list[str]:
    """The texts and as many more as make `count`: one in twenty is an edited copy, the others resemble nothing."""
    draw = random.Random(seed)
    result = list(texts[:count])
    while len(result) < count:
        words = draw.choice(texts).split()
        if draw.random() < EDITED:
            for _ in range(draw.randint(1, max(1, len(words) // 40))):
                words[draw.randrange(len(words))] = f"edit{draw.randrange(10_000)}"
        else:
            other = draw.choice(texts).split()
            words = [draw.choice(words if draw.random() < 0.5 else other) for _ in words]
        result.append(" ".join(words))
    return result
