"""Batches through a gateway: the server has done what was asked, and what comes back is something else, or trickles."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from pydantic import SecretStr
from test_batches_asking import ROUTE, World, play, until

from pipeline.errors import TeacherError
from pipeline.teacher.batches.service import BatchService
from pipeline.teacher.client import Answer, open_client

pytestmark = pytest.mark.slow

PAGE = b"<!DOCTYPE html><html><body>Please wait</body></html>"
HALF = b'{"id": "msgbatch_0", "processing_sta'
ODD = {
    "page": PAGE,
    "half": HALF,
    "list": b"[]",
    "null": b"null",
    "object": b"{}",
    "nothing": b"",
    "deep": b"[" * 10**5,
}


OWN = ("host", "content-length", "accept-encoding")


@dataclass
class Gateway:
    """Hands every call on; `odd` are the bodies that come back instead, by call, and `drops_s` the seconds between two
    pieces of a batch's results.
    """

    url: str
    odd: dict[str, list[bytes]] = field(default_factory=dict)
    drops_s: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)

    async def pass_on(self, request: web.Request) -> web.StreamResponse:
        path = "results" if request.path.endswith("/results") else "one" if request.path != ROUTE else "all"
        call = f"{request.method} {path}"
        self.calls[call] += 1
        async with (
            ClientSession(auto_decompress=False) as session,
            session.request(
                request.method,
                f"{self.url}{request.path_qs}",
                data=await request.read(),
                headers={name: value for name, value in request.headers.items() if name.lower() not in OWN},
            ) as answer,
        ):
            body = (await answer.read()).replace(self.url.encode(), f"http://{request.host}".encode())
        if self.odd.get(call):
            body = self.odd[call].pop(0)
            kind = "text/html" if body == PAGE else "application/json"
            return web.Response(body=body, content_type=kind)
        if call == "GET results" and self.drops_s:
            return await self._trickle(request, body)
        return web.Response(status=answer.status, body=body, content_type=answer.content_type)

    async def _trickle(self, request: web.Request, body: bytes) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for start in range(0, len(body), 400):
            await response.write(body[start : start + 400])
            await asyncio.sleep(self.drops_s)
        return response


@asynccontextmanager
async def through(world: World, **values: object) -> AsyncIterator[Gateway]:
    """The world's server, reached through a gateway from now on."""
    straight, gateway = world.url, Gateway(world.url, **values)  # type: ignore[arg-type]
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", gateway.pass_on)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    world.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield gateway
    finally:
        world.url = straight
        await runner.cleanup()


@pytest.mark.parametrize("body", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("call", ["POST all", "GET all", "GET one", "GET results"])
def test_what_is_no_answer_is_looked_for_again_and_nothing_is_paid_twice(
    tmp_path: Path, call: str, body: bytes
) -> None:
    async def scenario(world: World) -> None:
        async with through(world, odd={call: [body] * 2}) as gateway:
            assert await world.run(3) == {"answered": 3}
            assert len(gateway.odd[call]) == (1 if call == "POST all" else 0)
        assert world.posted() == 1
        world.check_each_was_charged_once(3)

    play(tmp_path, scenario)


@pytest.mark.parametrize("body", ODD.values(), ids=ODD.keys())
def test_a_lost_submission_is_not_sent_again_because_the_list_cannot_be_read(tmp_path: Path, body: bytes) -> None:
    """The list is asked once before the submission; whatever it says after that for a while is no list."""

    async def scenario(world: World) -> None:
        async with through(world, odd={"POST all": [PAGE]}) as gateway:
            running = asyncio.ensure_future(world.run(3, settle_s=0.1))
            await until(lambda: gateway.calls["POST all"] > 0)
            gateway.odd["GET all"] = [body] * 5
            assert await running == {"answered": 3}
            assert gateway.odd["GET all"] == []
        assert world.posted() == 1
        world.check_each_was_charged_once(3)

    play(tmp_path, scenario)


def test_every_call_says_what_it_got_instead_of_raising(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        calls = ("POST all", "GET all", "GET one", "GET results")
        for body in ODD.values():
            async with (
                through(world, odd={call: [body] * 9 for call in calls}),
                open_client(world.url, SecretStr("simulated"), 5) as client,
            ):
                service, deadline = BatchService(client, 5), asyncio.get_running_loop().time() + 5
                found = [
                    await service.create(b'{"requests":[]}'),
                    await service.retrieve("msgbatch_1"),
                    await service.newest(),
                    await service.newer(None),
                    *[one async for one in service.results("msgbatch_1", deadline)],
                ]
            assert len(found) == 5
            assert all(isinstance(one, Answer) and one.kind == "failed" for one in found), found

    play(tmp_path, scenario)


def test_results_that_trickle_are_given_up_in_time_and_a_later_run_reads_the_rest(tmp_path: Path) -> None:
    """A byte now and then keeps any wait for the next one short; 1 s for the call, and 0.1 s for each result."""

    async def scenario(world: World) -> None:
        async with through(world, drops_s=0.3):
            with pytest.raises(TeacherError, match=r"of the results of msgbatch_\w+ did not come in 2 s"):
                await world.run(10, timeout_s=1)
        kept = len(world.records("reply"))
        assert 0 < kept < 10
        assert await world.run(10) == {"answered": 10 - kept}
        assert world.posted() == 1
        world.check_each_was_charged_once(10)

    play(tmp_path, scenario)
