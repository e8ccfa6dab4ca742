"""How soon a limit is found that neither settings nor headers tell, and how much of it is used then.

python tests/benchmarks/pacing_unknown_limit.py [--seconds 120] [--per-minute 540000]
"""

import tempfile
from pathlib import Path

from load import ours, parser, requests, served, share, table

from pipeline.config import Limits
from pipeline.teacher.simulated.settings import SimulatedSettings


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--seconds", type=int, default=120)
    options.add_argument("--per-minute", type=int, default=540_000)
    given = options.parse_args()
    rows = []
    for unit, limit in (("output_tokens", given.per_minute), ("requests", given.per_minute // 150)):
        bounds = {f"{unit}_per_minute": limit}
        settings = SimulatedSettings(**bounds, burst_s=1.0, latency_ms=(50, 300), limit_headers=False)
        load = requests(int(given.per_minute / 60 / 150 * given.seconds))
        with tempfile.TemporaryDirectory() as scratch, served(settings, Path(scratch)) as server:
            ours(load, server.url, Limits(in_flight=128), Path(scratch))
            lines = [line for line in server.lines() if line["path"] == "/v1/messages"]
        for line in lines:
            line["requests"] = 1
        start = min(line["at"] for line in lines)
        for since in range(0, given.seconds - 14, 15):
            window = [line for line in lines if since <= line["at"] - start < since + 15]
            part = share(lines, limit, unit, since, since + 15)
            late = sum(line["status"] == 429 for line in window)
            rows.append([unit, f"{since}-{since + 15} s", part, late, late / max(len(window), 1)])
    table(["limit on", "window", "share", "429s", "429s a call"], rows)


if __name__ == "__main__":
    main()
