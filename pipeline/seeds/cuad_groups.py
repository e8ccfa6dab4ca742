"""Groups of texts that are near-duplicates of each other, by exact Jaccard similarity of their word 5-grams."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import combinations

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
    """All pairs (i < j) whose Jaccard similarity reaches the threshold; the inverted index misses none."""
    holders: defaultdict[int, list[int]] = defaultdict(list)
    sizes = []
    for number, text in enumerate(texts):
        found = shingles(text)
        sizes.append(len(found))
        for shingle in found:
            holders[shingle].append(number)
    shared: Counter[Pair] = Counter()
    for same, count in Counter(tuple(numbers) for numbers in holders.values() if len(numbers) > 1).items():
        for pair in combinations(same, 2):
            shared[pair] += count
    return [(i, j) for (i, j), common in sorted(shared.items()) if common >= threshold * (sizes[i] + sizes[j] - common)]


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
