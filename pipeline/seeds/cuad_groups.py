"""Groups of texts that are near-duplicates of each other, by exact Jaccard similarity of their word 5-grams."""

import re
from collections.abc import Iterable
from itertools import chain

import numpy as np
from scipy.sparse import csr_matrix, triu

WORD = re.compile(r"\w+")
SHINGLE = 5

Pair = tuple[int, int]


def shingles(text: str) -> set[int]:
    """Hashes of the word 5-grams (lower-cased `\\w+`); a shorter text is one shingle of all its words.

    The hashes are Python's own: they hold within one process, which is all that comparing asks for.
    """
    words = WORD.findall(text.lower())
    return set(map(hash, zip(*(words[at:] for at in range(SHINGLE)), strict=False))) or {hash(tuple(words))}


def near_pairs(texts: list[str], threshold: float) -> list[Pair]:
    """All pairs (i < j) whose Jaccard similarity reaches the threshold; the product of incidences misses none."""
    if len(texts) < 2:
        return []
    sets = [shingles(text) for text in texts]
    sizes = np.array([len(found) for found in sets], np.int64)
    flat = np.fromiter(chain.from_iterable(sets), np.int64, int(sizes.sum()))
    _, columns, holders = np.unique(flat, return_inverse=True, return_counts=True)
    held = csr_matrix((np.ones(flat.size, np.int32), columns, np.concatenate([[0], np.cumsum(sizes)])))
    held = held[:, holders > 1]  # most shingles are one text's alone, and no pair's
    shared = triu(held @ held.T, k=1).tocoo()
    one, other, common = shared.row, shared.col, shared.data
    near = common >= threshold * (sizes[one] + sizes[other] - common)
    return sorted(zip(one[near].tolist(), other[near].tolist(), strict=True))


def components(size: int, pairs: Iterable[Pair]) -> list[int]:
    """For each of `size` items the smallest number that it is connected to, over any chain of pairs.

    >>> components(5, [(1, 3), (3, 4)])
    [0, 1, 2, 1, 1]
    """
    parent = list(range(size))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for one, other in pairs:
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    return [root(item) for item in range(size)]
