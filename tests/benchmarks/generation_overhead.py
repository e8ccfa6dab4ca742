"""CPU milliseconds a request, ours beside the bare SDK's, and how much the server itself takes.

    python tests/benchmarks/generation_overhead.py [--rows 6000] [--in-flight 512] [--slowest 3.0]

Replies take a third of `--slowest` to all of it: one to three seconds, as a language model's do. Ours is counted twice,
with few rows and with many, so that what the start takes drops out.
"""

import tempfile
from pathlib import Path

from load import bare, ours, parser, requests, say, served, table

from pipeline.config import Limits
from pipeline.teacher.simulated.settings import SimulatedSettings


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--rows", type=int, default=6000)
    options.add_argument("--in-flight", type=int, default=512)
    options.add_argument("--slowest", type=float, default=3.0, help="seconds")
    given = options.parse_args()
    settings, rows = SimulatedSettings(latency_ms=(given.slowest * 333, given.slowest * 1000)), []
    cpu: dict[int, dict[str, float]] = {}
    fast = Limits(in_flight=given.in_flight, requests_per_minute=10**7)
    for number in (given.rows // 6, given.rows):
        with tempfile.TemporaryDirectory() as scratch, served(settings, Path(scratch)) as server:
            found = ours(requests(number), server.url, fast, Path(scratch), actors=2, apart={server.process.pid})
            cpu[number] = found["cpu"]
            say(f"ours, {number}: {found['seconds']:.1f} s, server {server.cpu() / number * 1000:.2f} ms a request")
    few, many = cpu.values()
    difference = {kind: (many[kind] - few.get(kind, 0)) / (given.rows - given.rows // 6) * 1000 for kind in many}
    rows += [[f"ours: {kind}", ms] for kind, ms in difference.items()]
    rows.append(["ours in all", sum(difference.values())])
    with tempfile.TemporaryDirectory() as scratch, served(settings, Path(scratch)) as server:
        found = bare(requests(given.rows), server.url, processes=2, in_flight=given.in_flight)
        rows.append(["SDK alone, two processes", found["cpu"] / given.rows * 1000])
        say(f"SDK: {found['seconds']:.1f} s, {given.rows / found['seconds']:.0f} requests/s")
    table(["what", "CPU ms a request"], rows)


if __name__ == "__main__":
    main()
