"""Shingles: a text as the set of its overlapping word or character runs, each hashed to 64 bits by compiled loops.

Two texts are compared by the exact Jaccard similarity of these sets: shared shingles over distinct shingles of both.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.curate.groups import blocks
from pipeline.errors import InputError
from pipeline.spelling import meant

Hashes = NDArray[np.uint64]
Texts: TypeAlias = Sequence[str] | pa.ChunkedArray
CUT_AT_ONCE = 1 << 20
"""Bytes of text that are cut at a time, or one text if it is longer; so few that the memory for it is used again."""

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


def large_strings(texts: Texts) -> Iterator[pa.Array]:
    """The texts in arrays of some megabytes."""
    whole = texts if isinstance(texts, pa.ChunkedArray) else pa.chunked_array([pa.array(texts, pa.large_string())])
    for chunk in whole.cast(pa.large_string()).chunks:
        lengths = pc.binary_length(chunk).to_numpy(zero_copy_only=False).astype(np.int64)
        for block in blocks(lengths, CUT_AT_ONCE):
            yield chunk[block.start : block.stop]


def _blanked(text: str) -> str:
    return " ".join(text.lower().split())


@dataclass(frozen=True, slots=True)
class Shingling:
    """How a text is cut: runs of `size` words, or of `size` characters of the lower-cased text with single blanks.

    A text shorter than `size` is one shingle, itself whole; a text without words (or characters) has none, and no
    Jaccard similarity to anything: it can only be exactly equal.

    >>> len(Shingling.parse("word:2").hashes("To be, or not: to be."))
    4
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
        """The distinct shingles of one text, as sorted hashes."""
        return ShingleSets.of([text], self).values

    def fits(self, text: str) -> bool:
        """Whether the text is at least one shingle long."""
        return len(encoded_words(text) if self.unit == "word" else _blanked(text)) >= self.size


def _cut(texts: pa.Array, shingling: Shingling) -> tuple[Hashes, NDArray[np.int64], Hashes]:
    """(values, offsets, digests); what depends on a letter's neighbours is first spelled out by Python."""
    from pipeline.curate import kernels, letters

    kinds, lower, folded = letters.letters()
    found = letters.seen(*letters.utf8(texts), kinds)
    cut = kernels.word_shingles if shingling.unit == "word" else kernels.char_shingles
    lowered = letters.respelled(texts, found & letters.CONTEXTUAL > 0, str.lower)
    values, offsets, digests = cut(*letters.utf8(lowered), shingling.size, kinds, lower, folded)
    if len(composed := np.flatnonzero(found & letters.COMPOSING)):
        normal = pa.array([normalise(texts[row].as_py()) for row in composed.tolist()], pa.large_string())
        digests[composed] = kernels.digests(*letters.utf8(normal), kinds, folded)
    return values, offsets, digests


@dataclass(frozen=True, slots=True)
class ShingleRuns:
    """The shingles of many texts as they follow each other, repeated ones too: text i owns
    `values[offsets[i]:offsets[i + 1]]`. `digests` are hashes of the texts after `normalise`.
    """

    values: Hashes
    offsets: NDArray[np.int64]
    digests: Hashes

    @classmethod
    def parts(cls, texts: Texts, shingling: Shingling) -> Iterator[Self]:
        """The runs of some texts at a time."""
        return (cls(*_cut(part, shingling)) for part in large_strings(texts))

    @classmethod
    def of(cls, texts: Texts, shingling: Shingling) -> Self:
        parts = list(cls.parts(texts, shingling))
        values = np.concatenate([np.empty(0, np.uint64), *(part.values for part in parts)])
        sizes = np.concatenate([np.empty(0, np.int64), *(part.sizes for part in parts)])
        digests = np.concatenate([np.empty(0, np.uint64), *(part.digests for part in parts)])
        return cls(values, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), digests)

    @property
    def sizes(self) -> NDArray[np.int64]:
        return np.diff(self.offsets)

    def sets(self) -> "ShingleSets":
        """The same without repetitions; the values are sorted where they are."""
        from pipeline.curate.sketching import SMALL, distinct, sort_small

        for row in np.flatnonzero(self.sizes > SMALL).tolist():
            self.values[self.offsets[row] : self.offsets[row + 1]].sort()
        sort_small(self.values, self.offsets)
        return ShingleSets(*distinct(self.values, self.offsets))


@dataclass(frozen=True, slots=True)
class ShingleSets:
    """Many sets in one array: row i owns `values[offsets[i]:offsets[i + 1]]`, sorted and distinct."""

    values: Hashes
    offsets: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Texts, shingling: Shingling) -> "ShingleSets":
        return ShingleRuns.of(texts, shingling).sets()

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
