"""What the judge and the readings catch of answers that are known to be wrong, since the teacher was told to err.

python tests/benchmarks/second_look.py [--rate 0.4]
"""

import argparse
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from load import say, table

from jobs.commands import run_flow
from pipeline.canonical import content_hash
from pipeline.layers import load_settings

LATER = (None, "judge", "consistency", "dedup", "contamination")
"""Stages of samples that every filter let through, the verifier's among them."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rate", type=float, default=0.4, help="share of the drafts with one wrong field")
    rate = options.parse_args().rate
    with tempfile.TemporaryDirectory() as scratch:
        run = Path(scratch) / "run"
        pairs = [f"teacher.simulated.rates.wrong_field={rate}", "cluster.block_rows=2000", "generation.refills=0"]
        judged = passed(run, [*pairs, "judge={}"])
        read = passed(run, [*pairs, "consistency={}"])
        wrong = wrong_ones(run)
    found: Counter[tuple[str, str]] = Counter()
    for sample, row in judged.items():
        by = "rejected" if row["stage"] == "judge" else "kept"
        found["judge", f"{'unscored, ' if 'unscored' in row['judged'] else ''}{by}, {sample in wrong}"] += 1
    for sample, row in read.items():
        tags = sorted(set(json.loads(row["tags"] or "{}")) & {"ambiguous", "contradicted"})
        found["readings", f"{', '.join(tags) or 'untagged'}, {sample in wrong}"] += 1
    say(f"{len(read)} samples passed the filters, {len(wrong & set(read))} of them with a wrong field")
    verdicts = sorted({(look, key.rpartition(", ")[0]) for look, key in found})
    table(
        ["look", "verdict", "wrong samples", "right samples"],
        [[look, what, *(found[look, f"{what}, {kind}"] for kind in (True, False))] for look, what in verdicts],
    )


def passed(run: Path, pairs: list[str]) -> dict[str, dict[str, Any]]:
    """The samples that all filters let through, by id; what was paid for in this folder is not asked again."""
    run_flow(load_settings("contracts", None, pairs)[0], run, update=True, until="curate")
    rows = [
        row
        for part in ("samples", "rejected")
        for row in pq.read_table(run / f"rounds/1/{part}/part-0.parquet").to_pylist()
    ]
    return {row["sample_id"]: row for row in rows if row["stage"] in LATER}


def wrong_ones(run: Path) -> set[str]:
    """By the teacher's own log, in which each request's fault is noted."""
    lines = map(json.loads, (run / "teacher/requests.jsonl").read_text().splitlines())
    wrong = {line["body"] for line in lines if line["fault"] == "wrong_field"}
    plan = pq.read_table(run / "rounds/1/plan.parquet").to_pylist()
    return {row["sample_id"] for row in plan if content_hash(json.loads(row["params"])) in wrong}


if __name__ == "__main__":
    main()
