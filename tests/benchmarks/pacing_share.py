"""Share of the binding limit that is reached, and how often the server says 429: ours, SDK retries, a static split.

    python tests/benchmarks/pacing_share.py [--seconds 60] [--per-minute 540000]

Output tokens bind; the server's burst is 0.25 s; prompts are skewed, four workers. The share is what the server let in
during the seconds after the first request, in tokens; a full bucket at the start gives everybody 0.25 s for nothing.
"""

import tempfile
from pathlib import Path

from load import bare, ours, parser, refused, requests, say, served, share, table

from pipeline.config import Limits
from pipeline.teacher.simulated.settings import SimulatedSettings


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--per-minute", type=int, default=540_000)
    options.add_argument("--skip", nargs="*", default=[])
    given = options.parse_args()
    settings = SimulatedSettings(output_tokens_per_minute=given.per_minute, burst_s=0.25, latency_ms=(50, 300))
    limits = Limits(output_tokens_per_minute=given.per_minute, in_flight=64)
    number = int(given.per_minute / 60 / 90 * (given.seconds + 6))  # 90 tokens a reply, enough to the end
    # long replies together (150 tokens on average, then 70), so that a static split has busy and idle parts
    long, short = (
        requests(number // 4, seed=1, longest_out=280),
        requests(number - number // 4, seed=2, longest_out=120),
    )
    rows = []
    for name in ("ours", "ours, limits from headers", "SDK, 8 retries", "static split"):
        if name in given.skip:
            continue
        with tempfile.TemporaryDirectory() as scratch, served(settings, Path(scratch)) as server:
            import pyarrow as pa

            load = pa.concat_tables([long, short])
            if name.startswith("ours"):
                found = ours(load, server.url, Limits(in_flight=64) if "headers" in name else limits, Path(scratch))
                ok = found["fates"].get("answered", 0)
            else:
                found = bare(
                    load, server.url, processes=4, in_flight=64, limits=limits if name == "static split" else None
                )
                ok = found["ok"]
            lines = server.lines()
            calls = [line for line in lines if line["path"] == "/v1/messages"]
            part = share(lines, given.per_minute, "output_tokens", 0, given.seconds)
            later = share(lines, given.per_minute, "output_tokens", 5, given.seconds)
            late = refused(lines)
            rows.append([name, load.num_rows, ok, part, later, late, late / len(calls), found["seconds"]])
            say(f"{name}: done")
    table(["way", "rows", "delivered", "share", "share from 5 s on", "429s", "429s a call", "seconds"], rows)


if __name__ == "__main__":
    main()
