"""The command `predict`: a model or an adapter asked about every row of a file, with the task's own prompt."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.console import say
from jobs.evaluate import as_predictions
from jobs.standalone import read_whole
from pipeline.config import Settings
from pipeline.errors import InputError
from pipeline.evaluate.predict import Asking, Model, predict_stage
from pipeline.finetune.base_model import find_base, refuse_widths
from pipeline.finetune.loading import origin_of
from pipeline.finetune.model_files import look_at
from pipeline.run_dir import atomic_write, write_text
from pipeline.seeds.intake import row_id
from pipeline.tasks.task import read_source

KINDS = (".jsonl", ".parquet")


def predict(
    settings: Settings, model: str, source: Path, *, text: str, out: Path, four_bit: bool | None = None
) -> dict[str, Any]:
    """Writes one PREDICTION row for each row of `source`, in its order, and returns what `--json` prints.

    `four_bit` is what this command was told of it; null asks a student in the precision it was trained in.
    """
    from cluster.prediction import predict_on_ray
    from cluster.resources import use_gpu
    from cluster.session import session

    if out.suffix not in KINDS:
        raise InputError(f"{out}: ends in {out.suffix or 'nothing'}; give --out a name in {' or '.join(KINDS)}")
    if out.exists() and source.exists() and out.samefile(source):
        raise InputError(f"{out}: is the input itself; give another name with --out")
    rows = items_of(source, text)
    look_at(*named(model, settings))
    started = time.monotonic()
    with session(settings.cluster.address):
        asked = model_of(model, settings, gpu=use_gpu(settings.cluster), four_bit=four_bit)
        evaluation = settings.evaluation
        stage = predict_stage(read_source(settings), asked, Asking((), evaluation.batch, evaluation.max_new_tokens))
        (found,) = predict_on_ray([(rows, stage)], settings.cluster, gpu=asked.gpu, batch=evaluation.batch)
    table = as_predictions(found, model, source.stem)
    write_predictions(out, table)
    failed = table["answer"].null_count
    say(f"{table.num_rows:,} rows, {failed:,} without a readable answer: {out}")
    return {"rows": table.num_rows, "failed": failed, "out": str(out), "seconds": round(time.monotonic() - started, 2)}


def items_of(source: Path, text: str) -> pa.Table:
    """item_id and text of each row; a row without `id` is known by its text, as real rows are."""
    table = read_whole(source, text).table
    names = table["id"].to_pylist() if "id" in table.column_names else [None] * table.num_rows
    texts = table[text].to_pylist()
    ids = [row_id({"id": name, "text": words}) for name, words in zip(names, texts, strict=True)]
    if len(set(ids)) < len(ids):
        twice = next(name for name, count in Counter(ids).items() if count > 1)
        raise InputError(
            f"{source}: two rows have the id (or, without one, the text) {twice!r}; give each its own `id`"
        )
    return pa.table({"item_id": pa.array(ids, pa.string()), "text": pa.array(texts, pa.string())})


def model_of(model: str, settings: Settings, *, gpu: bool, four_bit: bool | None = None) -> Model:
    """A folder with an adapter is asked on the base it was trained on; anything else is a base model itself. What a
    student's note says of its precision and of thinking comes before the task, and `four_bit` before both.
    """
    folder = Path(model)
    origin = origin_of(folder)
    if four_bit is None:
        four_bit = bool(origin.get("four_bit", settings.finetune.four_bit))
    thinking = bool(origin.get("thinking", settings.finetune.thinking))
    adapter = folder if is_adapter(folder) else None
    base = find_base(*named(model, settings))
    if four_bit and not gpu:
        refuse_widths(base.path)
    return Model(base.path, base.context, adapter, four_bit, gpu, thinking)


def is_adapter(folder: Path) -> bool:
    return (folder / "adapter_config.json").exists()


def named(model: str, settings: Settings) -> tuple[str, str]:
    """The model whose weights are loaded, and who named it."""
    return (base_name(Path(model), settings), "finetune.model") if is_adapter(Path(model)) else (model, "MODEL")


def base_name(adapter: Path, settings: Settings) -> str:
    """The path that the adapter was trained on, if it is still there; else the model that the task names."""
    path = str(origin_of(adapter).get("base") or "")
    return path if path and Path(path).is_dir() else settings.finetune.model


def write_predictions(out: Path, table: pa.Table) -> None:
    if out.suffix == ".parquet":
        with atomic_write(out) as temporary:
            pq.write_table(table, temporary)
        return
    write_text(out, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in table.to_pylist()))
