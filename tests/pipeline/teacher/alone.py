"""Asking without a cluster: the protocol, the client and the limiter's own policy in one event loop."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from pipeline.canonical import content_hash
from pipeline.config import Limits
from pipeline.teacher.ask import Request, ask
from pipeline.teacher.client import open_client
from pipeline.teacher.ledger import Ledger, answers, read_ledger
from pipeline.teacher.limiter import Limiter, Turns
from pipeline.teacher.prices import Price
from pipeline.teacher.terms import Sender, Terms

MODEL = "simulated-teacher"
UNMARKED = Terms(caching=False)


@dataclass(frozen=True)
class Teller:
    """How requests are asked: a ledger's folder, a server's address, and what the settings of a run would say."""

    folder: Path
    url: str
    limits: Limits = field(default_factory=Limits)
    budget: float | None = None
    price: Price | None = None
    attempts: int = 6
    patience_s: float = 60.0
    timeout_s: float = 10.0
    key: str = "simulated"
    terms: Terms = UNMARKED


@dataclass(frozen=True)
class Told:
    """The fates by key, why the run was stopped if it was, and the limiter as the run left it."""

    fates: dict[str, str]
    stopped: tuple[str, str] | None
    limiter: Limiter


def params(text: str, **more: Any) -> dict[str, Any]:
    return {"model": MODEL, "max_tokens": 1000, "messages": [{"role": "user", "content": text}], **more}


def request(text: str, input_tokens: int = 10, output_tokens: int = 50, **more: Any) -> Request:
    asked = params(text, **more)
    return Request(content_hash(asked), asked, input_tokens, output_tokens)


def requests(count: int, **more: Any) -> list[Request]:
    return [request(f"item {number}", **more) for number in range(count)]


def tell(teller: Teller, wanted: Iterable[Request], spent: float = 0.0) -> Told:
    """Asks for all that the ledger holds no reply to, as a run would."""
    teller.folder.mkdir(exist_ok=True)
    have = {record["key"] for record in answers(teller.folder) if record["kind"] == "reply"}
    todo = [one for one in wanted if one.key not in have]
    limiter = Limiter(teller.limits, teller.budget, spent, teller.patience_s, teller.timeout_s)

    async def main() -> list[str]:
        turns, ledger = Turns(limiter), Ledger(teller.folder)
        async with open_client(teller.url, SecretStr(teller.key), teller.timeout_s) as client:
            fates = await asyncio.gather(
                *(
                    ask(
                        one,
                        send=Sender(client, teller.timeout_s, teller.terms),
                        ledger=ledger,
                        turns=turns,
                        price=teller.price,
                        attempts=teller.attempts,
                        terms=teller.terms,
                    )
                    for one in todo
                )
            )
        await turns.all_settled()
        ledger.close()
        return list(fates)

    return Told(dict(zip((one.key for one in todo), asyncio.run(main()), strict=True)), limiter.stopped, limiter)


def replies(folder: Path) -> dict[str, str]:
    return {record["key"]: record["body"] for record in answers(folder) if record["kind"] == "reply"}


def kinds(folder: Path) -> Counter[str]:
    return Counter(record["kind"] for record in read_ledger(folder))


def log(folder: Path) -> list[dict[str, Any]]:
    """What the server says it was asked, count_tokens aside."""
    lines = (folder / "requests.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if line["path"] == "/v1/messages"]


def answered(folder: Path) -> Counter[str]:
    return Counter(line["body"] for line in log(folder) if line["status"] == 200)


def text_of(body: str) -> str:
    blocks: list[Mapping[str, Any]] = json.loads(body)["content"]
    return "".join(block["text"] for block in blocks if block["type"] == "text")
