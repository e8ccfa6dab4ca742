"""What counts as a look at `final`, with students who know no answer and need no cluster."""

from pathlib import Path

import pyarrow as pa
import pytest

from jobs import evaluate
from jobs.flow import job_named
from jobs.run import Run, do, open_run
from jobs.students import BASELINE, STUDENT
from pipeline.layers import load_settings
from pipeline.records import PREDICTION
from pipeline.run_dir import locked

NAMES = [BASELINE, STUDENT]


def silent(name: str) -> evaluate.Student:
    def predict(rows: pa.Table) -> pa.Table:
        table = rows.select(["item_id"])
        for field in PREDICTION:
            if field.name not in ("item_id", "student", "set"):
                table = table.append_column(field, pa.nulls(rows.num_rows, field.type))
        return table

    return evaluate.Student(name, name, predict)


@pytest.fixture(autouse=True)
def _silent_students(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "students_of", lambda _: [silent(name) for name in NAMES])
    monkeypatch.setattr(Run, "use_cluster", lambda _: None)


@pytest.mark.slow
def test_a_look_at_dev_is_no_opening_of_final_and_its_answers_are_used_in_the_next(
    task_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    openings = []
    for sets in ("[dev]", "[dev, final]", "[final]"):
        settings = load_settings(str(task_folder), None, [f"evaluation.sets={sets}"])[0]
        with locked(tmp_path / "run") as folder:
            run = open_run(folder, settings, update=True)
            do(run, job_named("check"))
            evaluate.work(run)
            openings.append([(one["items"], one["students"]) for one in folder.read()["openings_of_final"]])
    assert openings == [[], [(1, NAMES)], [(1, NAMES)] * 2]
    said = capsys.readouterr().err
    assert [said.count(f"{name} on {one}: asked already") for name in NAMES for one in ("dev", "final")] == [1] * 4
