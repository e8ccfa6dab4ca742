"""The greedy visit as compiled loops: each row is compared with those kept before it, and goes if it repeats one.

A comparison costs some nanoseconds where it fails: sizes first, then bitmaps, which bound from below how much two sets
differ, and only then the sets, until it is clear that they share too little. All three are exact: no pair at the
threshold is lost.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.curate.compiled import compiled
from pipeline.curate.letters import Numbers

Hashes = NDArray[np.uint64]
Small = NDArray[np.int32]
Shares = NDArray[np.float64]

STAYS, GOES = np.uint8(1), np.uint8(2)
"""Roles: a row that is kept whatever it repeats, and one that is never kept; the others (0) as it turns out."""
EXACT_SHARE = 2.0
"""Stands for equal texts, whose sets need not be equal."""


@compiled
def _ones(word: np.uint64) -> np.int64:
    """How many bits are set."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@compiled
def _differ(one: Hashes, other: Hashes, most: int) -> bool:
    """Whether two bitmaps differ in more than `most` bits."""
    found = np.int64(0)
    for word in range(len(one)):
        found += _ones(one[word] ^ other[word])
    return bool(found > most)


@compiled
def _common(one: Hashes, other: Hashes, needed: np.int64) -> int:
    """How many values two sorted sets share, or 0 as soon as it cannot be `needed` any more."""
    found, mine, theirs = 0, 0, 0
    spare, their_spare = len(one) - needed, len(other) - needed
    while mine < len(one) and theirs < len(other):
        if one[mine] == other[theirs]:
            found += 1
            mine += 1
            theirs += 1
        elif one[mine] < other[theirs]:
            mine += 1
            spare -= 1
            if spare < 0:
                return 0
        else:
            theirs += 1
            their_spare -= 1
            if their_spare < 0:
                return 0
    return found


@compiled
def _share(one: Hashes, other: Hashes, needed: np.int64, threshold: float) -> float:
    """The Jaccard similarity of two sets, or 0 where it is below the threshold."""
    common = _common(one, other, needed)
    share = common / (len(one) + len(other) - common) if common else 0.0
    return share if share >= threshold else 0.0


@compiled
def _taken(twins: Small, shares: Shares, count: int, twin: int, share: float) -> int:
    """Puts a twin in its place, the most similar first and among equals the one visited first; how many are held."""
    at = count
    while at > 0 and (shares[at - 1] < share or (shares[at - 1] == share and twins[at - 1] > twin)):
        at -= 1
    if at == len(twins):
        return count
    last = min(count, len(twins) - 1)
    while last > at:
        twins[last], shares[last] = twins[last - 1], shares[last - 1]
        last -= 1
    twins[at], shares[at] = twin, share
    return min(count + 1, len(twins))


@compiled
def _by_number_kept(buckets: Small, filled: Small) -> None:
    """Puts the buckets of a row in order, those with few kept rows first; stable."""
    for at in range(1, len(buckets)):
        bucket = buckets[at]
        before = at
        while before > 0 and filled[buckets[before - 1]] > filled[bucket]:
            buckets[before] = buckets[before - 1]
            before -= 1
        buckets[before] = bucket


@compiled
def _near_twins(
    row: int,
    values: Hashes,
    offsets: Numbers,
    maps: Hashes,
    threshold: float,
    mine: Small,
    room: Numbers,
    slots: Small,
    filled: Small,
    seen: Small,
    limit: int,
    twins: Small,
    shares: Shares,
    counts: Numbers,
) -> int:
    """Fills `twins` and `shares` from the kept rows in the row's buckets; how many are held."""
    waiting = 0
    for bucket in mine:
        waiting += filled[bucket]
    if waiting > limit:
        _by_number_kept(mine, filled)
    count, made = 0, 0
    own, own_map, size = values[offsets[row] : offsets[row + 1]], maps[row], offsets[row + 1] - offsets[row]
    factor = threshold / (1 + threshold)
    for bucket in mine:
        for slot in range(room[bucket], room[bucket] + filled[bucket]):
            if made == limit:
                break
            waiting -= 1
            twin = slots[slot]
            if seen[twin] != row:
                seen[twin] = row
                made += 1
                their_size = offsets[twin + 1] - offsets[twin]
                needed = np.int64(factor * (size + their_size) + 1 - 1e-6)
                if needed > min(size, their_size) or _differ(own_map, maps[twin], size + their_size - 2 * needed):
                    continue
                share = _share(own, values[offsets[twin] : offsets[twin + 1]], needed, threshold)
                if share > 0:
                    count = _taken(twins, shares, count, twin, share)
    counts[0] += made
    counts[1] += waiting
    counts[2] += waiting > 0
    return count


@compiled
def _exact_twins(mates: Small, twins: Small, shares: Shares) -> int:
    count = 0
    for twin in mates:
        if twin >= 0:
            count = _taken(twins, shares, count, twin, EXACT_SHARE)
    return count


@compiled
def _keep(row: int, mine: Small, room: Numbers, slots: Small, filled: Small) -> None:
    for bucket in mine:
        slots[room[bucket] + filled[bucket]] = row
        filled[bucket] += 1


@compiled
def _join(row: int, mates: Small) -> None:
    for at in range(len(mates)):
        if mates[at] < 0:
            mates[at] = row
            return


@compiled
def visited(
    values: Hashes,
    offsets: Numbers,
    maps: Hashes,
    classes: Small,
    roles: NDArray[np.uint8],
    buckets: Small,
    ends: Numbers,
    room: Numbers,
    slots: Small,
    filled: Small,
    of_class: Small,
    seen: Small,
    threshold: float,
    limit: int,
    first: int,
    last: int,
) -> tuple[Small, Small, Shares, Numbers]:
    """(rows, twins, shares, counts): each row from `first` to `last` that repeats kept ones, and these, the best first.

    Rows are numbered in the order of their visits. `classes` numbers the rows that equal others, -1 for none; row i is
    in the buckets `buckets[ends[i]:ends[i + 1]]`. A row is compared with at most `limit` kept rows, taken from the
    buckets that hold fewest. `counts` are the comparisons made, those left out at most, and the rows concerned.

    What is kept so far is in `slots`, for bucket b from `room[b]` on `filled[b]` rows, and in `of_class`, for each
    class as many as twins are asked for, -1 where there are fewer; `seen` has one place a row, -1 at first.
    """
    partners = of_class.shape[1]
    twins, shares = np.empty(partners, np.int32), np.empty(partners, np.float64)
    rows, others, figures, found = np.empty(64, np.int32), np.empty(64, np.int32), np.empty(64, np.float64), 0
    counts = np.zeros(3, np.int64)
    for row in range(first, last):
        mine, count = buckets[ends[row] : ends[row + 1]], 0
        if roles[row] != STAYS:
            if classes[row] >= 0:
                count = _exact_twins(of_class[classes[row]], twins, shares)
            if not count and offsets[row] < offsets[row + 1]:
                count = _near_twins(
                    row, values, offsets, maps, threshold, mine, room, slots, filled, seen, limit, twins, shares, counts
                )
        if not count and roles[row] != GOES:
            _keep(row, mine, room, slots, filled)
            if classes[row] >= 0:
                _join(row, of_class[classes[row]])
        while found + count > len(rows):
            rows, others = np.append(rows, rows), np.append(others, others)
            figures = np.append(figures, figures)
        for at in range(count):
            rows[found], others[found], figures[found] = row, twins[at], shares[at]
            found += 1
    return rows[:found].copy(), others[:found].copy(), figures[:found].copy(), counts
