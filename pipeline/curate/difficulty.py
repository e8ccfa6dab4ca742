"""Difficulty: easy and hard samples by what is known of them. It only tags: hard ones are worth the most.

A sample is hard for any one reason and easy only where all that was asked points that way. Reasons come from the
readings (not unanimous), from the cell (a dimension `difficulty` that says so), and from the text itself beside the
other samples: longer than nine in ten of them, or with more different numbers, which compete for the answer's fields.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")


def difficulties(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The tags of each row of text, cell and relabelled: {} for neither, else `difficulty`, and why it is hard."""
    sizes = [(len(row["text"].split()), len(set(NUMBER.findall(row["text"])))) for row in rows]
    words, numbers = (tenths([size[at] for size in sizes]) for at in range(2))
    found = []
    for row, (long, many) in zip(rows, sizes, strict=True):
        cell = json.loads(row["cell"] or "{}").get("difficulty")
        agreement = (json.loads(row["relabelled"]) if row["relabelled"] else {}).get("agreement", {})
        signs = {
            "readings differ": any(agreed < 1 for agreed in agreement.values()),
            "cell": cell == "hard",
            "long": long > words[1],
            "many numbers": many > numbers[1],
        }
        because = [name for name, holds in signs.items() if holds]
        easy = cell == "easy" or (long <= words[0] and many <= numbers[0])
        hard = {"difficulty": "hard", "hard_because": because}
        found.append(hard if because else {"difficulty": "easy"} if easy else {})
    return found


def tenths(values: Sequence[int]) -> tuple[int, int]:
    """The value that a tenth does not exceed, and the one that nine tenths do not exceed.

    >>> tenths(range(1, 11))
    (1, 9)
    """
    ordered = sorted(values) or [0]
    return ordered[max(0, -(-len(ordered) // 10) - 1)], ordered[max(0, -(-9 * len(ordered) // 10) - 1)]
