"""The stage `check`: seeds and real sets read, provenance and answers checked, the wall between them proved."""

import json
from collections import Counter
from dataclasses import asdict
from typing import Any

from jobs.console import say
from jobs.embedding import find_encoders
from jobs.run import Job, Run
from jobs.second_look import require_judge
from jobs.students import require_model
from pipeline.canonical import content_hash
from pipeline.curate.examples import student_prompt
from pipeline.curate.filters import verdict
from pipeline.errors import InputError
from pipeline.generate.asides import ROLE, read_asides
from pipeline.run_dir import write_parquet, write_text
from pipeline.seeds.files import fingerprint
from pipeline.seeds.intake import check_not_empty, counted, real_table, refuse, repeated, seed_table, without_folders
from pipeline.seeds.rows import BadRow
from pipeline.seeds.sources import SETS, read_sources
from pipeline.seeds.wall import breaches
from pipeline.tasks.extraction import grounded, normalised
from pipeline.tasks.task import Task, TaskSource, load_task
from pipeline.teacher.simulated.scene import FIELDS as CONTRACT_FIELDS

ROLES = ("schema", "normalise", "verify", "student_prompt")
SHOWN = 5


def shape(run: Run) -> Any:
    """Refuses here, as a check that was finished with another teacher or student is not done again."""
    require_teacher(run.source)
    if run.student:
        require_model(run.settings)
    require_judge(run.source)
    find_encoders(run.settings)
    if ROLE in run.source.texts:
        read_asides(load_task(run.source))
    settings = run.settings
    paths = {"seeds": settings.seeds.path, "real": settings.real.path}
    paths |= {f"real.{name}": getattr(settings.real, name) for name in SETS}
    shaping = settings.shaping()
    return [
        {role: fingerprint(path) for role, path in paths.items() if path},
        {"one source": settings.seeds.path == settings.real.path},
        {key: shaping[key] for key in ("name", "kind", "seeds", "real", "demonstration")},
        {key: shaping["contamination"][key] for key in ("cut", "containment", "shingle")},
        run.source.fingerprint(ROLES),
    ]


def work(run: Run) -> dict[str, Any]:
    task = load_task(run.source)
    tables, notes = read_checked(task)
    for name, table in tables.items():
        write_parquet(run.dir.path / "inputs" / f"{name}.parquet", without_folders(table))
    rows = {name: table.num_rows for name, table in tables.items()}
    skipped = Counter(": ".join(note.reason.split(": ")[:2]) for note in notes)
    if notes:
        lines = "".join(json.dumps(asdict(note), ensure_ascii=False) + "\n" for note in notes)
        write_text(run.dir.path / "inputs" / "left_out.jsonl", lines)
        say(f"  {len(notes)} labels of the source are left out, see inputs/left_out.jsonl; most often:")
    for reason, count in skipped.most_common(5):
        say(f"    {count} x {reason}")
    twins = repeated(tables["seeds"])
    for first, second in twins[:SHOWN]:
        say(f"  seeds {first!r} and {second!r} have the same text: its samples are asked for, and paid, twice")
    if len(twins) > SHOWN:
        say(f"  ... and {len(twins) - SHOWN:,} more seeds with the text of another")
    return {
        "rows": rows,
        "repeated_seeds": twins,
        "strata": counted(tables["seeds"], "stratum"),
        "label_sources": {name: counted(tables[name], "label_source") for name in SETS},
        "left_out": dict(skipped.most_common()),
        "output": content_hash(
            {name: fingerprint(str(run.dir.path / "inputs" / f"{name}.parquet")) for name in tables}
        ),
        "summary": ", ".join(f"{count} {name}" for name, count in rows.items()) + "; no document or text in two sets",
    }


def require_teacher(source: TaskSource) -> None:
    """Raises InputError for a built-in teacher that could not answer this task, before it is asked."""
    teacher = source.settings.teacher
    if teacher.base_url != "simulated":
        return
    fields = load_task(source).fields
    if set(fields) != set(CONTRACT_FIELDS):
        raise InputError(
            f"teacher.base_url: the built-in teacher drafts contract sections only, and this task's fields are "
            f"{', '.join(fields)}; set teacher.base_url, teacher.model and teacher.api_key_env to a real teacher"
        )
    if teacher.model not in teacher.simulated.models:
        raise InputError(
            f"teacher.model: the built-in teacher serves {', '.join(teacher.simulated.models)} and not "
            f"{teacher.model!r}; set teacher.model to that, or teacher.base_url to a real teacher"
        )


def read_checked(task: Task) -> tuple[dict[str, Any], list[BadRow]]:
    """SEED and REAL tables by name, and notes on rows that a released data set is known to lack.

    Raises InputError that lists every bad row, breach of the wall or row that the task's own verifier refutes.
    """
    mistakes: list[BadRow] = []
    notes: list[BadRow] = []
    raw = read_sources(task.settings, mistakes, notes)
    tables = {name: (seed_table if name == "seeds" else real_table)(task, rows, mistakes) for name, rows in raw.items()}
    refuse(mistakes)
    for name, table in tables.items():
        check_not_empty(table, name, getattr(task.settings.real, name, None) or task.settings.seeds.path)
    refuse(refuted(task, tables) + breaches(tables, task.settings.contamination))
    rehearse(task, tables["seeds"].to_pylist())
    return tables, notes


def rehearse(task: Task, seeds: list[dict[str, Any]]) -> None:
    """Asks the student's prompt and the task's rules of one seed, so that a mistake in them shows before paying."""
    student_prompt(task, seeds[0]["text"])
    seed = next((seed for seed in seeds if seed["answer"]), None)
    for name, value in json.loads(seed["answer"]).items() if seed else ():
        normalised(task, name, value)
        grounded(task, name, value, seed["text"])


def refuted(task: Task, tables: dict[str, Any]) -> list[BadRow]:
    """Constructed rows whose answer the verifier, which their provenance claims, does not pass."""
    found = []
    for row in (row for table in tables.values() for row in table.to_pylist()):
        answer = json.loads(row["answer"] or "{}")
        if row["label_source"] != "constructed" or set(answer) != set(task.fields):
            continue
        if reason := verdict(task, row["text"], answer, row["place"]):
            found.append(
                BadRow(
                    row["place"], f"the task's verifier refutes the answer ({reason}); correct it or take the row out"
                )
            )
    return found


FILES = tuple(f"inputs/{name}.parquet" for name in ("seeds", *SETS))
JOB = Job("check", (), FILES, shape, work)
