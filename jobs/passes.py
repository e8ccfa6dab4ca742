"""The passes of a generation, asked one after the other: each is built from what the ledger holds for those before."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.asking import Answered, ask_all
from jobs.console import say
from jobs.run import Run
from pipeline.generate.passes import Asked, next_requests
from pipeline.run_dir import write_parquet
from pipeline.tasks.task import load_task
from pipeline.teacher.ledger import answers


@dataclass(frozen=True, slots=True)
class PassStats:
    """What became of one pass."""

    requests: int
    asked: int
    fates: dict[str, int]
    have: Answered


def pass_file(number: int) -> Path:
    """Where the requests of a pass after the first are, once they can be built."""
    return Path(f"rounds/1/pass-{number}.parquet")


def ask_passes(run: Run, requests: pa.Table) -> list[PassStats]:
    """Asks the first pass's requests, builds the second's from the replies and writes them down, and so on.

    Raises what `ask_all` raises; what was answered until then is kept, and asking again goes on from there.
    """
    stats: list[PassStats] = []
    asked: list[Asked] = []
    for number in range(1, len(run.settings.passes) + 1):
        if number > 1:
            asked.append(Asked(requests, _bodies(run, requests)))
            requests = next_requests(load_task(run.source), run.dir.table("inputs/seeds.parquet"), asked)
            write_parquet(run.dir.path / pass_file(number), requests)
            requests = requests.filter(pc.is_valid(requests["key"]))
            say(f"  pass {number} of {len(run.settings.passes)}")
        stats.append(PassStats(requests.num_rows, *ask_all(run, requests)))
    return stats


def later_replies(run: Run) -> Iterator[tuple[pa.Table, Iterable[Mapping[str, Any]]]]:
    """The requests of every pass after the first, each with the ledger's records for them."""
    for number in range(2, len(run.settings.passes) + 1):
        requests = run.dir.table(str(pass_file(number)))
        keys = set(requests["key"].drop_null().to_pylist())
        yield requests, answers(run.dir.path / "ledger", keys)


def _bodies(run: Run, requests: pa.Table) -> dict[str, str]:
    records = answers(run.dir.path / "ledger", set(requests["key"].to_pylist()))
    return {record["key"]: record["body"] for record in records if record["kind"] == "reply"}
