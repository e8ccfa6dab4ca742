"""The simulated teacher as a process: it starts anywhere, keeps its key to itself, and never outlives its parent."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import anthropic
import pytest
from anthropic import AsyncAnthropic

from pipeline.canonical import content_hash
from pipeline.errors import InputError, TeacherError
from pipeline.teacher.simulated.host import hosted
from pipeline.teacher.simulated.settings import SimulatedSettings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
PROGRAM = [sys.executable, "-m", "pipeline.teacher.simulated"]
QUESTION = {
    "model": "simulated-teacher",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Who are you?"}],
}


def ask(base_url: str, key: str = "simulated") -> str:
    async def main() -> str:
        plain = anthropic.DefaultAsyncHttpxClient(verify=False)
        async with AsyncAnthropic(base_url=base_url, api_key=key, max_retries=0, http_client=plain) as client:
            message = await client.messages.create(**QUESTION)
            return str(message.content[0].text)

    return asyncio.run(main())


def statuses(folder: Path) -> list[int]:
    return [json.loads(line)["status"] for line in (folder / "requests.jsonl").read_text().splitlines()]


def listens(base_url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(base_url).port)) == 0


def test_two_teachers_run_at_once_know_nothing_of_each_other_and_are_gone_after_the_block(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "new" / "two"
    with hosted(SimulatedSettings(api_key="1"), one) as first, hosted(SimulatedSettings(api_key="2"), two) as second:
        assert first != second
        assert "simulated teacher" in ask(first, "1")
        assert ask(first, "1") == ask(second, "2")
        with pytest.raises(anthropic.AuthenticationError):
            ask(first, "2")
    assert (statuses(one), statuses(two)) == ([200, 200, 401], [200])
    assert not listens(first)
    assert not listens(second)


def test_it_starts_from_any_folder_even_one_with_modules_of_the_same_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for decoy in ("json.py", "pipeline.py"):
        (tmp_path / decoy).write_text("raise SystemExit('the wrong module')")
    monkeypatch.chdir(tmp_path)
    with hosted(SimulatedSettings(), Path("teacher")) as base_url:
        assert "simulated teacher" in ask(base_url)
    assert (tmp_path / "teacher" / "requests.jsonl").exists()


def test_a_plan_reaches_the_hosted_teacher_and_the_log_of_an_earlier_run_is_kept(tmp_path: Path) -> None:
    (tmp_path / "requests.jsonl").write_text('{"status": 418}\n')
    plan = {content_hash(QUESTION): {"server": "overloaded"}}
    with hosted(SimulatedSettings(), tmp_path, plan) as base_url:
        with pytest.raises(anthropic.OverloadedError):
            ask(base_url)
        assert ask(base_url)
    assert statuses(tmp_path) == [418, 529, 200]


@pytest.mark.skipif(not Path("/proc").exists(), reason="reads the list of processes in /proc")
def test_the_key_is_in_no_argument_and_no_file(tmp_path: Path) -> None:
    with hosted(SimulatedSettings(api_key="top-secret"), tmp_path) as base_url:
        ask(base_url, "top-secret")
        commands = [read_quietly(path) for path in Path("/proc").glob("[0-9]*/cmdline")]
        assert any(str(tmp_path).encode() in command for command in commands)
        assert not any(b"top-secret" in command for command in commands)
    assert [path.name for path in tmp_path.iterdir() if "top-secret" in path.read_text()] == []


def read_quietly(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # a process that has ended meanwhile
        return b""


def test_a_teacher_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "requests.jsonl").mkdir()
    with pytest.raises(TeacherError, match="Is a directory"), hosted(SimulatedSettings(), tmp_path):
        pass


def test_it_ends_within_two_seconds_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path\n"
        "from pipeline.teacher.simulated.host import hosted\n"
        "from pipeline.teacher.simulated.settings import SimulatedSettings\n"
        "with hosted(SimulatedSettings(), Path(sys.argv[1])) as base_url:\n"
        "    print(base_url, flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        base_url = parent.stdout.readline().strip()
        assert listens(base_url)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    killed = time.monotonic()
    while listens(base_url) and time.monotonic() < killed + 2:
        time.sleep(0.02)
    assert not listens(base_url)


def test_the_program_ends_cleanly_on_sigterm_and_prints_nothing_but_its_address(tmp_path: Path) -> None:
    command = [*PROGRAM, "--settings", '{"models": ["m"]}', "--log", str(tmp_path / "log.jsonl")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe) as program:
        assert program.stdout is not None
        base_url = json.loads(program.stdout.readline())["base_url"]
        assert listens(base_url)
        os.kill(program.pid, signal.SIGTERM)
        assert program.communicate(timeout=5) == (b"", b"")
    assert program.returncode == 0


def test_the_program_refuses_wrong_settings_with_exit_code_2(tmp_path: Path) -> None:
    command = [*PROGRAM, "--log", str(tmp_path / "log.jsonl")]
    settings = '{"models": [], "api_key": "top-secret"}\n'
    done = subprocess.run(command, cwd=ROOT, input=settings, capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("simulated teacher: ")
    assert "models" in done.stderr
    assert "top-secret" not in done.stderr


@pytest.mark.parametrize("name", ["plan.json", "stderr.log"])
def test_a_folder_that_cannot_be_written_is_named_with_what_to_do(tmp_path: Path, name: str) -> None:
    (tmp_path / "here" / name).mkdir(parents=True)
    with pytest.raises(InputError, match=r"/here: cannot be written \(Is a directory\); choose a folder"):
        hosted(SimulatedSettings(), tmp_path / "here").__enter__()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"/file: cannot be written \(File exists\); choose a folder"):
        hosted(SimulatedSettings(), tmp_path / "file").__enter__()
