"""Two runs on one key at the same time, each with a limiter and a Ray cluster of its own, the second 15 s later.

python tests/benchmarks/pacing_two_runs.py [--seconds 60] [--per-minute 540000]
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from load import ours, parser, requests, say, served, share, table

from pipeline.config import Limits
from pipeline.teacher.simulated.settings import SimulatedSettings


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--seconds", type=int, default=60)
    options.add_argument("--per-minute", type=int, default=540_000)
    options.add_argument("--one", nargs=4, help="URL, folder, seed and rows: be one of the two")
    given = options.parse_args()
    if given.one:
        url, folder, seed, rows = given.one
        found = ours(requests(int(rows), seed=int(seed)), url, Limits(in_flight=64), Path(folder), actors=2)
        say(f"run {seed}: {found['fates']} of {rows} in {found['seconds']:.1f} s")
        return
    settings = SimulatedSettings(output_tokens_per_minute=given.per_minute, burst_s=1.0, latency_ms=(50, 300))
    number = int(given.per_minute / 60 / 150 * given.seconds / 2)
    with tempfile.TemporaryDirectory() as scratch, served(settings, Path(scratch)) as server:
        runs = [
            subprocess.Popen(
                [sys.executable, __file__, "--one", server.url, str(Path(scratch) / seed), seed, str(number)],
                stdout=subprocess.PIPE,
                text=True,
            )
            for seed in ("1", "2")
        ]
        said = [run.communicate()[0].splitlines()[-1] for run in runs]
        lines = [line for line in server.lines() if line["path"] == "/v1/messages"]
    say("\n".join(said))
    start = min(line["at"] for line in lines)
    end = max(line["at"] for line in lines) - start
    rows = []
    for since in range(0, int(end) - 4, 5):
        window = [line for line in lines if since <= line["at"] - start < since + 5]
        late = sum(line["status"] == 429 for line in window)
        part = share(lines, given.per_minute, "output_tokens", since, since + 5)
        rows.append([f"{since}-{since + 5} s", part, late, late / max(len(window), 1)])
    table(["window", "share of both together", "429s", "429s a call"], rows)
    whole = share(lines, given.per_minute, "output_tokens", 0, end)
    ok, late = (sum(line["status"] == status for line in lines) for status in (200, 429))
    say(f"from the first request to the last, {end:.1f} s: share {whole:.3f}, {ok} of {2 * number} rows, {late} 429s")


if __name__ == "__main__":
    main()
