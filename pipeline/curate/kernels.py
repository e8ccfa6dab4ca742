"""Compiled loops over the UTF-8 of an Arrow column: shingles, signatures, bands and digests of many texts at once.

Numba compiles each loop on first use and keeps the machine code beside this file (or in the user's cache), so importing
this module is what costs half a second; whoever only reads settings shall not.

A word is hashed code point by code point (FNV-1a over 64 bits, then MurmurHash3's finalizer), a shingle from the hashes
of its words; 64 bits leave one chance collision in some 10^19 pairs. What is compared is the code points of the
lower-cased text, so any script is cut as `\\w+` cuts it.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.curate.compiled import compiled
from pipeline.curate.letters import BLANK, WORD, Bytes, Numbers, decoded, is_ascii, longest

Hashes = NDArray[np.uint64]

_OFFSET, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
_FIRST, _SECOND = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_FOLD = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(33)
_BLANK = np.uint64(32)


@compiled
def _finished(value: np.uint64) -> np.uint64:
    """MurmurHash3's 64-bit finalizer."""
    value = (value ^ (value >> _SHIFT)) * _FIRST
    value = (value ^ (value >> _SHIFT)) * _SECOND
    return value ^ (value >> _SHIFT)


@compiled
def _ascii_words(
    text: Bytes, kinds: NDArray[np.uint8], lower: NDArray[np.uint32], words: Hashes
) -> tuple[int, np.uint64]:
    """As `_word_hashes`, of ASCII alone, where nothing is decoded and nothing branches: lower is folded case here."""
    count = 0
    value, inside = _OFFSET, False
    whole, before, after_blank = _OFFSET, _OFFSET, True
    for at in range(len(text)):
        code = text[at]
        kind = kinds[code]
        letter = np.uint64(lower[code])
        words[count] = value
        is_word = (kind & WORD) != 0
        count += inside and not is_word
        value = (value ^ letter) * _PRIME if is_word else _OFFSET
        inside = is_word
        is_blank = (kind & BLANK) != 0
        before = whole if is_blank and not after_blank else before
        added = (whole ^ (_BLANK if is_blank else letter)) * _PRIME
        whole = whole if is_blank and after_blank else added
        after_blank = is_blank
    words[count] = value
    count += inside
    for word in range(count):
        words[word] = _finished(words[word])
    return count, _finished(before if after_blank else whole)


@compiled
def _word_hashes(
    text: Bytes,
    kinds: NDArray[np.uint8],
    lower: NDArray[np.uint32],
    folded: NDArray[np.uint32],
    words: Hashes,
) -> tuple[int, np.uint64]:
    """Fills `words` with the hashes of a text's words, in order; their number, and the digest of the whole text.

    Both in one pass: the two hashes wait for different multiplications.
    """
    if is_ascii(text):
        return _ascii_words(text, kinds, lower, words)
    count, at = 0, 0
    value, inside = _OFFSET, False
    whole, waiting = _OFFSET, False
    while at < len(text):
        code, at = decoded(text, at)
        kind = kinds[code]
        if kind & BLANK:
            waiting = whole != _OFFSET
        else:
            if waiting:
                whole = (whole ^ _BLANK) * _PRIME
                waiting = False
            whole = (whole ^ np.uint64(folded[code])) * _PRIME
        if kind & WORD:
            value = (value ^ np.uint64(lower[code])) * _PRIME
            inside = True
        elif inside:
            words[count] = _finished(value)
            count += 1
            value, inside = _OFFSET, False
    if inside:
        words[count] = _finished(value)
        count += 1
    return count, _finished(whole)


@compiled
def _power(size: int) -> np.uint64:
    """_FOLD to the power of `size`, what the item that leaves a run of that size is multiplied with."""
    value = np.uint64(1)
    for _ in range(size):
        value *= _FOLD
    return value


@compiled
def _rolled(items: Hashes, count: int, size: int, leaving: np.uint64, values: Hashes, filled: int) -> int:
    """Appends the hash of each run of `size` items, or of all if they are fewer: a polynomial modulo 2^64."""
    value = np.uint64(0)
    for at in range(min(size, count)):
        value = value * _FOLD + items[at]
    if count:
        values[filled] = _finished(value)
        filled += 1
    for at in range(size, count):
        value = value * _FOLD + items[at] - items[at - size] * leaving
        values[filled] = _finished(value)
        filled += 1
    return filled


@compiled
def word_shingles(
    data: Bytes,
    offsets: Numbers,
    size: int,
    kinds: NDArray[np.uint8],
    lower: NDArray[np.uint32],
    folded: NDArray[np.uint32],
) -> tuple[Hashes, Numbers, Hashes]:
    """(values, offsets, digests): the hashes of each text's runs of `size` words, in their order; text i owns
    `values[offsets[i]:offsets[i + 1]]`, and digests[i] is that of the text whole.
    """
    texts = len(offsets) - 1
    words = np.empty(longest(offsets) // 2 + 2, np.uint64)
    values = np.empty((offsets[texts] - offsets[0]) // 2 + texts, np.uint64)
    ends = np.zeros(texts + 1, np.int64)
    wholes = np.empty(texts, np.uint64)
    leaving = _power(size)
    filled = 0
    for text in range(texts):
        one = data[offsets[text] : offsets[text + 1]]
        count, wholes[text] = _word_hashes(one, kinds, lower, folded, words)
        filled = _rolled(words, count, size, leaving, values, filled)
        ends[text + 1] = filled
    return values[:filled].copy(), ends, wholes


@compiled
def digests(data: Bytes, offsets: Numbers, kinds: NDArray[np.uint8], folded: NDArray[np.uint32]) -> Hashes:
    """One hash a text, equal for texts that differ in case and white space alone."""
    result = np.empty(len(offsets) - 1, np.uint64)
    for text in range(len(offsets) - 1):
        value, waiting, at = _OFFSET, False, offsets[text]
        while at < offsets[text + 1]:
            code, at = decoded(data, at)
            if kinds[code] & BLANK:
                waiting = value != _OFFSET
                continue
            if waiting:
                value = (value ^ _BLANK) * _PRIME
                waiting = False
            value = (value ^ np.uint64(folded[code])) * _PRIME
        result[text] = _finished(value)
    return result


@compiled
def _blanked(
    data: Bytes, first: int, last: int, kinds: NDArray[np.uint8], lower: NDArray[np.uint32], codes: Hashes
) -> int:
    """Fills `codes` with the mixed lower-cased code points, a run of white space as one blank and none at the ends."""
    count, at = 0, first
    waiting = False
    while at < last:
        code, at = decoded(data, at)
        if kinds[code] & BLANK:
            waiting = count > 0
            continue
        if waiting:
            codes[count] = _finished(_BLANK ^ _FOLD)
            count += 1
            waiting = False
        codes[count] = _finished(np.uint64(lower[code]) ^ _FOLD)
        count += 1
    return count


@compiled
def char_shingles(
    data: Bytes,
    offsets: Numbers,
    size: int,
    kinds: NDArray[np.uint8],
    lower: NDArray[np.uint32],
    folded: NDArray[np.uint32],
) -> tuple[Hashes, Numbers, Hashes]:
    """As `word_shingles`, of runs of `size` characters."""
    texts = len(offsets) - 1
    codes = np.empty(longest(offsets) + 1, np.uint64)
    values = np.empty(offsets[texts] - offsets[0] + texts, np.uint64)
    ends = np.zeros(texts + 1, np.int64)
    leaving = _power(size)
    filled = 0
    for text in range(texts):
        count = _blanked(data, offsets[text], offsets[text + 1], kinds, lower, codes)
        filled = _rolled(codes, count, size, leaving, values, filled)
        ends[text + 1] = filled
    return values[:filled].copy(), ends, digests(data, offsets, kinds, folded)
