"""The stage `generate`: asks the teacher for what the ledger does not hold yet."""

from typing import Any

import pyarrow.parquet as pq

from jobs.asking import Answered, ask_all
from jobs.plan import PLAN
from jobs.run import Job, Run
from pipeline.canonical import content_hash


def shape(_: Run) -> Any:
    return None


def work(run: Run) -> dict[str, Any]:
    plan = run.dir.path / PLAN
    asked, fates, have = ask_all(run, plan)
    rows = pq.read_metadata(plan).num_rows
    return {
        "requests": rows,
        "asked": asked,
        "fates": fates,
        "answered": len(have.keys),
        **have.tokens,
        "dollars": round(have.spent, 6),
        "dollars_lost": round(have.lost, 6),
        "output": content_hash(sorted(have.keys)),
        "summary": f"{len(have.keys):,} of {rows:,} answered, ${have.spent:.4f} in all{cached(have)}",
    }


def cached(have: Answered) -> str:
    share = have.tokens["cached_share"]
    return f", {share:.0%} of the tokens in from the server's cache" if share else ""


JOB = Job("generate", ("plan",), (), shape, work)
