"""Shingles: a text as the set of its overlapping word or character runs, each hashed to 64 bits.

Two texts are compared by the exact Jaccard similarity of these sets: shared shingles over distinct shingles of both.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Self, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from pipeline.errors import InputError
from pipeline.spelling import meant

Hashes = NDArray[np.uint64]

SPELLING = re.compile(r"(word|char):([1-9]\d{0,3})")
WORD = re.compile(r"\w+")
BLANK_BUT_WORDS = bytes(code if code < 128 and WORD.match(chr(code)) else 32 for code in range(256))


def words(text: str) -> list[str]:
    r"""The lower-cased runs of `\w` (letters, digits and underscore of any script)."""
    return WORD.findall(text.lower())


def encoded_words(text: str) -> list[bytes]:
    """The same words as UTF-8; several times faster where the text is ASCII."""
    if text.isascii():
        return text.lower().encode().translate(BLANK_BUT_WORDS).split()
    return " ".join(words(text)).encode().split()


def normalise(text: str) -> str:
    """What makes two texts exactly equal: composed (NFC), case folded, runs of white space one blank, none at the ends.

    >>> normalise("  STRASSE\\n42 ") == normalise("straße 42")
    True
    """
    if text.isascii():
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFC", text).casefold()
    return " ".join(unicodedata.normalize("NFC", folded).split())


def column(table: pa.Table, name: str, *, where: str = "table") -> pa.ChunkedArray:
    """The column of that name. Raises InputError that names the columns there are."""
    if name not in table.column_names:
        near = meant(name, table.column_names)
        hint = f"did you mean {near!r}?" if near else f"the columns are {', '.join(table.column_names) or 'none'}"
        raise InputError(f"{where}: no column {name!r}; {hint}")
    return table[name]


def require_texts(table: pa.Table, name: str, *, where: str = "table", places: Sequence[str] | None = None) -> None:
    """Raises InputError when the column is missing, holds no texts, or has nulls, which are named by their `places`."""
    texts = column(table, name, where=where)
    if texts.null_count:
        nulls = np.flatnonzero(texts.is_null()).tolist()
        named = ", ".join(places[row] if places else f"row {row}" for row in nulls[:5])
        more = f" and {len(nulls) - 5} more" if len(nulls) > 5 else ""
        raise InputError(f"{where}: {name!r} is null at {named}{more}; give each row a text, or leave the row out")
    if len(texts) and not isinstance(texts[0].as_py(), str):
        raise InputError(f"{where}: {name!r} holds {texts.type}, not texts; name a column of strings")


def texts_of(table: pa.Table, name: str, *, where: str = "table") -> list[str]:
    """The texts of a column. Raises what `require_texts` raises."""
    require_texts(table, name, where=where)
    return cast(list[str], table[name].to_pylist())


def _blanked(text: str) -> str:
    return " ".join(text.lower().split())


@dataclass(frozen=True, slots=True)
class Shingling:
    """How a text is cut: runs of `size` words, or of `size` characters of the lower-cased text with single blanks.

    A text shorter than `size` is one shingle, itself whole; a text without words (or characters) has none, and no
    Jaccard similarity to anything: it can only be exactly equal.

    >>> list(Shingling.parse("word:2").pieces("To be, or"))
    [b'to be', b'be or']
    """

    unit: Literal["word", "char"]
    size: int

    @classmethod
    def parse(cls, spelling: str) -> Self:
        """From "word:5" or "char:9". Raises InputError for anything else."""
        found = SPELLING.fullmatch(spelling)
        if found is None:
            raise InputError(f"shingle: {spelling!r} is neither word:N nor char:N; write for example word:5 or char:9")
        return cls(cast(Literal["word", "char"], found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.unit}:{self.size}"

    def hashes(self, text: str) -> Hashes:
        """The distinct shingles as sorted xxh3_64 values."""
        values = np.fromiter(map(xxh3_64_intdigest, self.pieces(text)), np.uint64)
        values.sort()
        return values[np.concatenate([[True], values[1:] != values[:-1]])] if len(values) else values

    def fits(self, text: str) -> bool:
        """Whether the text is at least one shingle long."""
        return len(encoded_words(text) if self.unit == "word" else _blanked(text)) >= self.size

    def pieces(self, text: str) -> Iterator[bytes]:
        """The shingles in order, repeated ones too, as UTF-8; the words of one stand with one blank between them."""
        if self.unit == "char":
            whole = _blanked(text)
            starts = range(max(1, len(whole) - self.size + 1)) if whole else range(0)
            return (whole[start : start + self.size].encode() for start in starts)
        parts = encoded_words(text)
        if len(parts) < self.size:
            return iter([b" ".join(parts)] if parts else [])
        return map(b" ".join, zip(*(parts[start:] for start in range(self.size)), strict=False))


@dataclass(frozen=True, slots=True)
class ShingleSets:
    """Many sets in one array: row i owns `values[offsets[i]:offsets[i + 1]]`, sorted and distinct."""

    values: Hashes
    offsets: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Iterable[str], shingling: Shingling) -> Self:
        sets = [shingling.hashes(text) for text in texts]
        offsets = np.cumsum([0, *map(len, sets)], dtype=np.int64)
        return cls(np.concatenate(sets) if sets else np.empty(0, np.uint64), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> Hashes:
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    @property
    def sizes(self) -> NDArray[np.int64]:
        return np.diff(self.offsets)

    def sizes_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return self.offsets[rows + 1] - self.offsets[rows]

    def take(self, rows: NDArray[np.int64]) -> "ShingleSets":
        sizes = self.sizes_of(rows)
        offsets = np.concatenate([[0], np.cumsum(sizes)])
        sources = np.arange(offsets[-1]) + np.repeat(self.offsets[rows] - offsets[:-1], sizes)
        return ShingleSets(self.values[sources], offsets)
