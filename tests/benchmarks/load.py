"""What the generation benchmarks share: a server that says as many tokens as it is asked for, requests of skewed
lengths, our generation over them, and what a person would write with the SDK alone.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa

from pipeline.config import Cluster, Limits, Teacher
from pipeline.teacher.simulated.settings import SimulatedSettings

TEACHER = Teacher(base_url="http://127.0.0.1", api_key_env=None)


def requests(number: int, *, seed: int = 0, longest_in: int = 1500, longest_out: int = 280) -> pa.Table:
    """One in three prompts is long, and long ones come together, as those of one seed do; replies of 20 to 280 tokens,
    of which the plan expects the mean.
    """
    rng = random.Random(seed)
    rows = []
    for one in range(number):
        words = longest_in if one % 300 < 100 else rng.choice((20, 100))
        out = rng.randint(20, longest_out)
        prompt = f"{out} {seed}-{one} " + "word" * words
        params = {"model": "simulated-teacher", "max_tokens": 300, "messages": [{"role": "user", "content": prompt}]}
        row = {"key": f"{seed:032x}{one:032x}", "params": json.dumps(params), "input_tokens": len(prompt) // 4}
        rows.append({**row, "output_tokens": (20 + longest_out) // 2})
    schema = [("key", pa.string()), ("params", pa.large_string())]
    return pa.Table.from_pylist(
        rows, schema=pa.schema([*schema, ("input_tokens", pa.int32()), ("output_tokens", pa.int32())])
    )


def write_requests(path: Path, number: int, **values: int) -> None:
    """The same in a file, a part at a time."""
    import pyarrow.parquet as pq

    part = 10_000
    with pq.ParquetWriter(path, requests(1).schema, compression="zstd") as writer:
        for start in range(0, number, part):
            writer.write_table(requests(min(part, number - start), seed=start, **values))


@dataclass
class Server:
    url: str
    log: Path
    process: "subprocess.Popen[bytes]"

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def cpu(self) -> float:
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)


@contextlib.contextmanager
def served(settings: SimulatedSettings, folder: Path) -> Iterator[Server]:
    """The simulated teacher's server in a process of its own, with replies of the length that a prompt begins with."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "requests.jsonl"
    command = [sys.executable, str(Path(__file__).with_name("light_server.py")), str(log)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(settings.model_dump_json().encode() + b"\n")
    process.stdin.flush()
    try:
        yield Server(json.loads(process.stdout.readline())["base_url"], log, process)
    finally:
        process.stdin.close()
        process.terminate()
        process.wait()
        process.stdout.close()


@dataclass
class Seen:
    """CPU seconds and memory of this process and all that it started, by what they are."""

    apart: set[int]
    cpu: dict[int, tuple[str, float]] = field(default_factory=dict)
    rss: list[tuple[float, int, dict[str, float]]] = field(default_factory=list)

    def look(self, done: int = 0) -> None:
        me, memory = psutil.Process(), {}
        for process in [me, *me.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                if process.pid in self.apart:
                    continue
                times, name = process.cpu_times(), "driver" if process.pid == me.pid else kind(process)
                self.cpu[process.pid] = name, times.user + times.system
                if name in ("driver", "limiter", "actors"):
                    memory[name] = max(memory.get(name, 0), process.memory_info().rss / 2**20)
        self.rss.append((time.monotonic(), done, memory))

    def cpu_by_kind(self) -> dict[str, float]:
        kinds: dict[str, float] = {}
        for name, seconds in self.cpu.values():
            kinds[name] = kinds.get(name, 0.0) + seconds
        return kinds


def kind(process: psutil.Process) -> str:
    title = " ".join(process.cmdline())
    return "limiter" if "ray::Limiter" in title else "actors" if "MapBatches" in title else "ray"


def ours(
    table: pa.Table | Path, url: str, limits: Limits, folder: Path, *, actors: int = 4, apart: set[int] | None = None
) -> dict[str, Any]:
    """Our generation over the requests, in a cluster of its own; seconds do not count its start."""
    import pyarrow.parquet as pq
    from pydantic import SecretStr

    from cluster.generation import generate
    from cluster.session import session
    from pipeline.generate.waiting import set_aside
    from pipeline.teacher.connection import Connection
    from pipeline.teacher.prices import Price

    settings, seen = Cluster(generation_actors=actors), Seen(apart or set())
    (folder / "ledger").mkdir(parents=True, exist_ok=True)
    plan = table if isinstance(table, Path) else folder / "plan.parquet"
    if isinstance(table, pa.Table):
        pq.write_table(table, plan)
    rows = pq.read_metadata(plan).num_rows
    asked = [0]
    connection = Connection(TEACHER, limits, url, SecretStr("simulated"), Price(1.0, 5.0, "benchmark"))
    with session():
        done = threading.Event()

        def look() -> None:
            while not done.wait(max(1.0, min(10.0, rows / 20_000))):
                seen.look(asked[0])

        def watch(stats: dict[str, Any]) -> None:
            asked[0] = stats["counts"].get("ok", 0)

        threading.Thread(target=look, daemon=True).start()
        started = time.monotonic()
        with set_aside(plan, frozenset(), folder / "asking.parquet", settings) as waiting:
            stats = generate(waiting, connection, settings, folder / "ledger", None, 0.0, watch)
        seconds = time.monotonic() - started
        done.set()
        seen.look(rows)
    return {**stats, "seconds": seconds, "cpu": seen.cpu_by_kind(), "rss": seen.rss}


def bare(table: pa.Table, url: str, *, processes: int, in_flight: int, limits: Limits | None = None) -> dict[str, Any]:
    """The SDK with its own retries in some processes, each with its part of the rows; with `limits`, each paces itself
    by its part of them (a static split).
    """
    context = multiprocessing.get_context("spawn")
    part = -(-table.num_rows // processes)
    work = [
        (table.slice(start, part)["params"].to_pylist(), table.slice(start, part)["input_tokens"].to_pylist())
        for start in range(0, table.num_rows, part)
    ]
    with context.Pool(len(work)) as pool:
        pool.map(_warm, range(len(work)))
        started = time.monotonic()
        parts = pool.starmap(_bare, [(*one, url, in_flight // processes, limits, len(work)) for one in work], 1)
        seconds = time.monotonic() - started
    return {"ok": sum(p[0] for p in parts), "cpu": sum(p[1] for p in parts), "seconds": seconds}


def _warm(_: int) -> None:
    import anthropic  # noqa: F401

    time.sleep(0.5)


def _bare(
    params: list[str], lengths: list[int], url: str, in_flight: int, limits: Limits | None, parts: int
) -> tuple[int, float]:
    return asyncio.run(_bare_part(params, lengths, url, in_flight, limits, parts))


async def _bare_part(
    params: list[str], lengths: list[int], url: str, in_flight: int, limits: Limits | None, parts: int
) -> tuple[int, float]:
    import anthropic

    from pipeline.teacher.pacing import Ask, Pacing, Settled

    client = anthropic.AsyncAnthropic(base_url=url, api_key="simulated", max_retries=8)
    room, turn, ok = asyncio.Semaphore(in_flight), asyncio.Lock(), 0
    pacing = Pacing(Limits(**{k: v and v // parts for k, v in limits.model_dump().items()})) if limits else None
    before = time.process_time()
    if pacing:
        pacing.start(time.monotonic())

    async def one(text: str, length: int) -> None:
        nonlocal ok
        ask = Ask("", length, 150)
        async with room:
            reservation = None
            if pacing:
                async with turn:
                    while delay := pacing.delay(ask, time.monotonic()):
                        await asyncio.sleep(min(delay, 0.05))
                    reservation = pacing.reserve(ask, time.monotonic())
            with contextlib.suppress(anthropic.APIError):
                reply = await client.messages.create(**json.loads(text))
                ok += 1
                if pacing:
                    used = reply.usage.input_tokens, reply.usage.output_tokens
                    pacing.settle(Settled(ask, "ok", *used), reservation, time.monotonic())

    queue = iter(zip(params, lengths, strict=True))

    async def worker() -> None:
        for text, length in queue:
            await one(text, length)

    await asyncio.gather(*(worker() for _ in range(in_flight)))
    return ok, time.process_time() - before


def share(lines: list[dict[str, Any]], limit: float, unit: str, since: float, until: float) -> float:
    """Of a limit a minute, what was let in between two moments after the first request."""
    lines = [line for line in lines if line["path"] == "/v1/messages"]
    start = min(line["at"] for line in lines)
    used = sum(line[unit] for line in lines if line["status"] == 200 and since <= line["at"] - start < until)
    return used / (until - since) * 60 / limit


def refused(lines: list[dict[str, Any]]) -> int:
    return sum(line["status"] == 429 for line in lines)


def table(header: list[str], rows: list[list[Any]]) -> None:
    from jobs.console import table as aligned

    print(aligned(header, rows), flush=True)


def say(text: str) -> None:
    print(text, flush=True)


def parser(text: str) -> argparse.ArgumentParser:
    say(f"{os.cpu_count()} cores, load before the start {os.getloadavg()[0]:.1f}")
    return argparse.ArgumentParser(description=text.splitlines()[0])
