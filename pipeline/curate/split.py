"""The split into train and validation, with all samples of a seed on one side."""

from collections import Counter
from collections.abc import Sequence

from pipeline.canonical import content_hash


def validation_seeds(seed_ids: Sequence[str], share: float) -> set[str]:
    """The seeds whose samples validate: taken in the order of their hash while they bring the share nearer.

    With one seed there is no validation set, since its samples would be on both sides.
    """
    sizes = Counter(seed_ids)
    wanted, chosen = share * len(seed_ids), set[str]()
    for seed_id in sorted(sizes, key=lambda one: content_hash(f"validation/{one}")):
        if sizes[seed_id] <= 2 * wanted and len(chosen) + 1 < len(sizes):
            chosen.add(seed_id)
            wanted -= sizes[seed_id]
    return chosen
