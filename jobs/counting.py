"""The server's count of a plan's input tokens: free of charge, on a few requests, and never in the way of the plan."""

import asyncio
import json
from dataclasses import dataclass

import pyarrow as pa

from jobs.asking import teacher_url
from jobs.run import Run
from pipeline.errors import SeedwrightError
from pipeline.generate.estimate import Counted
from pipeline.teacher.address import shown
from pipeline.teacher.client import api_key, open_client, probe

MOST = 10
PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Sample:
    params: tuple[str, ...]
    estimated: int


def counted(run: Run, requests: pa.Table) -> Counted:
    """By one request a stratum. The rule of thumb, with nothing counted, where there is no server, key or such
    endpoint: asking in earnest says what is wrong with them.
    """
    sample = chosen(requests)
    try:
        with teacher_url(run.settings.teacher, run.dir.path / "teacher") as base_url:
            counts = asyncio.run(_counts(run, base_url, sample))
    except (SeedwrightError, TimeoutError):
        return Counted()
    return scaled(sample, counts)


def chosen(requests: pa.Table) -> Sample:
    """The request with the smallest id of each stratum, of ten strata at most."""
    first: dict[str, dict[str, object]] = {}
    for row in requests.select(["sample_id", "stratum"]).add_column(0, "row", [range(requests.num_rows)]).to_pylist():
        known = first.setdefault(row["stratum"], row)
        if row["sample_id"] < known["sample_id"]:
            first[row["stratum"]] = row
    rows = requests.take([row["row"] for _, row in sorted(first.items())][:MOST])
    return Sample(tuple(rows["params"].to_pylist()), sum(rows["input_tokens"].to_pylist()))


def scaled(sample: Sample, counts: list[int | None]) -> Counted:
    known = [count for count in counts if count is not None]
    if len(known) < len(counts) or not sample.estimated:
        return Counted()
    return Counted(sum(known) / sample.estimated, len(known))


async def _counts(run: Run, base_url: str | None, sample: Sample) -> list[int | None]:
    teacher = run.settings.teacher
    async with open_client(base_url, api_key(teacher), PATIENCE_S) as client, asyncio.timeout(PATIENCE_S):
        where = f"{teacher.section} {shown(base_url or client.base_url)}"
        asked = (probe(client, json.loads(params), where) for params in sample.params)
        return list(await asyncio.gather(*asked))
