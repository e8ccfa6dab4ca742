"""Addresses of a cluster, before Ray is asked."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cluster.session import ROOT, session
from pipeline.errors import InputError, SeedwrightError


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize("spelling", ["127.0.0.1:{}", "ray://127.0.0.1:{}"])
def test_an_address_where_nothing_listens_is_refused_in_seconds(spelling: str, closed_port: int) -> None:
    address = spelling.format(closed_port)
    started = time.monotonic()
    with pytest.raises(InputError) as caught, session(address):
        raise AssertionError("connected")
    assert time.monotonic() - started < 30  # most of it is the import of Ray
    assert f"no Ray cluster at {address} (Connection refused); start one with `ray start --head`" in str(caught.value)


@pytest.mark.parametrize("address", ["two..dots:6379", "127.0.0.1:99999", "[::1]:1"])
def test_an_address_that_cannot_be_one_is_refused_in_one_line(address: str) -> None:
    with pytest.raises(InputError, match=r"^cluster\.address: no Ray cluster at .*$"), session(address):
        raise AssertionError("connected")


def test_a_cluster_that_does_not_start_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path / "file"))
    told = r"^cluster: Ray did not start on this machine \(.*Not a directory.*\); .*run the same command again$"
    with pytest.raises(SeedwrightError, match=told), session():
        raise AssertionError("started")


@pytest.mark.ray
def test_a_package_of_the_same_name_in_the_current_folder_is_not_taken_for_ours(tmp_path: Path) -> None:
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline/__init__.py").write_text("raise ImportError('a stranger')\n")
    script = (
        "import ray\nfrom cluster.session import session\n"
        "def where():\n    import os, pipeline\n    return pipeline.__file__\n"
        "with session():\n    print(ray.get(ray.remote(where).remote()))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-P", "-c", script]
    found = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert found.stdout.strip() == str(ROOT / "pipeline/__init__.py"), found.stderr
