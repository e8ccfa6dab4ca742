"""The funnel: how many samples each stage was given, rejected for which reason, and let through."""

from collections import Counter
from typing import Any

import pyarrow as pa


def funnel(samples: pa.Table, order: list[str]) -> list[dict[str, Any]]:
    """One entry a stage in the given order: {stage, in, rejected: {reason: n}, kept}. `in` = rejected + kept, exactly.

    Raises ValueError for a verdict of a stage that is not in `order`, which would be missing from the sum.
    """
    verdicts = Counter(zip(samples["stage"].to_pylist(), samples["reason"].to_pylist(), strict=True))
    if strange := {stage for stage, _ in verdicts} - {None, *order}:
        raise ValueError(f"verdicts of unknown stages: {sorted(map(str, strange))}")
    left, entries = samples.num_rows, []
    for stage in order:
        rejected = {str(reason): count for (by, reason), count in sorted(verdicts.items(), key=str) if by == stage}
        entries.append({"stage": stage, "in": left, "rejected": rejected, "kept": left - sum(rejected.values())})
        left = entries[-1]["kept"]
    return entries
