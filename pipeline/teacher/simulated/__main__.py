"""The simulated teacher as a program.

    python -m pipeline.teacher.simulated --log requests.jsonl [--settings JSON] [--plan FILE] [--host H] [--port N]

Prints one JSON line, {"base_url": …}, when it listens. It ends on SIGTERM and when its standard input ends, so that it
cannot outlive the process that feeds it. Without --settings the first line of that input is the settings: that
keeps the key out of the list of processes.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from pipeline.errors import SeedwrightError
from pipeline.teacher.simulated.responder import respond
from pipeline.teacher.simulated.server import create_app
from pipeline.teacher.simulated.settings import SimulatedSettings

GRACE_S = 1.0


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    try:
        settings = SimulatedSettings.model_validate_json(options.settings or sys.stdin.buffer.readline())
        plan = json.loads(options.plan.read_text(encoding="utf-8")) if options.plan else {}
        asyncio.run(_serve(create_app(settings, respond, options.log, plan), options.host, options.port))
    except (SeedwrightError, ValueError, OSError) as error:
        print(f"simulated teacher: {error}", file=sys.stderr)
        return 2
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="pipeline.teacher.simulated", description="A teacher that is a program.")
    parser.add_argument("--settings", help="JSON of the settings; without it the first line of standard input")
    parser.add_argument("--log", type=Path, required=True, help="file that receives a JSON line for each request")
    parser.add_argument("--plan", type=Path, help="JSON file: content hash of a request's body -> its fate")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    return parser.parse_args(arguments)


async def _serve(app: web.Application, host: str, port: int) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=GRACE_S / 2)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=1024).start()
        print(json.dumps({"base_url": f"http://{host}:{runner.addresses[0][1]}"}), flush=True)
        threading.Thread(target=_await_end_of_input, args=(loop, stop), daemon=True).start()
        await stop.wait()
    finally:
        await runner.cleanup()


def _await_end_of_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Ask the server to stop when nobody can write to it any more, and end the process if it does not."""
    while os.read(sys.stdin.fileno(), 65536):
        pass
    with suppress(RuntimeError):  # the loop has ended already, on a signal
        loop.call_soon_threadsafe(stop.set)
    time.sleep(GRACE_S)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
