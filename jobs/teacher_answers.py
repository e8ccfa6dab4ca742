"""The teacher asked about the real rows: through the same ledger, limits and budget as the samples."""

import pyarrow as pa

from jobs.asking import ask_all
from jobs.evaluate import ROLES, Student
from jobs.run import Run
from pipeline.canonical import content_hash
from pipeline.evaluate.teacher_questions import answered, questions
from pipeline.records import PREDICTION
from pipeline.tasks.task import load_task
from pipeline.teacher.ledger import answers


def teacher_student(run: Run, name: str) -> Student:
    def predict(rows: pa.Table) -> pa.Table:
        requests = questions(load_task(run.source), rows)
        ask_all(run, requests)
        keys = requests["key"].to_pylist()
        records = {record["key"]: record for record in answers(run.dir.path / "ledger", set(keys))}
        found = [
            {"item_id": item, **answered(records.get(key))}
            for item, key in zip(rows["item_id"].to_pylist(), keys, strict=True)
        ]
        columns = [field for field in PREDICTION if field.name not in ("student", "set")]
        return pa.Table.from_pylist(found, schema=pa.schema(columns))

    shaping = run.settings.shaping()["teacher"]
    return Student(name, content_hash([shaping, run.source.fingerprint(ROLES)]), predict)
