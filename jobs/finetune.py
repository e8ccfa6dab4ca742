"""The stage `finetune`: the student's adapter, trained on the dataset and on nothing else."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.console import say, training_progress
from jobs.run import Job, Run
from jobs.students import STUDENT, folder, model_shape
from pipeline.canonical import content_hash
from pipeline.finetune.base_model import BaseModel, find_base, load_tokenizer, refuse_widths
from pipeline.finetune.recipe import Recipe, max_length, resolve
from pipeline.finetune.rows import Fitted, check_answers, fit
from pipeline.run_dir import clear, write_json, write_parquet
from pipeline.seeds.files import fingerprint
from pipeline.tasks.task import load_task

TRAIN, VALIDATION = Path("dataset/train.parquet"), Path("dataset/validation.parquet")
ADAPTER, MARK = Path("adapter/adapter_model.safetensors"), "identity.json"


def shape(run: Run) -> Any:
    return [adapter_shape(run), run.settings.finetune.merge]


def adapter_shape(run: Run) -> Any:
    recipe = {key: value for key, value in run.settings.shaping()["finetune"].items() if key not in NO_RESULT}
    return [recipe, model_shape(run), run.source.fingerprint(["schema"])]


NO_RESULT = ("model", "device_batch", "checkpoints", "merge")
"""Settings that change no adapter: a name (the files count), memory, how often it is saved on the way, and what is made
of it afterwards.
"""


def work(run: Run) -> dict[str, Any]:
    settings, place = run.settings.finetune, folder(run, STUDENT)
    base, identity = find_base(settings.model), content_hash([adapter_shape(run), run.output("curate")])
    entry = trained_already(place, identity)
    if entry is None:
        entry = train_student(run, base, place, identity)
        write_json(place / MARK, {"identity": identity, "entry": entry})
    if settings.merge:
        from pipeline.finetune.merge import merge

        merge(base.path, place / "adapter", place / "merged")
    return entry


def trained_already(place: Path, identity: str) -> dict[str, Any] | None:
    """The entry of a training that came to its end: what is new then is only what is made of its adapter."""
    mark = json.loads((place / MARK).read_text(encoding="utf-8")) if (place / MARK).exists() else {}
    entry: dict[str, Any] = mark.get("entry") or {}
    if mark.get("identity") != identity or not entry or not (place / ADAPTER).exists():
        return None
    if entry["output"] != fingerprint(str(place / ADAPTER)):
        return None
    say(f"  trained already: {entry['summary']}")
    return entry


def train_student(run: Run, base: BaseModel, place: Path, identity: str) -> dict[str, Any]:
    from cluster.resources import training_workers, use_gpu
    from cluster.trainer import TrainingFiles, train_on_ray

    settings = run.settings.finetune
    rows, validation = fitted(run, base, TRAIN), fitted(run, base, VALIDATION)
    run.use_cluster()
    gpu = use_gpu(run.settings.cluster)
    if settings.four_bit and not gpu:
        refuse_widths(base.path)
    recipe = resolve(settings, base, workers=training_workers(run.settings.cluster, gpu), gpu=gpu)
    told(recipe, base, rows)
    start_or_go_on(place, identity)
    write_parquet(place / "rows/train.parquet", rows.rows)
    write_parquet(place / "rows/validation.parquet", validation.rows)
    files = TrainingFiles(
        place / "rows/train.parquet", place / "rows/validation.parquet" if validation.rows.num_rows else None, place
    )
    with training_progress() as watch:
        figures = train_on_ray(recipe, files, watch, say)
    for over in ("rows", "checkpoints", "trained.json"):
        clear(place / over)
    return {
        "model": base.name,
        "recipe": {key: value for key, value in asdict(recipe).items() if key != "base"},
        "rows": rows.rows.num_rows,
        "validation_rows": validation.rows.num_rows,
        "left_out": {"too_long": list(rows.left_out), "validation_too_long": list(validation.left_out)},
        "longest": rows.longest,
        **figures,
        "output": fingerprint(str(place / ADAPTER)),
        "summary": f"{figures['steps']} steps, loss {figures['loss']:.3f}"
        + (f", validation loss {figures['eval_loss']:.3f}" if figures["eval_loss"] is not None else ""),
    }


def fitted(run: Run, base: BaseModel, file: Path) -> Fitted:
    """The rows of one split, checked and short enough; an absent or empty validation split is no mistake."""
    path = run.dir.path / file
    rows = run.dir.table(str(file)) if path.exists() else None
    if file == VALIDATION and (rows is None or not rows.num_rows):
        return Fitted(rows if rows is not None else pa.table({"prompt": [], "completion": []}), 0, 0, ())
    assert rows is not None
    check_answers(load_task(run.source), rows, str(path))
    settings = run.settings.finetune
    return fit(
        rows,
        load_tokenizer(base.path),
        max_length(settings, base),
        drop_long=settings.drop_long,
        where=str(path),
        thinking=settings.thinking,
    )


def told(recipe: Recipe, base: BaseModel, rows: Fitted) -> None:
    how = "NF4 4-bit with double quantisation" if recipe.four_bit else "full precision"
    where = f"{recipe.workers} {'GPU' if recipe.gpu else 'CPU'} worker{'s' if recipe.workers > 1 else ''}"
    say(
        f"  {base.name} in {how}, LoRA r={recipe.rank} alpha={recipe.alpha} dropout={recipe.dropout:g}, "
        f"learning rate {recipe.learning_rate:g}, on {where}"
    )
    left = f"; {len(rows.left_out)} longer ones left out" if rows.left_out else ""
    say(
        f"  {rows.rows.num_rows:,} rows, {rows.tokens:,} tokens, the longest {rows.longest:,} of "
        f"{recipe.max_length:,}{left}"
    )


def start_or_go_on(place: Path, identity: str) -> None:
    """Clears what another recipe or other rows left; a training that was cut off keeps its checkpoints."""
    mark = place / MARK
    if not mark.exists() or identity not in mark.read_text(encoding="utf-8"):
        clear(place)
        write_json(mark, {"identity": identity})


FILES = (f"students/{STUDENT}/{ADAPTER}", f"students/{STUDENT}/training.jsonl")
JOB = Job("finetune", ("curate",), FILES, shape, work)
