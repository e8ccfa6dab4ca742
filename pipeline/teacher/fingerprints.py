"""A set of texts that is asked about but never listed: eight bytes a text, in a table that grows by doubling.

>>> seen = Fingerprints()
>>> seen.add("a")
>>> "a" in seen, "b" in seen
(True, False)
"""

from array import array


class Fingerprints:
    """Two texts are taken for one with a chance of some 10^-8 among a million: a 64-bit hash is all that is kept."""

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * 2**16))
        self._count = 0

    def add(self, text: str) -> None:
        if 2 * self._count >= len(self._slots):
            self._grow()
        mark = _mark(text)
        slot = self._find(mark)
        self._count += self._slots[slot] == 0
        self._slots[slot] = mark

    def __contains__(self, text: str) -> bool:
        return self._slots[self._find(_mark(text))] != 0

    def _find(self, mark: int) -> int:
        """The slot that holds the mark, or the free one where it belongs."""
        slots, last = self._slots, len(self._slots) - 1
        slot = mark & last
        while slots[slot] not in (0, mark):
            slot = (slot + 1) & last
        return slot

    def _grow(self) -> None:
        old = self._slots
        self._slots = array("Q", bytes(2 * 8 * len(old)))
        for mark in old:
            if mark:
                self._slots[self._find(mark)] = mark


def _mark(text: str) -> int:
    return (hash(text) & 0xFFFFFFFFFFFFFFFF) or 1
