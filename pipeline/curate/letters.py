"""Letters: the UTF-8 of an Arrow column, and what every code point is, as this Python's Unicode tables have it.

Compiled loops read both. What depends on a letter's neighbours is found here and left to Python.
"""

import re
import sys
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.curate.compiled import compiled

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]

WORD, BLANK, COMPOSING, CONTEXTUAL = np.uint8(1), np.uint8(2), np.uint8(4), np.uint8(8)
"""What a code point is: part of a word; white space; something that only Python can normalise (it may compose with its
neighbours, or is folded into several); a letter that only Python can lower-case (it depends on its neighbours, or
becomes two).
"""


def utf8(texts: pa.Array) -> tuple[Bytes, Numbers]:
    """(data, offsets) of an array of large strings: text i is `data[offsets[i]:offsets[i + 1]]`."""
    _, offsets, data = texts.buffers()
    if not len(texts):
        return np.empty(0, np.uint8), np.zeros(1, np.int64)
    numbers = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8), numbers


class Letters(NamedTuple):
    """For every code point what it is (WORD, BLANK, COMPOSING, CONTEXTUAL), its lower case and its folded case."""

    kinds: NDArray[np.uint8]
    lower: NDArray[np.uint32]
    folded: NDArray[np.uint32]


@cache
def letters() -> Letters:
    """As this Python's own Unicode tables have it; takes a fifth of a second, once a process."""
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    kinds = np.zeros(len(every), np.uint8)
    for kind, pattern in ((WORD, r"\w+"), (BLANK, r"\s+")):
        for run in re.finditer(pattern, every):
            kinds[run.start() : run.end()] |= kind
    kinds[[ord(letter) for letter in "Σİ"]] |= CONTEXTUAL | COMPOSING
    lower = _codes(every.replace("Σ", "σ").replace("İ", "i").lower())
    folded = lower.copy()
    kinds[0x1100:0x1200] |= COMPOSING  # Hangul letters become syllables
    for code in [*range(0x80, 0x3400), *range(0xA640, 0xAC00), *range(0xF900, 0xFFF0), *range(0x10000, 0x20000)]:
        letter = every[code]
        fold = letter.casefold()
        if (
            len(fold) > 1
            or unicodedata.category(letter)[0] == "M"
            or not unicodedata.is_normalized("NFC", letter + fold)
        ):
            kinds[code] |= COMPOSING
        else:
            folded[code] = ord(fold)
    kinds[0x2F800:0x2FA20] |= COMPOSING  # ideographs that stand for others
    return Letters(kinds, lower, folded)


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


@compiled
def decoded(data: Bytes, at: int) -> tuple[np.int64, int]:
    """(code point, where the next one begins); Arrow's strings are valid UTF-8."""
    first = np.int64(data[at])
    if first < 0x80:
        return first, at + 1
    if first < 0xE0:
        return (first & 0x1F) << 6 | np.int64(data[at + 1]) & 0x3F, at + 2
    if first < 0xF0:
        middle = np.int64(data[at + 1]) & 0x3F
        return (first & 0x0F) << 12 | middle << 6 | np.int64(data[at + 2]) & 0x3F, at + 3
    tail = (np.int64(data[at + 1]) & 0x3F) << 12 | (np.int64(data[at + 2]) & 0x3F) << 6
    return (first & 0x07) << 18 | tail | np.int64(data[at + 3]) & 0x3F, at + 4


@compiled
def is_ascii(text: Bytes) -> bool:
    together = np.uint8(0)
    for at in range(len(text)):
        together |= text[at]
    return bool(together < 0x80)


@compiled
def longest(offsets: Numbers) -> int:
    """Bytes of the longest text."""
    most = 0
    for text in range(len(offsets) - 1):
        most = max(most, offsets[text + 1] - offsets[text])
    return most


@compiled
def seen(data: Bytes, offsets: Numbers, kinds: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The kinds of all letters beyond ASCII of each text, laid over each other."""
    found = np.zeros(len(offsets) - 1, np.uint8)
    for number in range(len(offsets) - 1):
        text = data[offsets[number] : offsets[number + 1]]
        if is_ascii(text):
            continue
        at = 0
        while at < len(text):
            code, at = decoded(text, at)
            if code >= 0x80:
                found[number] |= kinds[code]
    return found


def respelled(texts: pa.Array, rows: NDArray[np.bool_], spell: Callable[[str], str]) -> pa.Array:
    """The texts, some of them spelled otherwise by Python."""
    if not rows.any():
        return texts
    spelled = [spell(texts[row].as_py()) for row in np.flatnonzero(rows).tolist()]
    return pc.replace_with_mask(texts, pa.array(rows), pa.array(spelled, pa.large_string()))
