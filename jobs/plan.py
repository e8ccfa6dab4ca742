"""The stage `plan`: every request of the run, with what it will take in tokens, dollars and time; spends nothing."""

from dataclasses import asdict
from typing import Any

import pyarrow as pa

from jobs.console import say, table
from jobs.run import Job, Run
from pipeline.canonical import content_hash
from pipeline.generate.plan import Estimate, estimate, plan_requests
from pipeline.generate.sharing import has_format, prefix_tokens
from pipeline.run_dir import write_parquet
from pipeline.tasks.task import load_task
from pipeline.teacher.prefix import told
from pipeline.teacher.prices import price_of

ROLES = ("schema", "guidelines", "pass 0")
PLAN = "rounds/1/plan.parquet"


def shape(run: Run) -> Any:
    shaping = run.settings.shaping()
    known = run.settings.limits.model_dump(), run.settings.teacher.price, price_of(run.settings.teacher)
    return [
        {key: shaping[key] for key in ("matrix", "generation", "teacher")},
        run.source.fingerprint(ROLES),
        repr(known),
    ]


def work(run: Run) -> dict[str, Any]:
    task = load_task(run.source)
    seeds = run.dir.table("inputs/seeds.parquet")
    requests = plan_requests(task, seeds)
    price = price_of(run.settings.teacher)
    write_parquet(run.dir.path / PLAN, requests)
    figures = estimate(task, seeds, requests, price)
    say(shown(figures))
    say(served(run, requests))
    return {
        **asdict(figures),
        "output": content_hash([requests[name].to_pylist() for name in ("sample_id", "seed_id", "cell", "key")]),
        "summary": f"{figures.requests:,} requests",
    }


def shown(figures: Estimate) -> str:
    """The plan as a person reads it."""
    strata = table(
        ["stratum", "seeds", "samples"], [[name, *counts.values()] for name, counts in figures.strata.items()]
    )
    cells = table(
        ["dimension", "value", "samples"],
        [[dimension, value, n] for dimension, values in figures.cells.items() for value, n in values.items()],
    )
    dollars = "unknown" if figures.dollars is None else f"${figures.dollars:,.4f}"
    hours = (
        "no limits set; learnt from the server"
        if figures.minutes is None
        else f"{figures.minutes:,.1f} minutes at the set limits"
    )
    totals = [
        f"requests       {figures.requests:,}",
        f"input tokens   {figures.input_tokens:,} (estimated, four bytes a token)",
        f"output tokens  {figures.output_tokens:,} (expected)",
        f"dollars        {dollars} ({figures.price})",
        f"time           {hours}",
    ]
    return "\n\n".join(part for part in (strata, cells, "\n".join(totals)) if part)


def served(run: Run, requests: pa.Table) -> str:
    """What the server is asked for beside replies: a cached prefix, and replies held to the schema."""
    teacher = run.settings.teacher
    caching = "off" if teacher.caching is False else told(prefix_tokens(requests), teacher.model)
    structured = "off" if teacher.structured is False else "yes, where the server takes the schema"
    if not has_format(requests) and teacher.structured is not False:
        structured = "no, the schema cannot be expressed as a reply format; replies are checked against it here"
    return f"caching        {caching}\nstructured     {structured}"


JOB = Job("plan", ("check",), (PLAN,), shape, work)
