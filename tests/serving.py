"""Simulated teachers for tests, all from one process: to start a process for each takes most of a short test's time.

What is served is what `pipeline.teacher.simulated.host.hosted` serves, which has tests of its own.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web

from pipeline.teacher.simulated.responder import respond
from pipeline.teacher.simulated.server import create_app
from pipeline.teacher.simulated.settings import SimulatedSettings


@contextmanager
def hosted(
    settings: SimulatedSettings, folder: Path, plan: Mapping[str, Mapping[str, Any]] | None = None
) -> Iterator[str]:
    """A simulated teacher on a free port, with its log in `folder`/requests.jsonl; yields its base URL."""
    folder.mkdir(parents=True, exist_ok=True)
    log = str((folder / "requests.jsonl").absolute())
    url = _told({"settings": settings.model_dump_json(), "log": log, "plan": dict(plan or {})})
    try:
        yield url
    finally:
        _told({"stop": url})


@cache
def _server() -> "subprocess.Popen[str]":
    """Ends when its standard input does, which is when this process ends, however it ends."""
    return subprocess.Popen(
        [sys.executable, "-P", __file__],  # beside this file there is a folder `pipeline` that is not ours
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _told(wish: dict[str, Any]) -> str:
    stdin, stdout = _server().stdin, _server().stdout
    assert stdin is not None
    assert stdout is not None
    stdin.write(json.dumps(wish) + "\n")
    stdin.flush()
    answer = json.loads(stdout.readline())
    assert "error" not in answer, answer["error"]
    return str(answer["base_url"])


async def _serve() -> None:
    running: dict[str, web.AppRunner] = {}
    while line := await asyncio.to_thread(sys.stdin.readline):
        wish = json.loads(line)
        try:
            if "stop" in wish:
                url = wish["stop"]
                await running.pop(url).cleanup()
            else:
                url, runner = await _started(wish)
                running[url] = runner
            print(json.dumps({"base_url": url}), flush=True)
        except Exception as error:
            print(json.dumps({"error": repr(error)}), flush=True)


async def _started(wish: dict[str, Any]) -> tuple[str, web.AppRunner]:
    settings = SimulatedSettings.model_validate_json(wish["settings"])
    app = create_app(settings, respond, Path(wish["log"]), wish["plan"])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}", runner


if __name__ == "__main__":
    asyncio.run(_serve())
