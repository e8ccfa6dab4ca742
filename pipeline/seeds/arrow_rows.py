"""Arrow rows: Parquet files and Hugging Face datasets saved on disk, with the types that they have."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError

SAVED_DATASET = ("dataset_dict.json", "state.json")


def read_parquet(path: Path, name: str) -> tuple[pa.Table, list[str]]:
    """The table and its places, "name:row 0", "name:row 1", …

    Dictionaries and views, which polars and pandas write and most functions of Arrow do not take, become plain columns.
    """
    try:
        table = pq.ParquetFile(path).read()
    except (pa.ArrowInvalid, OSError) as mistake:
        raise InputError(f"{name}: no readable Parquet file ({mistake}); write it again") from None
    for number, field in enumerate(table.schema):
        if (kind := _plain(field.type)) != field.type:
            table = table.set_column(number, field.name, table.column(number).cast(kind))
    return table, _places(name, table)


def _plain(kind: pa.DataType) -> pa.DataType:
    """The type without dictionaries and views, also inside lists and structs."""
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    if kind in (pa.string_view(), pa.binary_view()):
        return pa.large_string() if kind == pa.string_view() else pa.large_binary()
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_plain(field.type)) for field in kind])
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        listed = pa.list_ if pa.types.is_list(kind) else pa.large_list
        return listed(kind.value_field.with_type(_plain(kind.value_type)))
    return kind


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
