"""The ledger of a run filled by the real client from the real server, without a cluster.

`ask_all` finds everything answered then, so that what follows from the replies is tested in seconds.
"""

import asyncio
import json
from pathlib import Path

import pyarrow as pa

from pipeline.config import Teacher
from pipeline.teacher.client import Answer, api_key, open_client, send
from pipeline.teacher.ledger import Ledger


def answer_all(folder: Path, requests: pa.Table, model: Teacher, base_url: str) -> None:
    """Asks for every request once; a refusal of the server is a failure."""
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_answer_all(folder, requests, model, base_url))


async def _answer_all(folder: Path, requests: pa.Table, model: Teacher, base_url: str) -> None:
    room, ledger = asyncio.Semaphore(32), Ledger(folder)
    rows = {row["key"]: row["params"] for row in requests.select(["key", "params"]).to_pylist()}
    async with open_client(base_url, api_key(model), 30) as client:

        async def one(key: str, params: str) -> None:
            async with room:
                answer: Answer = await send(client, json.loads(params), 30)
            if answer.kind == "ok":
                await ledger.append("reply", key, dollars=0.001, body=answer.body)
            else:
                await ledger.append("failure", key, error=answer.error)

        await asyncio.gather(*(one(key, params) for key, params in rows.items()))
    ledger.close()
