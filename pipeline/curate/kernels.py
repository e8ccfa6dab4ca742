"""Compiled loops over the UTF-8 of an Arrow column: shingles, signatures, bands and digests of many texts at once.

Numba compiles each loop on first use and keeps the machine code beside this file (or in the user's cache), so importing
this module is what costs half a second; whoever only reads settings shall not.

A word is hashed code point by code point (FNV-1a over 64 bits, then MurmurHash3's finalizer), a shingle from the hashes
of its words; 64 bits leave one chance collision in some 10^19 pairs. What is compared is the code points of the
lower-cased text, so any script is cut as `\\w+` cuts it.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.curate.letters import BLANK, WORD, Bytes, Numbers, decoded

Hashes = NDArray[np.uint64]

_OFFSET, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
_FIRST, _SECOND = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_FOLD = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(33)
_BLANK = np.uint64(32)


@njit(cache=True, nogil=True)
def _finished(value: np.uint64) -> np.uint64:
    """MurmurHash3's 64-bit finalizer."""
    value = (value ^ (value >> _SHIFT)) * _FIRST
    value = (value ^ (value >> _SHIFT)) * _SECOND
    return value ^ (value >> _SHIFT)


@njit(cache=True, nogil=True)
def _word_hashes(
    data: Bytes,
    first: int,
    last: int,
    kinds: NDArray[np.uint8],
    lower: NDArray[np.uint32],
    folded: NDArray[np.uint32],
    words: Hashes,
) -> tuple[int, np.uint64]:
    """Fills `words` with the hashes of a text's words, in order; their number, and the digest of the whole text.

    Both in one pass: the two hashes wait for different multiplications.
    """
    count, at = 0, first
    value, inside = _OFFSET, False
    whole, waiting = _OFFSET, False
    while at < last:
        code, at = decoded(data, at)
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


@njit(cache=True, nogil=True)
def _power(size: int) -> np.uint64:
    """_FOLD to the power of `size`, what the item that leaves a run of that size is multiplied with."""
    value = np.uint64(1)
    for _ in range(size):
        value *= _FOLD
    return value


@njit(cache=True, nogil=True)
def _rolled(items: Hashes, count: int, size: int, leaving: np.uint64, values: Hashes, filled: int) -> int:
    """Appends the hash of each run of `size` items, or of all if they are fewer: a polynomial modulo 2^64."""
    value = np.uint64(0)
    for at in range(count):
        value = value * _FOLD + items[at]
        if at >= size:
            value -= items[at - size] * leaving
        if at >= size - 1 or at == count - 1:
            values[filled] = _finished(value)
            filled += 1
    return filled


@njit(cache=True, nogil=True)
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
    longest = 0
    for text in range(texts):
        longest = max(longest, offsets[text + 1] - offsets[text])
    words = np.empty(longest // 2 + 1, np.uint64)
    values = np.empty((offsets[texts] - offsets[0]) // 2 + texts, np.uint64)
    ends = np.zeros(texts + 1, np.int64)
    wholes = np.empty(texts, np.uint64)
    leaving = _power(size)
    filled = 0
    for text in range(texts):
        count, wholes[text] = _word_hashes(data, offsets[text], offsets[text + 1], kinds, lower, folded, words)
        filled = _rolled(words, count, size, leaving, values, filled)
        ends[text + 1] = filled
    return values[:filled].copy(), ends, wholes


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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
    longest = 0
    for text in range(texts):
        longest = max(longest, offsets[text + 1] - offsets[text])
    codes = np.empty(longest + 1, np.uint64)
    values = np.empty(offsets[texts] - offsets[0] + texts, np.uint64)
    ends = np.zeros(texts + 1, np.int64)
    leaving = _power(size)
    filled = 0
    for text in range(texts):
        count = _blanked(data, offsets[text], offsets[text + 1], kinds, lower, codes)
        filled = _rolled(codes, count, size, leaving, values, filled)
        ends[text + 1] = filled
    return values[:filled].copy(), ends, digests(data, offsets, kinds, folded)


@njit(cache=True, nogil=True)
def distinct(values: Hashes, offsets: Numbers) -> tuple[Hashes, Numbers]:
    """The same sets without repetitions, from values that are sorted within each."""
    kept = np.empty_like(values)
    ends = np.zeros(len(offsets), np.int64)
    filled = 0
    for row in range(len(offsets) - 1):
        for at in range(offsets[row], offsets[row + 1]):
            if at == offsets[row] or values[at] != values[at - 1]:
                kept[filled] = values[at]
                filled += 1
        ends[row + 1] = filled
    return kept[:filled].copy(), ends


@njit(cache=True, nogil=True)
def minima(
    values: Hashes, offsets: Numbers, factors: NDArray[np.uint32], shifts: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    """Signatures by datasketch's scheme affine32; an empty set has the largest value in all places."""
    permutations = len(factors)
    result = np.full((len(offsets) - 1, permutations), np.uint32(0xFFFFFFFF), np.uint32)
    for row in range(len(offsets) - 1):
        lowest = result[row]
        for at in range(offsets[row], offsets[row + 1]):
            value = np.uint32(values[at])
            value = np.uint32(np.uint32(value ^ (value >> np.uint32(16))) * np.uint32(0x85EBCA6B))
            value = np.uint32(np.uint32(value ^ (value >> np.uint32(13))) * np.uint32(0xC2B2AE35))
            value = np.uint32(value ^ (value >> np.uint32(16)))
            for number in range(permutations):
                permuted = np.uint32(np.uint32(factors[number] * value) + shifts[number])
                lowest[number] = min(lowest[number], permuted)
    return result


@njit(cache=True, nogil=True)
def band_keys(signatures: NDArray[np.uint32], count: int, rows: int) -> Hashes:
    """One key for each text and band (shape texts × count); equal values in two bands have different keys."""
    keys = np.empty((len(signatures), count), np.uint64)
    for text in range(len(signatures)):
        for band in range(count):
            value = np.uint64(band + 1)
            for at in range(band * rows, (band + 1) * rows):
                value = (value ^ np.uint64(signatures[text, at])) * _FOLD
                value ^= value >> np.uint64(29)
            keys[text, band] = value
    return keys


@njit(cache=True, nogil=True)
def shared(values: Hashes, offsets: Numbers, row: int, others: Numbers) -> Numbers:
    """How many values the set of `row` has in common with each of the others; sets are sorted and distinct."""
    found = np.zeros(len(others), np.int64)
    for number in range(len(others)):
        mine, theirs = offsets[row], offsets[others[number]]
        my_end, their_end = offsets[row + 1], offsets[others[number] + 1]
        while mine < my_end and theirs < their_end:
            if values[mine] == values[theirs]:
                found[number] += 1
                mine += 1
                theirs += 1
            elif values[mine] < values[theirs]:
                mine += 1
            else:
                theirs += 1
    return found


@njit(cache=True, nogil=True)
def agreeing(signatures: NDArray[np.uint32], row: int, others: Numbers) -> Numbers:
    """How many values of its signature `row` has in common with each of the others."""
    found = np.zeros(len(others), np.int64)
    for number in range(len(others)):
        for at in range(signatures.shape[1]):
            found[number] += signatures[row, at] == signatures[others[number], at]
    return found


@njit(cache=True, nogil=True)
def repeated(keys: Hashes) -> NDArray[np.bool_]:
    """Which keys occur more than once; takes 16 to 32 bytes a key."""
    size = 16
    while size < 2 * len(keys):
        size *= 2
    places = np.full(size, np.int64(-1))
    found = np.zeros(len(keys), np.bool_)
    for at in range(len(keys)):
        place = np.int64(keys[at] & np.uint64(size - 1))
        while places[place] >= 0 and keys[places[place]] != keys[at]:
            place = (place + 1) & (size - 1)
        if places[place] < 0:
            places[place] = at
        else:
            found[at] = found[places[place]] = True
    return found
