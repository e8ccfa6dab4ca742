"""The stage `plan`: every request of the run, with what it will take in tokens, dollars and time; spends nothing."""

from collections.abc import Mapping
from dataclasses import asdict
from math import ceil
from typing import Any

import pyarrow as pa

from jobs.again import renewed, withdrawn
from jobs.console import say, table
from jobs.counting import counted
from jobs.run import Job, Run
from pipeline.canonical import content_hash
from pipeline.curate.looks_ahead import LookAhead, looks_ahead
from pipeline.generate.asides import ROLE, doubtful
from pipeline.generate.estimate import Estimate, estimate
from pipeline.generate.human import Rate, resolved, unnamed_labels
from pipeline.generate.matrix import Matrix
from pipeline.generate.noise import without_asides
from pipeline.generate.plan import plan_requests
from pipeline.generate.register import measure, with_measured
from pipeline.generate.sharing import has_format, prefix_tokens, repeats
from pipeline.generate.traits import TRAITS
from pipeline.records import REQUEST
from pipeline.run_dir import write_parquet
from pipeline.tasks.task import Task, load_task
from pipeline.teacher.prefix import told
from pipeline.teacher.prices import price_of

PLAN = "rounds/1/plan.parquet"


def shape(run: Run) -> Any:
    shaping = run.settings.shaping()
    judge = run.settings.judge
    known = run.settings.limits.model_dump(), run.settings.teacher.price, price_of(run.settings.teacher)
    looks = run.settings.consistency, judge and (judge.model, judge.control, judge.max_tokens, price_of(judge))
    return [
        {key: shaping[key] for key in ("matrix", "forbid", "generation", "teacher")},
        run.source.fingerprint([*roles(run), *run.source.texts.keys() & {ROLE}]),
        repr([known, looks]),
        *([gone] if (gone := withdrawn(run.dir)) else []),
    ]


def roles(run: Run) -> tuple[str, ...]:
    """The texts that requests are made from, those of the later passes too."""
    return ("schema", "guidelines", *(f"pass {number}" for number in range(len(run.settings.passes))))


def work(run: Run) -> dict[str, Any]:
    seeds = run.dir.table("inputs/seeds.parquet")
    task = load_task(run.source)
    matrix, human = matrix_of(run, task)
    requests = renewed(run, plan_requests(task, seeds, matrix=matrix))
    count = counted(run, requests)
    requests = with_input_tokens(requests, count.factor)
    price = price_of(run.settings.teacher)
    write_parquet(run.dir.path / PLAN, requests)
    figures = estimate(task, seeds, requests, price, matrix, human, count)
    register = [asdict(one) for one in measure(seeds["text"].to_pylist())]
    say(f"{shown_register(register)}\n\n{shown(figures, run.settings.generation.target)}")
    say(served(run, requests))
    if labels := unnamed_labels(task, run.dir.table("inputs/calibration.parquet")):
        say(f"labels         {labels.says}")
    notes = [*doubtful(task), *filter(None, [without_asides(run.source, seeds)])]
    for note in notes:
        say(f"noise          {note}")
    if same := repeats(requests):
        say(_repeated(run, same, requests.num_rows))
    looks = looks_ahead(task, seeds, requests.num_rows)
    for look in looks:
        say(_look(look))
    return {
        **asdict(figures),
        "looks": [asdict(look) for look in looks],
        "register": register,
        "labels": labels.says if labels else None,
        "notes": notes,
        "repeats": same,
        "output": content_hash([requests[name].to_pylist() for name in ("sample_id", "seed_id", "cell", "key")]),
        "summary": f"{figures.requests:,} requests",
    }


def matrix_of(run: Run, task: Task) -> tuple[Matrix, dict[str, dict[str, Rate]]]:
    """The run's matrix in numbers, and the human rates in it."""
    seeds = run.dir.table("inputs/seeds.parquet")
    return resolved(with_measured(task, seeds), run.dir.table("inputs/calibration.parquet"))


def with_input_tokens(requests: pa.Table, factor: float) -> pa.Table:
    """What a request is expected to read, and so reserves, as the server would count it."""
    place = requests.schema.get_field_index("input_tokens")
    tokens = [ceil(count * factor) for count in requests["input_tokens"].to_pylist()]
    return requests.set_column(place, REQUEST.field(place), pa.array(tokens, pa.int32()))


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


def shown(figures: Estimate, target: int | None) -> str:
    """The plan as a person reads it."""
    return "\n\n".join(part for part in (_strata(figures), _cells(figures), _totals(figures, target)) if part)


def _strata(figures: Estimate) -> str:
    rows = [[name, *counts.values()] for name, counts in figures.strata.items()]
    uneven = len({counts["samples"] for counts in figures.strata.values()}) > 1
    hint = "\nstrata differ in size; generation.per_stratum asks the same number of each" if uneven else ""
    return table(["stratum", "seeds", "samples"], rows) + hint


def _cells(figures: Estimate) -> str:
    rates = {name: {label: _rate(rate) for label, rate in found.items()} for name, found in figures.human.items()}
    drawn = {name: values.keys() for name, values in figures.cells.items()}
    rows = [
        [name, value, count, *([rates.get(name, {}).get(value, "")] if rates else [])]
        for name, values in figures.cells.items()
        for value, count in values.items()
    ]
    never = [
        f"{name} {label}: no row of the calibration set has it, so "
        + ("it is drawn as half a row would be" if label in drawn[name] else "no sample will")
        for name, found in figures.human.items()
        for label, rate in found.items()
        if not rate["count"]
    ]
    header = ["dimension", "value", "samples", *(["human rate, 95 % interval"] if rates else [])]
    covered, of = figures.pairs["covered"], figures.pairs["of"]
    pairs = f"{covered:,} of {of:,} pairs of values are covered"
    if covered < of:
        pairs += f", {of - covered:,} are not: that takes more samples"
    return "\n".join([table(header, rows), *never, *([pairs] if of else [])]) if rows else ""


def _rate(rate: Mapping[str, Any]) -> str:
    return Rate(**rate).told


def _totals(figures: Estimate, target: int | None) -> str:
    how = f"counted by the server on {figures.counted} requests" if figures.counted else "estimated, four bytes a token"
    passes = f" in {figures.passes} passes" if figures.passes > 1 else ""
    how += "; later passes with a placeholder for the earlier replies" if passes else ""
    more = f", and for starved values at most {figures.refill_requests:,} more" if figures.refill_requests else ""
    cached = f"{_dollars(figures.dollars_cached)} ({figures.cached})" if figures.dollars_cached is not None else ""
    minutes = figures.minutes
    time = (
        "no limits set; learnt from the server"
        if minutes is None
        else f"{minutes:,.1f} minutes at the set limits"
        if minutes < 120
        else f"{minutes / 60:,.1f} hours at the set limits"
    )
    return "\n".join(
        [
            f"requests       {figures.requests:,}{passes}{more}",
            f"to be kept     {_expected(figures.samples, target)}",
            f"input tokens   {figures.input_tokens:,} ({how})",
            f"output tokens  {figures.output_tokens:,} (expected)",
            f"dollars        {_dollars(figures.dollars)} ({figures.price})",
            f"  with caching {cached or f'the same ({figures.cached})'}",
            f"  as batches   {_dollars(figures.dollars_batch)}",
            f"time           {time}",
        ]
    )


ENOUGH = (5, 10)
"""Requests for each sample that is wanted: a third to a fifth of what teachers write is worth keeping."""


def _expected(samples: int, target: int | None) -> str:
    """What a plan may yield, and whether that reaches the target; a rule of thumb until curation has counted.

    >>> _expected(960, 150)
    '192 to 320 as a rule, a fifth to a third; 6.4 requests for each of the 150 wanted'
    """
    usual = f"{samples // 5:,} to {samples // 3:,} as a rule, a fifth to a third"
    if target is None:
        return usual
    each, most = samples / target, ENOUGH[0] * target
    advice = f"; {most:,} to {ENOUGH[1] * target:,} requests are usual" if not ENOUGH[0] <= each <= ENOUGH[1] else ""
    return f"{usual}; {each:.1f} requests for each of the {target:,} wanted{advice}"


def _repeated(run: Run, same: int, planned: int) -> str:
    """Not refused: a server may well answer differently, and a prompt that changes pays for all that was answered."""
    return (
        f"repeats        {same:,} of {planned:,} requests say what another says, and a server that answers equal "
        f"requests equally is paid for copies; name {{{{ number }}}} or {{{{ cell }}}} in {run.settings.passes[0]}"
    )


def _look(look: LookAhead) -> str:
    tokens = f"{look.input_tokens:,} tokens in and {look.output_tokens:,} out (estimated)"
    return (
        f"{look.name:<14} at most {look.requests:,} requests to {look.model}, {tokens}, {_dollars(look.dollars)} more"
    )


def _dollars(amount: float | None) -> str:
    return "unknown" if amount is None else f"${amount:,.4f}"


def served(run: Run, requests: pa.Table) -> str:
    """What the server is asked for beside replies: a cached prefix, and replies held to the schema."""
    teacher = run.settings.teacher
    caching = "off" if teacher.caching is False else told(prefix_tokens(requests), teacher)
    structured = "off" if teacher.structured is False else "yes, where the server takes the schema"
    if not has_format(requests) and teacher.structured is not False:
        one = len(run.settings.passes) == 1
        why = "the schema cannot be expressed as a reply format" if one else "several passes have replies of their own"
        structured = f"no, {why}; samples are checked against the schema here"
    return f"caching        {caching}\nstructured     {structured}"


JOB = Job("plan", ("check",), (PLAN,), shape, work)
