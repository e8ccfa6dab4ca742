"""The stage `evaluate`: baseline, student and whoever else, asked the same real rows; figures, intervals, a verdict."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.console import say
from jobs.run import Job, Run
from jobs.students import BASELINE, MERGED, STUDENT, TEACHER, folder, model_shape
from pipeline.canonical import content_hash
from pipeline.evaluate.metrics import difference, student_metrics
from pipeline.evaluate.predict import Asking, Model, predict_stage
from pipeline.evaluate.shots import choose_shots
from pipeline.evaluate.verdict import verdict
from pipeline.finetune.base_model import find_base
from pipeline.records import PREDICTION
from pipeline.run_dir import clear, write_json, write_parquet
from pipeline.seeds.files import fingerprint
from pipeline.tasks.task import load_task

IDENTITY = b"seedwright.identity"
ROLES = ("schema", "normalise", "student_prompt", "guidelines")


def shape(run: Run) -> Any:
    shaping = run.settings.shaping()
    asked = shaping["teacher"] if run.settings.evaluation.teacher else None
    return [
        {key: value for key, value in shaping["evaluation"].items() if key != "batch"},
        {key: shaping[key] for key in ("name", "kind", "demonstration")},
        [shaping["finetune"]["four_bit"], shaping["finetune"]["merge"], model_shape(run), asked],
        run.source.fingerprint(ROLES),
    ]


@dataclass(frozen=True, slots=True)
class Student:
    """Who is asked: what tells its predictions from others, and how it comes to them."""

    name: str
    identity: str
    predict: Callable[[pa.Table], pa.Table]


def work(run: Run) -> dict[str, Any]:
    task = load_task(run.source)
    clear(run.dir.path / "metrics.json")
    run.use_cluster()
    metrics: dict[str, Any] = {"set": run.settings.evaluation.sets[-1], "students": {}}
    students = students_of(run)
    for set_name in run.settings.evaluation.sets:
        real = run.dir.table(f"inputs/{set_name}.parquet")
        predictions = {student.name: predicted(run, student, set_name, real) for student in students}
        if set_name == "final":
            note_opening(run, [student.name for student in students], real.num_rows)
        for name, table in predictions.items():
            metrics["students"].setdefault(name, {})[set_name] = student_metrics(task, real, table)
        change = difference(task, real, predictions[STUDENT], predictions[BASELINE])
        judged = verdict(change, run.settings.demonstration, STUDENT, BASELINE, set_name)
        metrics["difference"] = {
            "student": STUDENT,
            "baseline": BASELINE,
            "set": set_name,
            **change,
            "verdict": judged,
        }
    write_json(run.dir.path / "metrics.json", metrics)
    judged = metrics["difference"]["verdict"]
    return {
        "students": [student.name for student in students],
        "items": {name: run.dir.table(f"inputs/{name}.parquet").num_rows for name in run.settings.evaluation.sets},
        "verdict": judged,
        "output": fingerprint(str(run.dir.path / "metrics.json")),
        "summary": judged["sentence"],
    }


def students_of(run: Run) -> list[Student]:
    from cluster.resources import use_gpu

    settings, evaluation = run.settings.finetune, run.settings.evaluation
    base, gpu = find_base(settings.model), use_gpu(run.settings.cluster)
    adapter = folder(run, STUDENT) / "adapter"
    inputs = [run.dir.table(f"inputs/{name}.parquet") for name in ("seeds", "calibration")]
    shots = choose_shots(load_task(run.source), *inputs, evaluation.shots)
    plain = Model(base.path, base.context, four_bit=settings.four_bit, gpu=gpu)
    tuned = Model(base.path, base.context, adapter, settings.four_bit, gpu)
    weights = fingerprint(str(adapter / "adapter_model.safetensors"))
    students = [
        model_student(run, BASELINE, plain, tuple(shots), base.fingerprint),
        model_student(run, STUDENT, tuned, (), weights),
    ]
    if settings.merge:
        merged = find_base(str(folder(run, STUDENT) / "merged"))
        whole = Model(merged.path, merged.context, four_bit=False, gpu=gpu)
        students.append(model_student(run, MERGED, whole, (), merged.fingerprint))
    if evaluation.teacher:
        from jobs.teacher_answers import teacher_student

        students.append(teacher_student(run, TEACHER))
    return students


def model_student(run: Run, name: str, model: Model, shots: tuple[Any, ...], weights: str) -> Student:
    from cluster.prediction import predict_on_ray

    evaluation = run.settings.evaluation
    asking = Asking(shots, evaluation.batch, evaluation.max_new_tokens)
    stage = predict_stage(run.source, model, asking)
    return Student(
        name,
        content_hash([weights, model.four_bit, shots, evaluation.max_new_tokens, run.source.fingerprint(ROLES)]),
        lambda rows: predict_on_ray(rows, stage, run.settings.cluster, gpu=model.gpu, batch=evaluation.batch),
    )


def predicted(run: Run, student: Student, set_name: str, real: pa.Table) -> pa.Table:
    """The student's predictions; those of an evaluation that was cut off are used, if they are of the same rows."""
    path = folder(run, student.name) / "predictions" / f"{set_name}.parquet"
    items = real.select(["item_id", "text"])
    identity = content_hash([student.identity, items.to_pydict()]).encode()
    if path.exists() and (pq.read_schema(path).metadata or {}).get(IDENTITY) == identity:
        say(f"  {student.name} on {set_name}: asked already")
        return pq.read_table(path)
    started = time.monotonic()
    found = student.predict(items)
    table = as_predictions(found, student.name, set_name)
    write_parquet(path, table.replace_schema_metadata({IDENTITY: identity}))
    failures = table["answer"].null_count
    say(
        f"  {student.name} on {set_name}: {table.num_rows} rows in {time.monotonic() - started:.1f} s, "
        f"{failures} without a readable answer"
    )
    return table


def as_predictions(found: pa.Table, student: str, set_name: str) -> pa.Table:
    whole = found.append_column("student", pa.array([student] * found.num_rows))
    return whole.append_column("set", pa.array([set_name] * found.num_rows)).select(PREDICTION.names).cast(PREDICTION)


def note_opening(run: Run, students: list[str], items: int) -> None:
    """Every look at `final` is on record: a set that is looked at often is no exam any more."""
    record = run.dir.read()
    opening = {"at": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "students": students, "items": items}
    run.dir.write({**record, "openings_of_final": [*record.get("openings_of_final", []), opening]})


JOB = Job("evaluate", ("check", "finetune"), ("metrics.json",), shape, work)
