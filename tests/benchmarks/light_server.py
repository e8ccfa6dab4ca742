"""The simulated teacher's server with the cheapest replies there are: as many tokens as the first word of the prompt.

python tests/benchmarks/light_server.py LOG < SETTINGS
"""

import asyncio
import json
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from pipeline.teacher.simulated.responder import Answer
from pipeline.teacher.simulated.server import create_app
from pipeline.teacher.simulated.settings import SimulatedSettings
from pipeline.teacher.simulated.wire import Body, user_text


def respond(body: Body, _: SimulatedSettings, __: Mapping[str, Any] | None) -> Answer:
    return Answer("four" * int(user_text(body).split(" ", 1)[0]), "end_turn")


async def serve(settings: SimulatedSettings, log: Path) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    runner = web.AppRunner(create_app(settings, respond, log, {}), access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    print(json.dumps({"base_url": f"http://127.0.0.1:{runner.addresses[0][1]}"}), flush=True)
    asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read).add_done_callback(lambda _: stop.set())
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(SimulatedSettings.model_validate_json(sys.stdin.buffer.readline()), Path(sys.argv[1])))
