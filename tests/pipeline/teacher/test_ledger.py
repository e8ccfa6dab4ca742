import asyncio
import errno
import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from full_disk import Disk, refuse

from pipeline.errors import InputError
from pipeline.teacher.ledger import Ledger, answers, read_heads, read_ledger, wait_for_writers
from pipeline.teacher.reserve import SIZE


def write(folder: Path, *records: tuple[str, str, dict[str, str]]) -> Path:
    async def append_all() -> Path:
        folder.mkdir(exist_ok=True)
        ledger = Ledger(folder)
        await asyncio.gather(*(ledger.append(kind, key, **values) for kind, key, values in records))
        ledger.close()
        return ledger.path

    return asyncio.run(append_all())


def test_replies_of_all_writers_are_read_and_the_first_reply_to_a_key_counts(tmp_path: Path) -> None:
    first = write(tmp_path, ("intent", "a", {}), ("reply", "a", {"body": "one"}), ("failure", "b", {"error": "500"}))
    first.rename(tmp_path / "0.jsonl")
    second = write(
        tmp_path, ("reply", "a", {"body": "two"}), ("reply", "b", {"body": "late"}), ("failure", "c", {"error": "x"})
    )
    second.rename(tmp_path / "1.jsonl")
    found = {record["key"]: record.get("body") or record["error"] for record in answers(tmp_path)}
    assert found == {"a": "one", "b": "late", "c": "x"}
    assert [record["key"] for record in answers(tmp_path, {"c"})] == ["c"]


def test_a_torn_last_line_loses_only_itself(tmp_path: Path) -> None:
    path = write(tmp_path, ("reply", "a", {"body": "one"}), ("reply", "b", {"body": "two"}))
    path.write_bytes(path.read_bytes()[:-7])
    assert [record["key"] for record in answers(tmp_path)] == ["a"]


def test_any_text_survives_newlines_surrogates_and_nul_included(tmp_path: Path) -> None:
    body = 'a\nb\u2028c\x00 "\ud800" 漢字 \\u0000'
    write(tmp_path, ("reply", "a", {"body": body}))
    assert [record["body"] for record in answers(tmp_path)] == [body]


def test_append_returns_only_when_the_line_is_on_disk(tmp_path: Path) -> None:
    async def scenario() -> None:
        ledger = Ledger(tmp_path)
        await ledger.append("intent", "a")
        assert [record["key"] for record in read_ledger(tmp_path)] == ["a"]
        ledger.close()

    asyncio.run(scenario())


def test_many_lines_share_an_fsync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (calls.append(fd), real(fd)))
    write(tmp_path, *[("reply", str(number), {"body": "x"}) for number in range(500)])
    assert len(calls) < 50
    assert sum(1 for _ in read_ledger(tmp_path)) == 500


def test_a_full_disk_is_an_input_error_for_whoever_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "write", refuse(errno.ENOSPC))
    with pytest.raises(InputError, match=r"No space left on device.*free disk space"):
        write(tmp_path, ("reply", "a", {"body": "one"}))


@pytest.mark.slow
def test_who_resumes_waits_for_a_writer_that_still_lives(tmp_path: Path) -> None:
    script = f"""
import time, sys
from pathlib import Path
from pipeline.teacher.ledger import Ledger
ledger = Ledger(Path({str(tmp_path)!r}))
print("open", flush=True)
time.sleep(60)
"""
    writer = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    writer.stdout.readline()
    with pytest.raises(InputError, match="still being written by another process"):
        wait_for_writers(tmp_path, seconds=0.3)
    writer.kill()
    writer.wait()
    writer.stdout.close()
    wait_for_writers(tmp_path, seconds=5)


@pytest.mark.parametrize("truncates", [True, False])
def test_a_line_that_a_full_disk_tore_takes_no_later_reply_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, truncates: bool
) -> None:
    async def scenario() -> None:
        ledger, disk = Ledger(tmp_path), Disk(tmp_path, 300)
        monkeypatch.setattr(os, "write", disk)
        if not truncates:
            monkeypatch.setattr(os, "ftruncate", refuse(errno.EIO))
        with pytest.raises(InputError, match="No space left"):
            await ledger.append("reply", "a", body="x" * 400)
        disk.size = 2000
        await ledger.append("reply", "b", body="two")
        ledger.close()

    asyncio.run(scenario())
    assert [record["key"] for record in answers(tmp_path)] == ["b"]
    (path,) = tmp_path.iterdir()
    assert (b'"a"' in path.read_bytes()) is not truncates


def test_when_the_disk_is_full_what_has_left_comes_in_and_nothing_more_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        ledger = Ledger(tmp_path)
        monkeypatch.setattr(os, "write", Disk(tmp_path, SIZE + 1000))
        await ledger.append("intent", "a")
        lines = [("reply", "a", "x" * 2000), ("intent", "b", ""), ("lost", "c", "x" * 2000), ("batch_intent", "d", "")]
        ends = await asyncio.gather(
            *(ledger.append(kind, key, body=body) for kind, key, body in lines), return_exceptions=True
        )
        assert [type(end) for end in ends] == [type(None), InputError, type(None), InputError]
        with pytest.raises(InputError, match="No space left"):
            await ledger.append("intent", "e")
        await ledger.append("reply", "f", body="x" * 100_000)
        ledger.close()

    asyncio.run(scenario())
    kinds = [(record["kind"], record["key"]) for record in read_ledger(tmp_path)]
    assert kinds == [("intent", "a"), ("reply", "a"), ("lost", "c"), ("reply", "f")]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_where_there_is_no_room_for_the_reserve_nothing_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(os, "pwrite", refuse(number))
    with pytest.raises(InputError, match=rf"{os.strerror(number)}\); free disk space"):
        Ledger(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_no_nameless_file_is_written_to_without_a_reserve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "mkstemp", refuse(errno.EOPNOTSUPP))
    write(tmp_path, ("reply", "a", {"body": "one"}))
    assert [record["key"] for record in answers(tmp_path)] == ["a"]


def test_a_writer_that_is_killed_or_ends_leaves_its_reserve_to_nobody(tmp_path: Path) -> None:
    script = "import os; from pathlib import Path; from pipeline.teacher.ledger import Ledger\n"
    script += f"ledger = Ledger(Path({str(tmp_path)!r})); os.kill(os.getpid(), 9)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    write(tmp_path, ("intent", "a", {}))
    assert [path.suffix for path in tmp_path.iterdir()] == [".jsonl"] * 2


def test_a_folder_that_a_node_does_not_share_is_said_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="all nodes share, see `seedwright doctor`"):
        Ledger(tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_folder_without_locks_is_said_by_writers_and_by_who_waits_for_them_and_nobody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    write(tmp_path, ("intent", "a", {}))

    monkeypatch.setattr(fcntl, "flock", refuse(number))
    for use in (Ledger, wait_for_writers):
        with pytest.raises(InputError, match=rf"^{tmp_path}: files cannot be locked there.*; mount it with locks"):
            use(tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


def test_heads_are_the_records_without_the_bodies_wherever_a_body_ends_or_is_torn(tmp_path: Path) -> None:
    bodies = ["plain", 'ends in "}', "ends in \\", '{"usage": {"a": "b"}}', ', "body": "', "line\nline", "\ud800漢"]
    write(tmp_path, *[("reply", f"k{n}", {"tokens": [n, 2, 0, 0], "body": body}) for n, body in enumerate(bodies)])
    without = [{name: value for name, value in one.items() if name != "body"} for one in read_ledger(tmp_path)]
    assert list(read_heads(tmp_path)) == without
    assert len(without) == len(bodies)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    for cut in range(len(whole) - len(lines[-1]) + 1, len(whole)):
        for mended in (b"", b"\n"):
            path.write_bytes(whole[:cut] + mended)
            assert [one["key"] for one in read_heads(tmp_path)] == [one["key"] for one in read_ledger(tmp_path)]


def test_a_head_of_a_reply_that_does_not_say_its_tokens_keeps_its_body(tmp_path: Path) -> None:
    write(tmp_path, ("intent", "a", {}), ("reply", "a", {"body": "one"}), ("failure", "b", {"error": "x"}))
    assert list(read_heads(tmp_path)) == list(read_ledger(tmp_path))
