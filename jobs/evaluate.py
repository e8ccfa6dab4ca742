"""The stage `evaluate`: baseline, student and whoever else, asked the same real rows; figures, intervals, a verdict."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.asking import PAID
from jobs.console import say
from jobs.run import Job, Run
from jobs.students import BASELINE, MERGED, STUDENT, TEACHER, folder, model_shape
from jobs.teacher_answers import asking_teacher, teacher_paid
from pipeline.canonical import content_hash
from pipeline.evaluate.metrics import difference, metrics_of_all
from pipeline.evaluate.predict import Asking, Model, predict_stage
from pipeline.evaluate.shots import choose_shots
from pipeline.evaluate.verdict import verdict
from pipeline.finetune.base_model import find_base
from pipeline.records import PREDICTION
from pipeline.run_dir import clear, write_json, write_parquet
from pipeline.seeds.files import fingerprint
from pipeline.stage import Stage
from pipeline.tasks.task import load_task

IDENTITY = b"seedwright.identity"
ROLES = ("schema", "normalise", "student_prompt", "guidelines")


def shape(run: Run) -> Any:
    shaping = run.settings.shaping()
    asked = shaping["teacher"] if run.settings.evaluation.teacher else None
    return [
        {key: value for key, value in shaping["evaluation"].items() if key != "batch"},
        {key: shaping[key] for key in ("name", "kind", "demonstration")},
        [*(shaping["finetune"][key] for key in ("four_bit", "merge", "thinking")), model_shape(run), asked],
        run.source.fingerprint(ROLES),
    ]


@dataclass(frozen=True, slots=True)
class Student:
    """Who is asked: what tells its predictions from others, and the stage or the function that they come from."""

    name: str
    identity: str
    predict: Stage | Callable[[pa.Table], pa.Table]


@dataclass(frozen=True, slots=True)
class Question:
    """A student asked about a real set."""

    student: Student
    set_name: str
    items: pa.Table

    @property
    def identity(self) -> bytes:
        return content_hash([self.student.identity, self.items.to_pydict()]).encode()


def work(run: Run) -> dict[str, Any]:
    task = load_task(run.source)
    clear(run.dir.path / "metrics.json")
    run.use_cluster()
    students = students_of(run)
    exams = {name: run.dir.table(f"inputs/{name}.parquet") for name in run.settings.evaluation.sets}
    compared = "final" if "final" in exams else run.settings.evaluation.sets[-1]
    metrics: dict[str, Any] = {"set": compared, "students": {}}
    predictions = all_predictions(run, students, exams)
    paid = {name: teacher_paid(run, real) for name, real in exams.items() if run.settings.evaluation.teacher}
    if "final" in exams:
        note_opening(run, [student.name for student in students], exams["final"].num_rows)
    for set_name, real in exams.items():
        table = {student.name: predictions[student.name, set_name] for student in students}
        for name, figures in metrics_of_all(task, real, table).items():
            metrics["students"].setdefault(name, {})[set_name] = figures
    for set_name, cost in paid.items():
        figures = metrics["students"][TEACHER][set_name]
        figures["per_thousand"]["dollars"] = 1000 * cost["dollars"] / figures["items"]
    order = [STUDENT, BASELINE, *(name for name in metrics["students"] if name not in (STUDENT, BASELINE))]
    mine, theirs, *beside = (predictions[name, compared] for name in order)
    change = difference(task, exams[compared], mine, theirs, beside)
    judged = verdict(change, run.settings.demonstration, STUDENT, BASELINE, compared)
    metrics["difference"] = {"student": STUDENT, "baseline": BASELINE, "set": compared, **change, "verdict": judged}
    write_json(run.dir.path / "metrics.json", metrics)
    return {
        "students": [student.name for student in students],
        "items": {name: real.num_rows for name, real in exams.items()},
        "verdict": judged,
        **{name: sum(cost[name] for cost in paid.values()) for name in PAID if paid},
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
    plain = Model(base.path, base.context, four_bit=settings.four_bit, gpu=gpu, thinking=settings.thinking)
    tuned = replace(plain, adapter=adapter)
    weights = fingerprint(str(adapter / "adapter_model.safetensors"))
    students = [
        model_student(run, BASELINE, plain, tuple(shots), base.fingerprint),
        model_student(run, STUDENT, tuned, (), weights),
    ]
    if settings.merge:
        merged = find_base(str(folder(run, STUDENT) / "merged"))
        whole = replace(plain, base=merged.path, context=merged.context, four_bit=False)
        students.append(model_student(run, MERGED, whole, (), merged.fingerprint))
    if evaluation.teacher:
        shaping = [run.settings.shaping()["teacher"], run.source.fingerprint(ROLES)]
        students.append(Student(TEACHER, content_hash(shaping), asking_teacher(run)))
    return students


def model_student(run: Run, name: str, model: Model, shots: tuple[Any, ...], weights: str) -> Student:
    evaluation = run.settings.evaluation
    stage = predict_stage(run.source, model, Asking(shots, evaluation.batch, evaluation.max_new_tokens))
    shaping = [weights, model.four_bit, model.thinking, shots, evaluation.max_new_tokens, run.source.fingerprint(ROLES)]
    return Student(name, content_hash(shaping), stage)


def all_predictions(
    run: Run, students: list[Student], exams: Mapping[str, pa.Table]
) -> dict[tuple[str, str], pa.Table]:
    """PREDICTION tables by student and set; those of an evaluation that was cut off are used, if they are of the same
    rows. Each is on disk as soon as it is whole.
    """
    known: dict[tuple[str, str], pa.Table] = {}
    questions = []
    for set_name, real in exams.items():
        for student in students:
            question = Question(student, set_name, real.select(["item_id", "text"]))
            path = file_of(run, question)
            if path.exists() and (pq.read_schema(path).metadata or {}).get(IDENTITY) == question.identity:
                say(f"  {student.name} on {set_name}: asked already")
                known[student.name, set_name] = pq.read_table(path)
            else:
                questions.append(question)
    started = time.monotonic()
    for question, found in answered(run, questions):
        table = as_predictions(found, question.student.name, question.set_name)
        write_parquet(file_of(run, question), table.replace_schema_metadata({IDENTITY: question.identity}))
        say(
            f"  {question.student.name} on {question.set_name}: {table.num_rows} rows in "
            f"{time.monotonic() - started:.1f} s, {table['answer'].null_count} without a readable answer"
        )
        known[question.student.name, question.set_name] = table
        started = time.monotonic()
    return known


def file_of(run: Run, question: Question) -> Path:
    return folder(run, question.student.name) / "predictions" / f"{question.set_name}.parquet"


def answered(run: Run, questions: list[Question]) -> Iterator[tuple[Question, pa.Table]]:
    """The models are asked on the cluster, all by the same actors; then everybody else."""
    from cluster.prediction import predict_on_ray
    from cluster.resources import use_gpu

    models = [(one, one.student.predict) for one in questions if isinstance(one.student.predict, Stage)]
    if models:
        cluster, batch = run.settings.cluster, run.settings.evaluation.batch
        asked = [(question.items, stage) for question, stage in models]
        found = predict_on_ray(asked, cluster, gpu=use_gpu(cluster), batch=batch)
        yield from zip((question for question, _ in models), found, strict=True)
    for question in questions:
        if not isinstance(question.student.predict, Stage):
            yield question, question.student.predict(question.items)


def as_predictions(found: pa.Table, student: str, set_name: str) -> pa.Table:
    whole = found.append_column("student", pa.array([student] * found.num_rows))
    return whole.append_column("set", pa.array([set_name] * found.num_rows)).select(PREDICTION.names).cast(PREDICTION)


def note_opening(run: Run, students: list[str], items: int) -> None:
    """Every look at `final` is on record: a set that is looked at often is no exam any more."""
    record = run.dir.read()
    opening = {"at": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "students": students, "items": items}
    run.dir.write({**record, "openings_of_final": [*record.get("openings_of_final", []), opening]})


JOB = Job("evaluate", ("check", "finetune"), ("metrics.json",), shape, work)
