"""`predict` and `score`: what is asked of whom, and predictions from anywhere against a task's real rows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.predict import items_of, model_of, write_predictions
from jobs.score import read_predictions, set_of
from pipeline.config import Settings
from pipeline.errors import InputError
from pipeline.evaluate.predict import _row as prediction_of
from pipeline.layers import load_settings
from pipeline.records import PREDICTION

if TYPE_CHECKING:
    from command import Seedwright, Shown
    from conftest import Taught

pytestmark = pytest.mark.slow

GOLD = {
    "e-1": {"order_number": "5519", "delivery_date": None},
    "e-2": {"order_number": None, "delivery_date": "2024-05-03"},
    "e-3": {"order_number": "A-7", "delivery_date": None},
}


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def exam(task_folder: Path) -> Path:
    """The task with three final rows."""
    known = {"label_source": "constructed", "labelled_by": "us", "labelled_at": "2026-01-01"}
    texts = ["Please correct order 5519.", "It comes on 2024-05-03, does it not?", "A-7 has not been sent."]
    rows = [
        {"id": name, "document_id": name, "text": text, "answer": answer, **known}
        for text, (name, answer) in zip(texts, GOLD.items(), strict=True)
    ]
    lines(task_folder / "final.jsonl", rows)
    return task_folder


@pytest.fixture
def score(seedwright: Seedwright, exam: Path, tmp_path: Path) -> Callable[..., Shown]:
    """`seedwright score --json` of rows, or of a file."""

    def run(rows: list[dict[str, Any]] | Path, *more: str) -> Shown:
        file = rows if isinstance(rows, Path) else lines(tmp_path / "p.jsonl", rows)
        return seedwright("score", file, "--task", exam, "--json", *more)

    return run


def answers(**changes: Any) -> list[dict[str, Any]]:
    """Perfect predictions of item_id and raw; null takes one out."""
    raws = {name: json.dumps(answer) for name, answer in GOLD.items()} | changes
    return [{"item_id": name, "raw": raw} for name, raw in raws.items() if raw is not None]


def value(shown: Shown, name: str) -> Any:
    assert shown.returncode == 0, shown.stderr
    return json.loads(shown.stdout)["students"]["predictions"]["final"][name]["value"]


def test_a_perfect_file_of_item_and_raw_scores_one(score: Callable[..., Shown]) -> None:
    shown = score(answers())
    assert [value(shown, name) for name in ("macro_f1", "exact", "malformed")] == [1.0, 1.0, 0.0]
    assert json.loads(shown.stdout)["set"] == "final"
    assert shown.stdout.count("\n") == 1
    assert "on final" in shown.stderr
    assert "demonstration, not evidence" in shown.stderr


def test_a_file_with_faults_scores_less_and_says_what_failed(score: Callable[..., Shown]) -> None:
    shown = score(answers(**{"e-1": "Sure! {", "e-3": '{"order_number": "A-8", "delivery_date": null}'}))
    assert value(shown, "exact") == pytest.approx(1 / 3)
    assert value(shown, "malformed") == pytest.approx(1 / 3)
    found = json.loads(shown.stdout)["students"]["predictions"]["final"]
    assert found["failures"] == {"malformed_json": 1}
    assert found["fields"]["order_number"]["f1"]["value"] == 0


@pytest.mark.parametrize("kind", [".jsonl", ".parquet", ".csv", "answers only", "structs"])
def test_predictions_may_come_in_any_form_that_holds_them(
    score: Callable[..., Shown], tmp_path: Path, kind: str
) -> None:
    whole = [
        {**dict.fromkeys(PREDICTION.names), **row, "student": "predictions", "seconds": 0.5, "prompt_tokens": 90}
        for row in answers()
    ]
    file = tmp_path / f"p{kind if kind.startswith('.') else '.parquet' if kind == 'structs' else '.jsonl'}"
    if kind == ".csv":
        quoted = ('{},"{}",0.5,90'.format(row["item_id"], row["raw"].replace('"', '""')) for row in whole)
        file.write_text("item_id,raw,seconds,prompt_tokens\n" + "\n".join(quoted) + "\n")
    elif kind == "answers only":
        lines(file, [{"item_id": name, "answer": answer} for name, answer in GOLD.items()])
    elif kind == "structs":
        pq.write_table(pa.table({"item_id": list(GOLD), "answer": list(GOLD.values())}), file)
    else:
        write_predictions(file, pa.Table.from_pylist(whole, schema=PREDICTION))
    shown = score(file)
    assert value(shown, "macro_f1") == 1.0
    tokens = json.loads(shown.stdout)["students"]["predictions"]["final"]["tokens"]["prompt"]
    assert tokens == (None if kind in ("answers only", "structs") else 270)


def test_a_named_set_is_the_one_that_is_scored(score: Callable[..., Shown]) -> None:
    assert value(score(answers(), "--set-name", "final"), "exact") == 1.0
    shown = score(answers(), "--set-name", "dev")
    assert shown.returncode == 2
    assert "1 real row without a prediction (dev-1), 3 predictions of no real row (e-1, e-2, e-3)" in shown.stderr


def refusal(shown: Shown) -> str:
    """What a refused file is told: one line, code 2, and for a script that asks for JSON the same."""
    assert shown.returncode == 2
    assert shown.stderr.count("\n") == 1
    told = shown.stderr.removeprefix("seedwright: ").strip()
    assert not shown.stdout or json.loads(shown.stdout) == {"error": told, "exit": 2}
    return told


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            [{"item_id": f"x-{number}", "raw": "{}"} for number in range(5)],
            "{file}: is of other items: none of its 5 ids (x-0, x-1, x-2) is in the task's real sets; predict those "
            "sets, and keep their ids",
        ),
        (
            [{**row, "student": f"student {at}"} for at, row in enumerate(answers())],
            "{file}: holds predictions of 3 students (student 0, student 1, student 2); give one's",
        ),
        (
            answers(**{"e-2": None}),
            "{file}, predictions of predictions on final: 1 real row without a prediction (e-2); predict once for "
            "every row of this very set",
        ),
        (
            [*answers(), *answers(**{"e-1": None})],
            "{file}, predictions of predictions on final: 2 items predicted more than once (e-2, e-3); predict once "
            "for every row of this very set",
        ),
        (
            [{"id": "e-1", "raw": "{}", "note": ""}],
            "{file}: has the columns id, raw, note; predictions need item_id, and raw (what the model wrote)",
        ),
        (
            [{"item_id": "e-1", "reply": "{}"}],
            "{file}: has the columns item_id, reply; predictions need item_id, and raw (what the model wrote)",
        ),
        (
            [{**row, "seconds": "fast"} for row in answers()],
            "{file}: seconds of item e-1 is 'fast', not a number; mend it, or take the column out",
        ),
    ],
    ids=["other items", "two students", "a missing id", "ids twice", "no item_id", "no raw", "no number"],
)
def test_a_file_that_cannot_be_scored_is_refused_in_one_line(
    score: Callable[..., Shown], tmp_path: Path, rows: list[dict[str, Any]], told: str
) -> None:
    assert refusal(score(rows)) == told.format(file=tmp_path / "p.jsonl")


def test_a_file_with_a_torn_line_is_refused_and_not_scored_without_it(
    score: Callable[..., Shown], tmp_path: Path
) -> None:
    file = lines(tmp_path / "p.jsonl", answers())
    file.write_text(file.read_text() + '{"item_id": "e-')
    told = refusal(score(file))
    assert told.startswith(f"{file}: 1 rows cannot be read (the first is ")
    assert "p.jsonl:4: column 13: not JSON" in told
    assert told.endswith("mend them")


def test_a_set_that_does_not_exist_and_a_file_that_does_not_are_refused(
    score: Callable[..., Shown], tmp_path: Path
) -> None:
    told = refusal(score(answers(), "--set-name", "seeds"))
    assert told == "--set-name seeds: is no set of real rows; it is one of calibration, dev, final"
    assert "nowhere.jsonl: not found" in refusal(score(tmp_path / "nowhere.jsonl"))


def test_predictions_are_read_as_they_were_written(tmp_path: Path) -> None:
    rows = [
        {"item_id": "1", "raw": '{"a": 1}', "answer": '{"a":1}', "seconds": 0.25, "output_tokens": 9, "shots": 3},
        {"item_id": "2", "raw": None, "failure": "too_long", "prompt_tokens": 5000},
        {"item_id": "3", "raw": "Ünicode \u2028 {", "failure": "malformed_json"},
    ]
    table = pa.Table.from_pylist([{"student": "s", "set": "final", **row} for row in rows], schema=PREDICTION)
    for kind in ("jsonl", "parquet"):
        write_predictions(tmp_path / f"p.{kind}", table)
        found = read_predictions(tmp_path / f"p.{kind}").to_pylist()
        assert found == [{**row, "raw": row["raw"] or ""} for row in table.to_pylist()]


def test_what_failed_when_it_was_asked_is_no_answer_when_it_is_read_again(
    score: Callable[..., Shown], tmp_path: Path
) -> None:
    rows = [{**row, "answer": None, "failure": "refusal"} for row in answers()]
    shown = score(rows)
    assert [value(shown, name) for name in ("macro_f1", "malformed")] == [0.0, 1.0]
    assert json.loads(shown.stdout)["students"]["predictions"]["final"]["failures"] == {"refusal": 3}
    file = tmp_path / "p.csv"
    file.write_text("item_id,raw,answer,failure\n" + "".join(f"{name},{{}},,truncated\n" for name in GOLD))
    assert value(score(file), "malformed") == 1.0


@pytest.mark.parametrize(
    "written", ['{"a":"x\x00y"}', "\x00", '{"a":\x001}', '{"a":"\udfff"}', '<think>{"a":1}', "{", '{"a":1}\x00']
)
@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_what_a_run_could_not_read_is_read_no_better_afterwards(tmp_path: Path, written: str, kind: str) -> None:
    asked = prediction_of({"raw": written, "output_tokens": 3, "seconds": 0.5}, [1, 2], 0)
    table = pa.Table.from_pylist([{"student": "s", "set": "final", "item_id": "1", **asked}], schema=PREDICTION)
    write_predictions(tmp_path / f"p.{kind}", table)
    assert read_predictions(tmp_path / f"p.{kind}").to_pylist() == table.to_pylist()


def test_the_set_is_the_one_that_shares_most_items(tmp_path: Path) -> None:
    sets = {name: pa.table({"item_id": ids}) for name, ids in {"dev": ["a", "b"], "final": ["b", "c", "d"]}.items()}
    assert set_of(pa.table({"item_id": ["a", "b"]}), sets, tmp_path) == "dev"
    assert set_of(pa.table({"item_id": ["b", "c", "x"]}), sets, tmp_path) == "final"
    with pytest.raises(InputError, match=r"is of other items: none of its 1 ids \(x\)"):
        set_of(pa.table({"item_id": ["x"]}), sets, tmp_path)


def test_items_are_known_by_their_id_or_by_their_text(tmp_path: Path) -> None:
    file = lines(tmp_path / "in.jsonl", [{"id": 7, "words": "a"}, {"words": "b"}, {"id": "", "words": "c"}])
    found = items_of(file, "words")
    ids = found["item_id"].to_pylist()
    assert found["text"].to_pylist() == ["a", "b", "c"]
    assert ids[0] == "7"
    assert len(set(ids)) == 3
    assert items_of(lines(tmp_path / "again.jsonl", [{"text": "b"}]), "text")["item_id"].to_pylist() == ids[1:2]


def test_items_of_a_task_have_the_ids_that_score_knows(exam: Path) -> None:
    assert items_of(exam / "final.jsonl", "text")["item_id"].to_pylist() == list(GOLD)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"id": "x", "text": "a"}, {"id": "x", "text": "b"}], "two rows have the id (or, without one, the text) 'x'"),
        ([{"text": "a"}, {"text": "a"}], "two rows have the id (or, without one, the text) '"),
        ([{"id": "x", "text": "a"}, {"id": "y"}], "in.jsonl:2"),
        ([{"id": "x", "words": "a"}], "text"),
    ],
    ids=["an id twice", "a text twice", "no text", "no column"],
)
def test_items_that_cannot_be_told_apart_or_asked_are_refused(
    tmp_path: Path, rows: list[dict[str, Any]], told: str
) -> None:
    file = lines(tmp_path / "in.jsonl", rows)
    with pytest.raises(InputError) as caught:
        items_of(file, "text")
    assert str(file.name) in str(caught.value)
    assert told in str(caught.value)


@pytest.mark.timeout(60)  # seconds where an id is looked for once; minutes where each is looked for among all
def test_an_id_that_stands_twice_in_a_large_file_is_found_at_once(tmp_path: Path) -> None:
    rows = [{"id": f"an item of number {number}", "text": "a"} for number in range(100_000)]
    with pytest.raises(InputError, match=r"the text\) 'an item of number 99998'; give each its own `id`$"):
        items_of(lines(tmp_path / "in.jsonl", [*rows, *rows[-2:]]), "text")


@pytest.fixture
def settings(task_folder: Path) -> Callable[..., Settings]:
    return lambda *pairs: load_settings(str(task_folder), None, pairs)[0]


def test_a_folder_with_a_model_is_asked_as_it_is(settings: Callable[..., Settings], tiny_model: Path) -> None:
    found = model_of(str(tiny_model), settings("finetune.four_bit=false"), gpu=False)
    assert (found.base, found.adapter, found.context) == (str(tiny_model), None, 1024)
    assert (found.four_bit, found.gpu) == (False, False)


def test_an_adapter_is_asked_on_the_base_it_was_trained_on_or_where_that_is_gone_on_the_tasks(
    settings: Callable[..., Settings], taught: Taught, tiny_model: Path, tmp_path: Path
) -> None:
    found = model_of(str(taught.adapter), settings("finetune.model=./no-such-model"), gpu=False)
    assert (found.base, found.adapter, found.four_bit) == (str(tiny_model), taught.adapter, True)
    adapter = Path(shutil.copytree(taught.adapter, tmp_path / "adapter"))
    note = adapter / "seedwright.json"
    note.write_text(json.dumps(json.loads(note.read_text()) | {"base": "/gone"}))
    moved = shutil.copytree(tiny_model, tmp_path / "moved")
    assert model_of(str(adapter), settings(f"finetune.model={moved}"), gpu=False).base == str(moved)
    note.write_text("{")
    with pytest.raises(InputError, match=rf"^{note}: cannot be read \(.+\); fine-tune again$"):
        model_of(str(adapter), settings(), gpu=False)


def test_an_adapter_is_asked_as_it_was_trained_and_a_model_as_the_settings_say(
    settings: Callable[..., Settings], taught: Taught, tiny_model: Path, tmp_path: Path
) -> None:
    adapter = Path(shutil.copytree(taught.adapter, tmp_path / "adapter"))
    for thinks in (True, False):
        chosen = settings(f"finetune.thinking={str(thinks).lower()}")
        assert model_of(str(tiny_model), chosen, gpu=False).thinking is thinks
        assert model_of(str(adapter), chosen, gpu=False).thinking is False
    note = adapter / "seedwright.json"
    note.write_text(json.dumps(json.loads(note.read_text()) | {"thinking": True}))
    assert model_of(str(adapter), settings(), gpu=False).thinking is True


@pytest.mark.parametrize("trained", [True, False])
def test_a_student_is_asked_in_the_precision_it_was_trained_in_unless_this_command_says_otherwise(
    settings: Callable[..., Settings], taught: Taught, tiny_model: Path, tmp_path: Path, trained: bool
) -> None:
    adapter = Path(shutil.copytree(taught.adapter, tmp_path / "adapter"))
    merged = Path(shutil.copytree(tiny_model, tmp_path / "merged"))
    for student in (adapter, merged):
        note = student / "seedwright.json"
        known = json.loads((adapter / "seedwright.json").read_text())
        note.write_text(json.dumps(known | {"four_bit": trained}))
        of_task = settings(f"finetune.four_bit={str(not trained).lower()}")
        assert model_of(str(student), of_task, gpu=False).four_bit is trained
        assert model_of(str(student), of_task, gpu=False, four_bit=not trained).four_bit is not trained
        note.write_text(json.dumps({"base": known["base"]}))  # as it was once written
        assert model_of(str(student), of_task, gpu=False).four_bit is not trained
        note.write_text(json.dumps(known))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], None),
        (["--set", "finetune.rank=8"], None),
        (["--set", "finetune.four_bit=true"], True),
        (["--set", "finetune={four_bit: false}"], False),
        (["--config", "{folder}/four_bit.yaml"], False),
    ],
)
def test_the_precision_is_this_commands_where_it_was_given_with_it_and_not_by_the_task(
    seedwright: Seedwright, task_folder: Path, monkeypatch: pytest.MonkeyPatch, given: list[str], told: bool | None
) -> None:
    seen: list[bool | None] = []
    monkeypatch.setattr("jobs.predict.predict", lambda *_, four_bit, **__: seen.append(four_bit) or {})
    (task_folder / "task.yaml").write_text((task_folder / "task.yaml").read_text() + "\nfinetune: {four_bit: false}\n")
    (task_folder / "four_bit.yaml").write_text("finetune: {four_bit: false}\n")
    given = [one.format(folder=task_folder) if one.endswith(".yaml") else one for one in given]
    shown = seedwright("predict", "pocket", "in.jsonl", "--task", task_folder, "--out", "out.jsonl", *given)
    assert (shown.returncode, seen) == (0, [told]), shown.stderr


def test_a_folder_that_is_neither_model_nor_adapter_is_refused(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=rf"^{tmp_path}: holds no config.json, so it is no model; give the folder"):
        model_of(str(tmp_path), settings(), gpu=False)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("./nope", "MODEL: there is no folder ./nope; give a folder with a model, a hub name, or pocket"),
        ("{folder}", "{folder}: holds no config.json, so it is no model; give the folder that save_pretrained wrote"),
        (
            "{folder}/adapter",
            "finetune.model: there is no folder /gone; give a folder with a model, a hub name, or pocket",
        ),
    ],
    ids=["no folder", "no model", "an adapter without its base"],
)
def test_a_model_that_cannot_be_asked_is_refused_by_its_name_before_a_cluster_is_looked_for(
    seedwright: Seedwright, task_folder: Path, monkeypatch: pytest.MonkeyPatch, model: str, told: str
) -> None:
    monkeypatch.setattr("cluster.session.session", lambda _: pytest.fail("a cluster was looked for"))
    (task_folder / "adapter").mkdir()
    (task_folder / "adapter/adapter_config.json").write_text("{}")
    source, out = lines(task_folder / "in.jsonl", [{"text": "a"}]), task_folder / "out.jsonl"
    options = ("--task", task_folder, "--out", out, "--set", "finetune.model=/gone")
    shown = seedwright("predict", model.format(folder=task_folder), source, *options)
    assert refusal(shown) == told.format(folder=task_folder)


def test_a_prediction_file_of_no_kind_we_write_is_refused(
    seedwright: Seedwright, task_folder: Path, tiny_model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "found.txt"
    shown = seedwright("predict", tiny_model, task_folder / "final.jsonl", "--task", task_folder, "--out", out)
    assert refusal(shown) == f"{out}: ends in .txt; give --out a name in .jsonl or .parquet"
    assert not out.exists()
