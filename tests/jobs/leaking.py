"""A process for the test of the keys: a run with a judge that goes well, up to a preview and a report of what there is
without training; then generation that is refused, and generation that raises in its actors.
"""

import sys
import traceback
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import SecretStr

from cluster import generation
from cluster.session import session
from jobs.commands import run_flow
from jobs.preview import preview
from pipeline.config import Limits, Settings, Teacher
from pipeline.errors import SeedwrightError
from pipeline.generate.waiting import set_aside
from pipeline.layers import load_settings
from pipeline.report.page import ReportData, report_page
from pipeline.teacher.client import api_key


def main(folder: Path, refusing: str, *pairs: str) -> None:
    settings = load_settings("contracts", None, pairs)[0]
    assert settings.judge is not None
    with session():
        record = run_flow(settings, folder, update=False, until="curate")
        stages = record["stages"]
        print(
            f"done: {stages['generate']['answered']} answered, {stages['curate']['judge']['asked']} judged", flush=True
        )
        preview(settings, 2, folder)
        report(folder, record)
        requests = pq.read_table(folder / "rounds/1/plan.parquet")
        attempt(settings.judge, settings, requests, refusing, folder / "refused")
        broken = requests.set_column(requests.column_names.index("params"), "params", pa.array(["{"] * len(requests)))
        attempt(settings.teacher, settings, broken, refusing, folder / "broken")


def report(folder: Path, record: dict[str, Any]) -> None:
    tables = [pq.read_table(folder / f"rounds/1/{name}/part-0.parquet") for name in ("samples", "rejected")]
    (folder / "report.html").write_text(report_page(ReportData(record, {}, [], [], *tables, {})), encoding="utf-8")


def attempt(teacher: Teacher, settings: Settings, requests: pa.Table, url: str, ledger: Path) -> None:
    ledger.mkdir()
    key: SecretStr = api_key(teacher)
    connection = generation.Connection(teacher, Limits(in_flight=8), url, key, None)
    try:
        with set_aside(requests, frozenset(), ledger.with_suffix(".parquet"), settings.cluster) as waiting:
            generation.generate(waiting, connection, settings.cluster, ledger, None, 0.0, lambda _: None)
    except SeedwrightError:
        traceback.print_exc()


main(Path(sys.argv[1]), *sys.argv[2:])
