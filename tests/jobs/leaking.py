"""A process for the test of the key: generation that goes well, that is refused, and that raises in its actors."""

import sys
import traceback
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import SecretStr

from cluster import generation
from cluster.session import session
from jobs.commands import run_flow
from pipeline.config import Settings
from pipeline.errors import SeedwrightError
from pipeline.generate.waiting import set_aside
from pipeline.layers import load_settings
from pipeline.teacher.client import api_key


def main(folder: Path, refusing: str, *pairs: str) -> None:
    settings = load_settings("contracts", None, pairs)[0]
    with session():
        record = run_flow(settings, folder, update=False, until="curate")
        print(f"done: {record['stages']['generate']['answered']} answered", flush=True)
        requests = pq.read_table(folder / "rounds/1/plan.parquet")
        attempt(settings, requests, refusing, folder / "refused")
        broken = requests.set_column(requests.column_names.index("params"), "params", pa.array(["{"] * len(requests)))
        attempt(settings, broken, refusing, folder / "broken")


def attempt(settings: Settings, requests: pa.Table, url: str, ledger: Path) -> None:
    ledger.mkdir()
    key: SecretStr = api_key(settings.teacher)
    connection = generation.Connection(settings.teacher, settings.limits, url, key, None)
    try:
        with set_aside(requests, frozenset(), ledger.with_suffix(".parquet"), settings.cluster) as waiting:
            generation.generate(waiting, connection, settings.cluster, ledger, None, 0.0, lambda _: None)
    except SeedwrightError:
        traceback.print_exc()


main(Path(sys.argv[1]), *sys.argv[2:])
