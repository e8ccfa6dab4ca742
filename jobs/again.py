"""What is asked again on demand: replies that gave no sample are withdrawn, and their requests filed under other keys.

The ledger keeps what was paid, and its first reply to a key is the reply; so a request that is to be answered anew gets
the next key, which follows from the last. Which keys were withdrawn is a file of the run, and part of what shapes its
plan.
"""

import json
import re
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.console import say
from jobs.run import Run
from pipeline.canonical import content_hash
from pipeline.run_dir import RunDir, clear, write_json

AGAIN = "again.json"
REJECTED = "rounds/1/rejected/part-0.parquet"
REQUESTS = ("plan", "pass-*", "refill-*")
"""Files of a round that hold requests, later passes and refills included."""


def withdrawn(folder: RunDir) -> list[str]:
    """The keys whose replies do not count any more."""
    file = folder.path / AGAIN
    return list(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else []


def renewed(run: Run, requests: pa.Table) -> pa.Table:
    """REQUEST or LATER rows under the keys that they have by now."""
    gone = set(withdrawn(run.dir))
    if not gone:
        return requests
    place = requests.schema.get_field_index("key")
    keys = [_next(key, gone) for key in requests["key"].to_pylist()]
    return requests.set_column(place, requests.schema.field(place), pa.array(keys, pa.string()))


def _next(key: str | None, gone: set[str]) -> str | None:
    while key in gone:
        key = content_hash({"again": key})
    return key


def withdraw(folder: RunDir) -> None:
    """Withdraws every reply from which the last curation could parse no sample, and says what that means."""
    if not (folder.path / REJECTED).exists():
        return
    rejected = pq.read_table(folder.path / REJECTED, columns=["sample_id", "stage", "reason"]).to_pylist()
    reasons = {row["sample_id"]: row["reason"] for row in rejected if row["stage"] == "parse"}
    keys = {key for sample_id, key in _asked_last(folder).items() if sample_id in reasons}
    if not keys:
        return
    counts = ", ".join(f"{reason} {count:,}" for reason, count in Counter(reasons.values()).most_common())
    say(f"{len(keys):,} replies gave no sample ({counts}): they are asked for again, and paid again")
    write_json(folder.path / AGAIN, sorted({*withdrawn(folder), *keys}))
    clear(folder.path / REJECTED)  # what it says is of the replies that were


def _asked_last(folder: RunDir) -> dict[str, str]:
    """By sample the key of the last pass that it was asked, whose reply it is that gave no sample, if one gave none."""
    found: dict[str, str] = {}
    requests = [file for name in REQUESTS for file in (folder.path / "rounds/1").glob(f"{name}.parquet")]
    for file in sorted(requests, key=_pass):
        asked = pq.read_table(file, columns=["sample_id", "key"]).to_pylist()
        found |= {row["sample_id"]: row["key"] for row in asked if row["key"] is not None}
    return found


def _pass(file: Path) -> int:
    """The pass whose requests are in the file: those of the plan and its refills are the first."""
    later = re.search(r"pass-(\d+)", file.name)
    return int(later[1]) if later else 1
