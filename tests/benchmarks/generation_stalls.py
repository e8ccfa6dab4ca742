"""Wall time when one call in a hundred stalls, beside the time in which the calls could have been made.

    python tests/benchmarks/generation_stalls.py [--rows 6000] [--in-flight 128] [--stall 5] [--per-minute TOKENS]

The ideal is the sum of all delays over the places in flight, or with a limit of output tokens a minute the time in
which it lets the replies through, whichever is longer; one stall is added for the last rows.
"""

import json
import tempfile
from pathlib import Path

from load import bare, ours, parser, requests, served, table

from pipeline.config import Limits
from pipeline.teacher.simulated.settings import SimulatedSettings


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--rows", type=int, default=6000)
    options.add_argument("--in-flight", type=int, default=128)
    options.add_argument("--stall", type=float, default=5.0)
    options.add_argument("--slower", type=float, default=1.0, help="latencies times this, where cores are few")
    options.add_argument("--per-minute", type=int, help="output tokens that the server lets through a minute")
    given = options.parse_args()
    latency = (50 * given.slower, 300 * given.slower)
    load, rows = requests(given.rows, longest_in=100), []
    replies = sum(int(json.loads(one)["messages"][0]["content"].split()[0]) for one in load["params"].to_pylist())
    paced = replies / given.per_minute * 60 if given.per_minute else 0.0
    for stalling in (0.0, 0.01):
        ideal = max(given.rows * (sum(latency) / 2000 + stalling * given.stall) / given.in_flight, paced)
        settings = SimulatedSettings(
            latency_ms=latency,
            server_rates={"slow": stalling},
            slow_s=given.stall,
            output_tokens_per_minute=given.per_minute,
        )
        for name in ("ours", "SDK in one process"):
            with tempfile.TemporaryDirectory() as scratch, served(settings, Path(scratch)) as server:
                if name == "ours":
                    limits = Limits(in_flight=given.in_flight, output_tokens_per_minute=given.per_minute or 10**9)
                    found = ours(load, server.url, limits, Path(scratch), actors=2)
                else:
                    found = bare(load, server.url, processes=1, in_flight=given.in_flight)
                lines = [line for line in server.lines() if line["path"] == "/v1/messages"]
                stalls = sum(line["fault"] == "slow" for line in lines)
            first = min(line["at"] for line in lines)
            most = 1.15 * ideal + (given.stall if stalling else 0)
            rows.append(
                [name, stalling, stalls, ideal, most, found["seconds"], max(line["at"] for line in lines) - first]
            )
    header = ["way", "stalling", "stalls", "ideal s", "1.15 x ideal + one stall", "seconds in all", "last left after"]
    table(header, rows)


if __name__ == "__main__":
    main()
