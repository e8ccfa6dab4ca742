"""Memory of driver, limiter and actors over a long run, requests a second, and what a resume that finds all done costs.

python tests/benchmarks/generation_memory.py [--rows 300000]
"""

import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq
from load import ours, parser, say, served, table, write_requests

from jobs.asking import keys_of, read_answered
from pipeline.config import Limits
from pipeline.teacher.simulated.settings import SimulatedSettings


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--rows", type=int, default=300_000)
    given = options.parse_args()
    fast = Limits(in_flight=128, requests_per_minute=10**7)
    with tempfile.TemporaryDirectory() as scratch, served(SimulatedSettings(), Path(scratch)) as server:
        folder = Path(scratch)
        write_requests(folder / "plan.parquet", given.rows, longest_in=300)
        found = ours(folder / "plan.parquet", server.url, fast, folder, actors=2, apart={server.process.pid})
        size = sum(path.stat().st_size for path in (folder / "ledger").iterdir())
        say(f"{given.rows} requests in {found['seconds']:.0f} s: {given.rows / found['seconds']:.0f} requests/s")
        say(f"ledger {size / given.rows * 100_000 / 2**20:.0f} MiB for 100,000 replies; fates {found['fates']}")
        started = time.perf_counter()
        wanted = set(keys_of(folder / "plan.parquet"))
        have = read_answered(folder / "ledger", wanted, None)
        spent = time.perf_counter() - started
        say(f"a resume that finds all {len(have.keys)} done reads plan and ledger in {spent:.1f} s")
        plan = pq.read_metadata(folder / "plan.parquet")
        say(f"plan of {sum(plan.row_group(i).total_byte_size for i in range(plan.num_row_groups)) / 2**20:.0f} MiB")
    rows = []
    for name in ("driver", "limiter", "actors"):
        tenths = [[] for _ in range(10)]
        for _, done, memory in found["rss"]:
            if name in memory and 0 < done < given.rows:
                tenths[min(9, done * 10 // given.rows)].append(memory[name])
        means = [sum(tenth) / len(tenth) if tenth else None for tenth in tenths]
        grown = means[9] / means[1] if means[9] and means[1] else None
        rows.append([name, *(round(mean) if mean else None for mean in means), grown])
    table(["MiB", *(f"{tenth}0 %" for tenth in range(1, 11)), "last / second"], rows)


if __name__ == "__main__":
    main()
