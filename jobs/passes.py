"""The passes of a generation, asked one after the other: each is built from what the ledger holds for those before."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.again import renewed
from jobs.asking import Answered, ask_all
from jobs.console import say
from jobs.run import Run
from pipeline.generate.passes import Asked, next_requests
from pipeline.run_dir import write_parquet
from pipeline.tasks.task import load_task
from pipeline.teacher.ledger import answers
from pipeline.teacher.usage import Usage


@dataclass(frozen=True, slots=True)
class PassStats:
    """What became of one pass, or of several together."""

    requests: int
    asked: int
    fates: dict[str, int]
    have: Answered


def together(passes: Sequence[PassStats]) -> PassStats:
    """`spent` is of the whole ledger, so the last pass knows it of all."""
    have = Answered(
        frozenset[str]().union(*(one.have.keys for one in passes)),
        sum((one.have.used for one in passes), Usage()),
        passes[-1].have.spent,
        sum(one.have.lost for one in passes),
        sum(one.have.dollars for one in passes),
    )
    fates = dict(sum((Counter(one.fates) for one in passes), Counter[str]()))
    return PassStats(sum(one.requests for one in passes), sum(one.asked for one in passes), fates, have)


def pass_file(number: int, refill: int = 0) -> Path:
    """Where the requests of a pass after the first are, once they can be built: the plan's, or those of a refill."""
    return Path(f"rounds/1/refill-{refill}-pass-{number}.parquet" if refill else f"rounds/1/pass-{number}.parquet")


def ask_passes(run: Run, requests: pa.Table | Path, refill: int = 0) -> list[PassStats]:
    """Asks the first pass's requests, builds the second's from the replies and writes them down, and so on.

    `requests` are the plan's, or those of refill number `refill`; a file of them is held whole only where a later pass
    is built from it. Raises what `ask_all` raises; what was answered until then is kept, and asking again goes on from
    there.
    """
    count = requests.num_rows if isinstance(requests, pa.Table) else pq.read_metadata(requests).num_rows
    stats = [PassStats(count, *ask_all(run, requests))]
    asked: list[Asked] = []
    for number in range(2, len(run.settings.passes) + 1):
        known = requests if isinstance(requests, pa.Table) else pq.read_table(requests)
        asked.append(Asked(known, _bodies(run, known)))
        later = renewed(run, next_requests(load_task(run.source), run.dir.table("inputs/seeds.parquet"), asked))
        write_parquet(run.dir.path / pass_file(number, refill), later)
        requests = later.filter(pc.is_valid(later["key"]))
        say(f"  pass {number} of {len(run.settings.passes)}")
        stats.append(PassStats(requests.num_rows, *ask_all(run, requests)))
    return stats


def later_replies(run: Run) -> Iterator[tuple[pa.Table, Iterable[Mapping[str, Any]]]]:
    """The requests of every pass after the first, each with the ledger's records for them."""
    for number in range(2, len(run.settings.passes) + 1):
        refills = sorted(run.dir.path.glob(f"rounds/1/refill-*-pass-{number}.parquet"))
        requests = pa.concat_tables(map(pq.read_table, [run.dir.path / pass_file(number), *refills]))
        keys = set(requests["key"].drop_null().to_pylist())
        yield requests, answers(run.dir.path / "ledger", keys)


def _bodies(run: Run, requests: pa.Table) -> dict[str, str]:
    records = answers(run.dir.path / "ledger", set(requests["key"].to_pylist()))
    return {record["key"]: record["body"] for record in records if record["kind"] == "reply"}
