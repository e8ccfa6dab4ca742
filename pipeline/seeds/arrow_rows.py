"""Arrow rows: Parquet files and Hugging Face datasets saved on disk, with the types that they have."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError

SAVED_DATASET = ("dataset_dict.json", "state.json")


def read_parquet(path: Path, name: str) -> tuple[pa.Table, list[str]]:
    """The table and its places, "name:row 0", "name:row 1", …"""
    try:
        table = pq.ParquetFile(path).read()
    except (pa.ArrowInvalid, OSError) as mistake:
        raise InputError(f"{name}: no readable Parquet file ({mistake}); write it again") from None
    return table, _places(name, table)


def read_saved_dataset(path: Path, name: str) -> tuple[pa.Table, list[str]]:
    """What `Dataset.save_to_disk` or `DatasetDict.save_to_disk` wrote; of the latter all splits, with a column `split`.

    Places are "name:row 0", or "name/train:row 0" where there are splits.
    """
    import datasets  # takes a second or two: only who brings such a folder waits for it

    try:
        saved = datasets.load_from_disk(str(path), keep_in_memory=False)
        if isinstance(saved, datasets.Dataset):
            table = saved.with_format("arrow")[:]
            return table, _places(name, table)
        splits = {split: part.with_format("arrow")[:] for split, part in saved.items()}
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowInvalid) as mistake:
        raise InputError(f"{name}: no readable Hugging Face dataset ({mistake}); save it again") from None
    if clash := next((split for split, table in splits.items() if "split" in table.column_names), None):
        raise InputError(f"{name}/{clash}: already has a column 'split'; rename it, or name one split's folder")
    named = [table.append_column("split", pa.array([split] * len(table))) for split, table in splits.items()]
    places = [place for split, table in splits.items() for place in _places(f"{name}/{split}", table)]
    return concatenate(named, name), places


def concatenate(tables: list[pa.Table], name: str) -> pa.Table:
    """One below the other; a column that one lacks is null there."""
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as mistake:
        raise InputError(f"{name}: its parts do not fit together ({mistake}); give a column one type") from None


def _places(name: str, table: pa.Table) -> list[str]:
    if twice := next((field for field in table.column_names if table.column_names.count(field) > 1), None):
        raise InputError(f"{name}: has the column {twice!r} twice; rename one")
    return [f"{name}:row {number}" for number in range(len(table))]
