"""Larger corpora made of real texts: copies with some words edited, and new texts mixed from the words of two; short
texts by the million; texts that all resemble each other.
"""

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
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


def short_texts(data: Path, count: int, seed: int = 0) -> pa.Array:
    """Questions of 10 to 15 words, drawn as often as customers of a bank use them; one in twenty repeats another,
    a third of these word for word, a third with a word more and a third with another word in the middle.
    """
    real = pyarrow.csv.read_csv(data / "banking77/train.csv")["text"]
    words = pa.array(" ".join(real.to_pylist()).split(), pa.large_string())
    draw = np.random.default_rng(seed)
    lengths = draw.integers(10, 16, count)
    ends = np.cumsum(lengths)
    drawn = draw.integers(0, len(words), ends[-1])
    copies = np.flatnonzero(draw.random(count) < EDITED)
    sources = draw.integers(0, count, len(copies))
    texts = _joined(words, drawn, np.append(0, ends))
    originals = texts.take(pa.array(sources))
    kinds = draw.integers(0, 3, len(copies))
    more = pc.binary_join_element_wise(originals, *pa.array(["indeed", " "], pa.large_string()))
    other = pc.replace_substring_regex(originals, r"^((\S+ ){5})\S+", r"\1another")
    edited = pc.choose(pa.array(kinds), originals, more, other)
    mask = np.zeros(count, bool)
    mask[copies] = True
    return pc.replace_with_mask(texts, pa.array(mask), edited)


def _joined(vocabulary: pa.Array, words: np.ndarray, ends: np.ndarray) -> pa.Array:
    parts = pa.LargeListArray.from_arrays(pa.array(ends), vocabulary.take(pa.array(words)))
    return pc.binary_join(parts, pa.scalar(" ", pa.large_string()))


def template_texts(count: int, words: int = 300, changed: int = 5, seed: int = 0) -> pa.Array:
    """One text with some words changed in each: every two resemble each other, almost all a little too little."""
    draw = np.random.default_rng(seed)
    vocabulary = pa.array([f"word{number}" for number in range(words + 100_000)], pa.large_string())
    every = np.tile(np.arange(words), (count, 1))
    for _ in range(changed):
        every[np.arange(count), draw.integers(0, words, count)] = words + draw.integers(0, 100_000, count)
    return _joined(vocabulary, every.ravel(), np.arange(count + 1) * words)
