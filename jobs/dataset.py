"""The folder dataset/: what one may publish, as Parquet and chat JSONL with a card."""

import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.run import Run
from pipeline.curate.examples import examples
from pipeline.curate.split import validation_seeds
from pipeline.report.dataset_card import dataset_card
from pipeline.run_dir import write_parquet, write_text
from pipeline.tasks.task import load_task

SPLITS = ("train", "validation")


def write_dataset(
    run: Run, kept: pa.Table, funnel: list[dict[str, Any]], contaminated: dict[str, Any]
) -> dict[str, pa.Table]:
    """Writes both splits and the card, which comes last; returns the EXAMPLE rows of each split."""
    folder = run.dir.path / "dataset"
    rows = examples(load_task(run.source), kept)
    seeds = validation_seeds(rows["seed_id"].to_pylist(), run.settings.split.validation)
    in_validation = pa.array([seed_id in seeds for seed_id in rows["seed_id"].to_pylist()], pa.bool_())
    splits = dict(zip(SPLITS, (rows.filter(pc.invert(in_validation)), rows.filter(in_validation)), strict=True))
    for name, table in splits.items():
        write_parquet(folder / f"{name}.parquet", table)
        write_text(
            folder / f"{name}.jsonl", "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in table.to_pylist())
        )
    counts = {name: table.num_rows for name, table in splits.items()}
    write_text(
        folder / "README.md", dataset_card(run.settings, counts, funnel, contaminated, run.settings.demonstration)
    )
    return splits
