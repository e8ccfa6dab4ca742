"""Slots: the places of a plan, one a sample, dealt to seeds and crossed values.

A slot's number counts the samples of its seed and crossed values from 1, so that more samples, or another seed, leave
the slots that were there before as they are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pipeline.canonical import content_hash
from pipeline.generate.settings import Generation

_Receiver = TypeVar("_Receiver")


@dataclass(frozen=True, slots=True)
class Slot:
    """`of` is what the prompt is told as the number of samples; `identity` is the hash that its cell is drawn by."""

    seed: Mapping[str, Any]
    fixed: Mapping[str, str]
    number: int
    of: int
    identity: str

    @property
    def sample_id(self) -> str:
        return self.identity[:16]


def slots(
    generation: Generation, seeds: Sequence[Mapping[str, Any]], crossed: Sequence[Mapping[str, str]], round_number: int
) -> Iterator[Slot]:
    """In the order of the seeds. Every seed gets `samples` for each combination of crossed values, or its share of
    `per_stratum`.
    """
    counts = _evenly(seeds, generation.per_stratum) if generation.per_stratum else {}
    for seed in seeds:
        seed_id = seed["seed_id"]
        each = dict.fromkeys(range(len(crossed)), generation.samples)
        if generation.per_stratum:
            order = sorted(each, key=lambda place: content_hash([seed["seed_id"], crossed[place]]))
            each = shared(order, counts[seed_id])
        for place, fixed in enumerate(crossed):
            for number in range(1, each[place] + 1):
                identity = content_hash([seed_id, fixed, number, round_number])
                yield Slot(seed, fixed, number, told(generation, number), identity)


def told(generation: Generation, number: int) -> int:
    """What the prompt of sample `number` is told as the number of samples; a refill goes beyond what was planned."""
    return max(number, generation.per_stratum or generation.samples)


def _evenly(seeds: Sequence[Mapping[str, Any]], per_stratum: int) -> dict[str, int]:
    """The samples of each seed, the same number a stratum; who gets one more is the smaller hash."""
    strata: dict[str, list[str]] = {}
    for seed in seeds:
        strata.setdefault(seed["stratum"], []).append(seed["seed_id"])
    return {
        seed: count
        for members in strata.values()
        for seed, count in shared(sorted(members, key=content_hash), per_stratum).items()
    }


def shared(receivers: Sequence[_Receiver], amount: int) -> dict[_Receiver, int]:
    """Whole numbers that add up to `amount` and differ by one at most; the first receivers have the more.

    >>> shared("abc", 8)
    {'a': 3, 'b': 3, 'c': 2}
    """
    each, more = divmod(amount, len(receivers))
    return {receiver: each + (place < more) for place, receiver in enumerate(receivers)}
