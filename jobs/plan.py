"""The stage `plan`: every request of the run, with what it will take in tokens, dollars and time; spends nothing."""

from dataclasses import asdict
from typing import Any

from jobs.console import say, table
from jobs.run import Job, Run
from pipeline.canonical import content_hash
from pipeline.generate.plan import Estimate, estimate, plan_requests
from pipeline.generate.register import measure, with_measured
from pipeline.generate.traits import TRAITS
from pipeline.run_dir import write_parquet
from pipeline.tasks.task import load_task
from pipeline.teacher.prices import price_of

PLAN = "rounds/1/plan.parquet"


def shape(run: Run) -> Any:
    shaping = run.settings.shaping()
    known = run.settings.limits.model_dump(), run.settings.teacher.price, price_of(run.settings.teacher)
    return [
        {key: shaping[key] for key in ("matrix", "generation", "teacher")},
        run.source.fingerprint(roles(run)),
        repr(known),
    ]


def roles(run: Run) -> tuple[str, ...]:
    """The texts that requests are made from, those of the later passes too."""
    return ("schema", "guidelines", *(f"pass {number}" for number in range(len(run.settings.passes))))


def work(run: Run) -> dict[str, Any]:
    seeds = run.dir.table("inputs/seeds.parquet")
    task = with_measured(load_task(run.source), seeds)
    requests = plan_requests(task, seeds)
    price = price_of(run.settings.teacher)
    write_parquet(run.dir.path / PLAN, requests)
    figures = estimate(task, seeds, requests, price)
    register = [asdict(one) for one in measure(seeds["text"].to_pylist())]
    say(f"{shown_register(register)}\n\n{shown(figures)}")
    return {
        **asdict(figures),
        "register": register,
        "output": content_hash([requests[name].to_pylist() for name in ("sample_id", "seed_id", "cell", "key")]),
        "summary": f"{figures.requests:,} requests",
    }


def shown_register(register: list[dict[str, Any]]) -> str:
    """What was measured on the seeds, a line a trait."""
    if not register:
        return ""
    rows = [
        [
            one["trait"],
            TRAITS[one["trait"]].meaning,
            one["count"],
            f"{one['share']:.2f} ({one['low']:.2f} to {one['high']:.2f})",
        ]
        for one in register
    ]
    return table(["register of the seeds", "", f"of {register[0]['n']}", "share, 95 % interval"], rows)


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
    placeholder = "; later passes with a placeholder for the earlier replies" if figures.passes > 1 else ""
    totals = [
        f"requests       {figures.requests:,}" + (f" in {figures.passes} passes" if figures.passes > 1 else ""),
        f"input tokens   {figures.input_tokens:,} (estimated, four bytes a token{placeholder})",
        f"output tokens  {figures.output_tokens:,} (expected)",
        f"dollars        {dollars} ({figures.price})",
        f"time           {hours}",
    ]
    return "\n\n".join(part for part in (strata, cells, "\n".join(totals)) if part)


JOB = Job("plan", ("check",), (PLAN,), shape, work)
