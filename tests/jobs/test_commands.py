import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from command import Seedwright

from jobs.run import Run, command_for, installed
from pipeline.layers import load_settings
from pipeline.run_dir import RunDir
from pipeline.tasks.task import TaskSource

pytestmark = pytest.mark.slow


def test_help_of_a_command_does_not_wait_for_heavy_imports() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "jobs", "dedup", "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "--threshold" in shown.stdout
    loaded = {line.split("|")[-1].strip() for line in shown.stderr.splitlines()}
    assert not {"ray", "pyarrow", "anthropic", "datasets", "numpy"} & loaded


@pytest.mark.parametrize("kind", ["extraction", "classification"])
def test_a_new_task_folder_passes_its_own_checks_and_can_be_planned(
    seedwright: Seedwright, tmp_path: Path, kind: str
) -> None:
    made = seedwright("init", tmp_path / "my task", "--kind", kind)
    assert made.returncode == 0, made.stderr
    planned = seedwright("plan", tmp_path / "my task", "--json")
    assert planned.returncode == 0, planned.stderr
    record = json.loads(planned.stdout)
    assert record["task"] == "my-task"
    assert record["stages"]["plan"]["requests"] == 10
    assert record["stages"]["plan"]["dollars"] > 0


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("nåt täsk!", "nat-task"),
        ("Grün & Söhne", "Grun-Sohne"),
        ("日本", "task"),
        ("_v2.1--x_", "v2.1-x"),
        ("a b", "a-b"),
    ],
)
def test_a_new_task_is_named_after_its_folder_and_the_advised_command_works(
    seedwright: Seedwright, tmp_path: Path, folder: str, name: str
) -> None:
    made = seedwright("init", tmp_path / folder)
    assert load_settings(str(tmp_path / folder))[0].name == name
    advised = shlex.split(made.stderr.splitlines()[-1].partition("then: ")[2])
    assert advised == ["seedwright", "plan", str(tmp_path / folder)]


def test_init_never_writes_over_something(seedwright: Seedwright, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = seedwright("init", tmp_path)
    assert (refused.returncode, "already holds something" in refused.stderr) == (2, True)
    assert "--kind poetry: is unknown" in seedwright("init", tmp_path / "new", "--kind", "poetry").stderr


def test_a_mistake_is_told_in_lines_on_standard_error_with_exit_code_2(
    seedwright: Seedwright, task_folder: Path
) -> None:
    refused = seedwright("plan", task_folder, "--set", "filters.confidense=0.9", "--json")
    told = "--set filters.confidense: unknown setting filters.confidense; did you mean filters.confidence?"
    assert (refused.returncode, refused.stderr) == (2, f"seedwright: {told}\n")
    assert json.loads(refused.stdout) == {"error": told, "exit": 2}


def test_with_json_every_end_of_a_command_is_one_object_and_without_it_none(
    seedwright: Seedwright, task_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mistyped = seedwright("plan", task_folder, "--bugdet", "1", "--json")
    assert (mistyped.returncode, "Usage: " in mistyped.stderr) == (2, True)
    assert json.loads(mistyped.stdout) == {"error": "No such option: --bugdet", "exit": 2}
    assert seedwright("plan", task_folder, "--bugdet", "1").stdout == ""

    def stops(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("jobs.commands.plan_only", stops)
    stopped = seedwright("plan", task_folder, "--json")
    assert (stopped.returncode, json.loads(stopped.stdout)) == (130, {"error": "interrupted", "exit": 130})
    assert "the same command goes on where it was" in stopped.stderr
    monkeypatch.setattr("jobs.commands.plan_only", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        seedwright("plan", task_folder, "--json")
    assert json.loads(capsys.readouterr().out) == {"error": "ZeroDivisionError('division by zero')", "exit": 1}


def test_the_plan_spends_nothing_and_says_what_the_run_would(seedwright: Seedwright, task_folder: Path) -> None:
    pairs = ["limits.requests_per_minute=5", "generation.cross=[register]"]
    planned = seedwright("plan", task_folder, *[part for pair in pairs for part in ("--set", pair)])
    assert planned.returncode == 0, planned.stderr
    for words in ("requests       30", "6.0 minutes at the set limits", "price file of 2026-10-31", "clipped"):
        assert words in planned.stderr


def test_plan_opens_a_run_folder_and_a_stage_refuses_to_go_before_its_time(
    seedwright: Seedwright, task_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    assert seedwright("plan", task_folder, "--out", out).returncode == 0
    refused = seedwright("curate", out)
    assert refused.returncode == 2
    assert (
        f"generate is not done, or something that it depends on has changed; run `seedwright generate {out}` first"
        in refused.stderr
    )
    assert "is no run folder" in seedwright("generate", tmp_path / "nowhere").stderr


def test_a_stage_that_may_ask_the_teacher_takes_a_budget_which_stays_and_an_address_which_does_not(
    seedwright: Seedwright, task_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    seedwright("plan", task_folder, "--out", out)

    def settings() -> tuple[float | None, str | None]:
        recorded = json.loads((out / "run.json").read_text())["settings"]
        return recorded["budget"], recorded["cluster"]["address"]

    for place, stage in enumerate(("generate", "curate", "evaluate"), start=1):
        assert seedwright(stage, out, "--budget", place, "--address", "127.0.0.1:1").returncode == 2
        assert settings() == (place, None)
    assert "seedwright: --budget: budget = -1.0: " in seedwright("curate", out, "--budget", "-1").stderr
    for stage in ("check", "finetune", "report"):
        refused = seedwright(stage, out, "--budget", "1")
        assert (refused.returncode, "No such option: --budget" in refused.stderr) == (2, True)
    used: list[str | None] = []
    monkeypatch.setattr("jobs.commands.do", lambda run, _: used.append(run.settings.cluster.address))
    assert seedwright("check", out, "--address", "127.0.0.1:1").returncode == seedwright("check", out).returncode == 0
    assert used == ["127.0.0.1:1", None]


def test_a_plan_that_is_no_longer_that_of_the_task_is_remedied_by_the_advised_command(
    seedwright: Seedwright, task_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "a run"
    seedwright("plan", task_folder, "--out", out)
    (task_folder / "draft.jinja").write_text("Write about {{ seed }}, variation {{ number }}.")
    refused = seedwright("generate", out)
    assert (refused.returncode, "plan is not done, or something that it depends on" in refused.stderr) == (2, True)
    advised = shlex.split(refused.stderr.split("`")[1])
    assert advised == ["seedwright", "run", str(task_folder), "--out", str(out), "--until", "plan"]
    assert seedwright(*advised[1:]).returncode == 0
    assert f"run `seedwright generate '{out}'` first" in seedwright("curate", out).stderr


def test_a_built_in_task_is_advised_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDWRIGHT_DATA", str(tmp_path))
    for name in ("contracts", "cuad"):
        settings = load_settings(name)[0]
        run = Run(RunDir(tmp_path), settings, TaskSource(settings, {}))
        assert f"`seedwright run {name} --out {tmp_path} --until plan`" in command_for(run, "plan")


def test_a_run_folder_of_other_settings_says_what_differs_and_how_to_go_on(
    seedwright: Seedwright, task_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    seedwright("plan", task_folder, "--out", out)
    refused = seedwright("plan", task_folder, "--out", out, "--set", "filters.confidence=0.9")
    assert refused.returncode == 2
    assert "filters.confidence: 0.85 there, 0.9 now" in refused.stderr
    assert "--update" in refused.stderr
    assert seedwright("plan", task_folder, "--out", out, "--set", "filters.confidence=0.9", "--update").returncode == 0


def test_settings_that_failed_before_anything_was_answered_may_be_corrected(
    seedwright: Seedwright, task_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "simulated")

    def run(model: str) -> str:
        teacher = ["--set", "teacher.base_url=http://127.0.0.1:9", "--set", f"teacher.model={model}"]
        return seedwright("run", task_folder, "--out", tmp_path / "run", "--until", "generate", *teacher).stderr

    assert "cannot be reached" in run("mistyped")
    assert "cannot be reached" in run("corrected")
    (tmp_path / "run/ledger/one.jsonl").write_text('{"kind": "lost", "key": "k", "dollars": 0.1}\n')
    assert "teacher.model: 'corrected' there, 'another' now" in run("another")


def test_only_what_depends_on_a_change_is_done_again(seedwright: Seedwright, task_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    seedwright("plan", task_folder, "--out", out)
    again = seedwright("plan", task_folder, "--out", out).stderr
    assert ("check: done already" in again, "plan: done already" in again) == (True, True)
    (task_folder / "verify.py").write_text("def verify(text, answer):\n    return None\n")
    again = seedwright("plan", task_folder, "--out", out).stderr
    assert ("check: done already" in again, "plan: done already" in again) == (False, True)
    (task_folder / "draft.jinja").write_text("Write about {{ seed }}, variation {{ number }}.")
    again = seedwright("plan", task_folder, "--out", out).stderr
    assert ("check: done already" in again, "plan: done already" in again) == (True, False)


def test_the_record_says_which_packages_shape_the_student_and_imports_none_of_them(
    task_folder: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "jobs", "plan", task_folder, "--out", tmp_path / "run"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    versions = json.loads((tmp_path / "run/run.json").read_text())["versions"]
    shaping = {"torch", "transformers", "trl", "peft", "bitsandbytes", "accelerate"}
    assert all(versions[name] == version(name) for name in shaping)
    assert not shaping & {line.split("|")[-1].strip() for line in done.stderr.splitlines()}


def test_the_version_is_told(seedwright: Seedwright) -> None:
    assert seedwright("--version") == (0, f"seedwright {version('seedwright')}\n", "")


def test_a_package_that_is_not_there_has_no_version() -> None:
    assert installed("no-such-package") is None


def test_another_task_never_goes_into_the_folder_of_a_run(
    seedwright: Seedwright, task_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    seedwright("plan", task_folder, "--out", out)
    assert (
        "holds a run of task 'orders', not 'contracts'"
        in seedwright("plan", "contracts", "--out", out, "--update").stderr
    )


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("schema.json", "{", "is not JSON"),
        ("schema.json", '{"type": "objct", "properties": {"a": {}}}', "is not a JSON Schema"),
        ("schema.json", '{"type": "object"}', "describes no fields"),
        (
            "schema.json",
            '{"properties": {"a": {"$ref": "#/$defs/x"}}}',
            "JSON Schema (Pointer '/$defs/x' does not exist)",
        ),
        ("schema.json", '{"properties": {"a": {"$ref": "https://a.test/x.json"}}}', "nothing is fetched, put https"),
        ("schema.json", '{"properties": {"a": {"pattern": "("}}}', 'is not a JSON Schema ("(" is not a'),
        ("verify.py", "def verify(text, answer)\n    return None\n", "verify.py:1 does not import (SyntaxError"),
        ("verify.py", "import nothing_like_it\n", "does not import (ModuleNotFoundError"),
        ("verify.py", "x = 1\n", "defines no function verify"),
        ("verify.py", "import sys\nsys.exit(3)\n", "verify.py:2 does not import (SystemExit: 3); mend it"),
        ("verify.py", "def verify(text, answer):\n    raise SystemExit('x')\n", "verify raised SystemExit: x on"),
        ("verify.py", "def verify(text, answer):\n    return 1 / 0\n", "verify raised ZeroDivisionError"),
        ("verify.py", "def verify(text, answer):\n    return False\n", "verify returned False"),
        ("seeds.jsonl", "", "no rows"),
        ("seeds.jsonl", '{"text": "a"}\n{"text": \n', "seeds.jsonl:2"),
        ("seeds.jsonl", '{"words": "a"}\n', "seeds.jsonl:1: no text"),
        (
            "dev.jsonl",
            '{"text": "a", "answer": {"order_number": null, "delivery_date": null}}\n',
            "dev.jsonl:1: no label_source",
        ),
        ("draft.jinja", "{{ sead }}", "'sead' is undefined"),
        ("student.jinja", "{{ txt }}", "'txt' is undefined"),
    ],
)
def test_a_bad_file_in_the_task_folder_is_named(
    seedwright: Seedwright, task_folder: Path, name: str, content: str, message: str
) -> None:
    (task_folder / name).write_text(content)
    refused = seedwright("plan", task_folder)
    assert refused.returncode == 2
    assert message in refused.stderr
    assert "Traceback" not in refused.stderr


def test_numbered_seeds_that_name_no_document_are_not_the_documents_of_those_numbers(
    seedwright: Seedwright, task_folder: Path
) -> None:
    for name, key in (("seeds", "id"), ("dev", "document_id")):
        lines = [json.loads(line) for line in (task_folder / f"{name}.jsonl").read_text().splitlines()]
        numbered = [{**row, key: number} for number, row in enumerate(lines, 1)]
        (task_folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in numbered))
    assert seedwright("plan", task_folder).returncode == 0


def test_seeds_with_one_text_are_told_with_both_ids(seedwright: Seedwright, task_folder: Path) -> None:
    seeds = [json.loads(line) for line in (task_folder / "seeds.jsonl").read_text().splitlines()]
    seeds.append({**seeds[0], "id": "copy", "text": f" {seeds[0]['text'].upper()}"})
    (task_folder / "seeds.jsonl").write_text("".join(json.dumps(row) + "\n" for row in seeds))
    planned = seedwright("plan", task_folder, "--json")
    assert f"  seeds '{seeds[0]['id']}' and 'copy' have the same text: its samples are asked for" in planned.stderr
    assert json.loads(planned.stdout)["stages"]["check"]["repeated_seeds"] == [[seeds[0]["id"], "copy"]]


def test_a_ledger_that_cannot_be_made_is_named(seedwright: Seedwright, task_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/ledger").touch()
    pairs = ["--set", "teacher.base_url=http://127.0.0.1:9", "--out", tmp_path / "run", "--until", "generate"]
    refused = seedwright("run", task_folder, *pairs)
    assert refused.returncode == 2
    assert f"{tmp_path}/run/ledger: cannot be written (File exists); choose a folder" in refused.stderr


@pytest.mark.parametrize(
    ("raised", "told"), [("1 / 0", "ZeroDivisionError: division by zero"), ("exit(3)", "SystemExit: 3")]
)
@pytest.mark.parametrize("function", ["normalise", "grounded"])
def test_a_rule_that_raises_stops_the_plan_with_file_error_and_value(
    seedwright: Seedwright, task_folder: Path, function: str, raised: str, told: str
) -> None:
    rules = {"normalise": "def normalise(field, value):\n    return value\n"}
    rules[function] = f"from sys import exit\ndef {function}(field, value, text=None):\n    return {raised}\n"
    (task_folder / "normalise.py").write_text("\n".join(rules.values()))
    refused = seedwright("plan", task_folder, "--set", f"normalise={task_folder / 'normalise.py'}")
    assert refused.returncode == 2
    assert f"normalise.py: {function} raised {told} on delivery_date=" in refused.stderr


def test_a_copied_task_folder_is_not_checked_again(seedwright: Seedwright, task_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    seedwright("plan", task_folder, "--out", out)
    copied = shutil.copytree(task_folder, tmp_path / "elsewhere")
    assert "check: done already" in seedwright("plan", copied, "--out", out).stderr
    (copied / "verify.py").write_text("def verify(text, answer):\n    return None\n")
    again = seedwright("plan", copied, "--out", out).stderr
    assert ("check: done already" in again, "plan: done already" in again) == (False, True)


def test_bad_rows_of_files_with_one_name_are_told_apart(
    seedwright: Seedwright, task_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(task_folder)
    for name in ("dev", "final"):
        Path(name).mkdir()
        rows = [json.loads(line) for line in Path(f"{name}.jsonl").read_text().splitlines()]
        Path(name, "data.jsonl").write_text("".join(json.dumps({**row, "text": None}) + "\n" for row in rows))
    pairs = [part for name in ("dev", "final") for part in ("--set", f"real.{name}={name}/data.jsonl")]
    told = seedwright("plan", ".", *pairs).stderr
    assert "seedwright: dev/data.jsonl:1: text is None" in told
    assert "\nfinal/data.jsonl:1: text is None" in told


def test_a_byte_order_mark_in_any_file_of_a_task_changes_nothing(
    seedwright: Seedwright, task_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    seedwright("plan", task_folder, "--out", out)
    for file in task_folder.iterdir():
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    again = seedwright("plan", task_folder, "--out", out)
    assert again.returncode == 0, again.stderr
    assert "plan: done already" in again.stderr


def test_the_built_in_teacher_refuses_what_it_cannot_answer_before_anything_is_planned(
    seedwright: Seedwright, task_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    seedwright("plan", task_folder, "--out", out)
    pairs = ["--set", "teacher.base_url=simulated", "--set", "teacher.model=simulated-teacher"]
    for command in (["plan", task_folder, "--out", out, "--update"], ["preview", task_folder]):
        refused = seedwright(*command, *pairs)
        assert refused.returncode == 2
        assert "drafts contract sections only, and this task's fields are order_number, delivery_date" in refused.stderr
    assert seedwright("plan", task_folder, "--out", out, "--update").returncode == 0
    refused = seedwright("plan", "contracts", "--set", "teacher.model=claude-haiku-5-5")
    assert "the built-in teacher serves simulated-teacher, simulated-judge and not 'claude-haiku-5-5'" in refused.stderr


def test_the_doctor_advises_its_own_option(seedwright: Seedwright, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = seedwright("doctor", "--run-dir", tmp_path / "file" / "runs")
    assert refused.returncode == 2
    assert "cannot be written (Not a directory); choose a folder you may write to with --run-dir" in refused.stderr


def test_a_mistyped_column_is_suggested(seedwright: Seedwright, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"text": "a", "id": 1}\n')
    refused = seedwright("dedup", tmp_path / "rows.jsonl", "--text", "txt", "--out", tmp_path / "out")
    assert refused.stderr == f"seedwright: {tmp_path}/rows.jsonl: no column 'txt'; did you mean 'text'?\n"


@pytest.mark.parametrize("name", ["2024", "no", "null", "1e5"])
def test_a_folder_whose_name_yaml_reads_as_something_else_makes_a_task(
    seedwright: Seedwright, tmp_path: Path, name: str
) -> None:
    seedwright("init", tmp_path / name)
    assert load_settings(str(tmp_path / name))[0].name == name


def test_a_missing_seeds_file_and_one_that_is_not_utf8_are_named(seedwright: Seedwright, task_folder: Path) -> None:
    (task_folder / "seeds.jsonl").rename(task_folder / "seed.jsonl")
    assert "seeds.jsonl: not found; did you mean seed.jsonl?" in seedwright("plan", task_folder).stderr
    (task_folder / "seeds.jsonl").write_bytes(b'{"text": "caf\xe9"}\n')
    refused = seedwright("plan", task_folder).stderr
    assert "seeds.jsonl:1" in refused
    assert "UTF-8" in refused


def test_a_breach_of_the_wall_stops_before_anything_is_spent(seedwright: Seedwright, task_folder: Path) -> None:
    (task_folder / "final.jsonl").write_text((task_folder / "dev.jsonl").read_text())
    refused = seedwright("plan", task_folder)
    assert refused.returncode == 2
    assert "document 'dev-1' of final is also in dev" in refused.stderr


def test_a_folder_that_cannot_be_written_is_refused(seedwright: Seedwright, task_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = seedwright("plan", task_folder, "--out", tmp_path / "file" / "run")
    assert (refused.returncode, "cannot be written" in refused.stderr) == (2, True)


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder that nobody may write to; for root, whom no mode keeps out, one on a file system that is read-only."""
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    mount = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder)]
    if not os.access(folder, os.W_OK):
        yield folder
        return
    if (mounted := subprocess.run(mount, capture_output=True, check=False)).returncode:
        pytest.skip(f"root may write everywhere, and nothing can be mounted: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_folder_without_permission_to_write_is_refused_before_anything_is_read(
    seedwright: Seedwright, task_folder: Path, closed: Path
) -> None:
    for folder in (closed, closed / "run"):
        refused = seedwright("plan", task_folder, "--out", folder)
        assert refused.returncode == 2
        why = (
            r"\((Permission denied|Read-only file system)\); choose a folder you may write to with --out, or mend this"
        )
        assert re.fullmatch(rf"seedwright: {folder}: cannot be written {why} one\n", refused.stderr)
    assert list(closed.iterdir()) == []


def test_a_preview_prints_prompt_reply_and_verdict_and_leaves_nothing_behind(
    seedwright: Seedwright, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = seedwright("preview", "contracts", "-n", 3, "--json")
    assert shown.returncode == 0, shown.stderr
    found = json.loads(shown.stdout)
    assert len(found["samples"]) == 3
    assert found["kept"] == sum(sample["reason"] is None for sample in found["samples"])
    for sample in found["samples"]:
        assert f"=== {sample['sample_id']}" in shown.stderr
        assert str(sample["text"] or sample["raw"]) in shown.stderr
    assert len({json.loads(sample["cell"])["contract_type"] for sample in found["samples"]}) == 3
    assert shown.stderr.count("--- prompt") == shown.stderr.count("--- verdict") == 3
    assert list(tmp_path.iterdir()) == []
