"""The refill of starved values: what was asked is judged, and more is asked where too little of a value was kept.

It is part of `curate`, because only curation knows what was kept: a stage of its own would judge every sample once
more than the run needs.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from jobs.again import renewed
from jobs.console import say, table
from jobs.passes import ask_passes, together
from jobs.plan import PLAN, matrix_of
from jobs.run import Run
from pipeline.generate.attrition import Starved, StarvedPair, attrition, starved, starved_pairs, whole_cells, worst
from pipeline.generate.refill import most_requests, refill_requests
from pipeline.run_dir import clear, write_parquet
from pipeline.tasks.task import load_task

Judged = tuple[pa.Table, dict[str, Any]]
"""SAMPLE rows with all verdicts, and what else is told of them."""
CELLS = "rounds/1/cells.parquet"
SHOWN = 6


@dataclass(frozen=True, slots=True)
class Refilled:
    """All samples judged together, and the entries `attrition`, with the starved pairs, and `refills` of run.json."""

    samples: pa.Table
    figures: dict[str, Any]
    attrition: dict[str, Any]
    refills: list[dict[str, Any]]


def judged_with_refills(run: Run, judge: Callable[[pa.Table], Judged]) -> Refilled:
    """Asks for as many sub-batches as starved values need and the settings allow, and judges all that was asked.

    What a sub-batch asks follows from the verdicts on all before it, so a run that was stopped asks the same again and
    finds in the ledger what was answered. Raises what asking raises, BudgetStop above all.
    """
    generation = run.settings.generation
    plan = requests = run.dir.table(PLAN)
    for old in [run.dir.path / CELLS, *sorted(run.dir.path.glob("rounds/1/refill-*.parquet"))]:
        clear(old)
    refills: list[dict[str, Any]] = []
    alone: list[Starved] = []  # every value that starved at some time, whether or not a refill made up for it
    beside = {"noise"} if generation.noise else frozenset[str]()
    while True:
        samples, figures = judge(requests)
        more_ids = frozenset(requests["sample_id"].to_pylist()[plan.num_rows :])
        found = attrition(samples, more_ids, beside)
        hungry = starved(found, generation.starved)
        alone += hungry
        if not hungry or len(refills) == generation.refills:
            cells = whole_cells(samples, more_ids, beside)
            write_parquet(run.dir.path / CELLS, cells)
            pairs = starved_pairs(cells, alone, generation.starved)
            say(_worst_shown(found) + _pairs_shown(pairs))
            return Refilled(samples, figures, {**found, "pairs": [asdict(pair) for pair in pairs]}, refills)
        more = _planned(run, requests, hungry, len(refills) + 1, plan.num_rows)
        refills.append(_asked(run, more, hungry, len(refills) + 1))
        requests = pa.concat_tables([requests, more])


def _planned(run: Run, requests: pa.Table, hungry: list[Starved], batch: int, planned: int) -> pa.Table:
    task, seeds = load_task(run.source), run.dir.table("inputs/seeds.parquet").to_pylist()
    most = most_requests(run.settings.generation, planned) // run.settings.generation.refills
    more = renewed(run, refill_requests(task, seeds, matrix_of(run, task)[0], requests, hungry, batch, most))
    write_parquet(run.dir.path / f"rounds/1/refill-{batch}.parquet", more)
    return more


def _asked(run: Run, more: pa.Table, hungry: list[Starved], batch: int) -> dict[str, Any]:
    say(f"  refill {batch}: {more.num_rows:,} more requests, as too little was kept of")
    rows = [[one.dimension or "stratum", one.value, one.planned, one.kept, one.missing] for one in hungry]
    say(table(["  dimension", "value", "planned", "kept", "missing"], [[f"  {row[0]}", *row[1:]] for row in rows]))
    found = together(ask_passes(run, more, batch))
    have = found.have
    return {
        "batch": batch,
        "requests": found.requests,
        "asked": found.asked,
        "fates": found.fates,
        "answered": len(have.keys),
        **have.tokens,
        "dollars": round(have.dollars, 6),
        "starved": [asdict(one) for one in hungry],
    }


def _worst_shown(found: dict[str, Any]) -> str:
    """The values that lost most, with the reason that took most of them."""
    rows = []
    for name, value, fate in worst(found, SHOWN):
        asked = fate["planned"] + fate["refilled"]
        reason = max(fate["rejected"], key=lambda one: fate["rejected"][one])
        share = f"{fate['kept'] / asked:.0%}"
        rows.append([f"  {name or 'stratum'}", value, asked, fate["generated"], fate["kept"], share, reason])
    header = ["  lost most", "value", "asked", "generated", "kept", "share", "most often"]
    return table(header, rows) if rows else "  every value kept the same share"


def _pairs_shown(pairs: list[StarvedPair]) -> str:
    """The pairs of values that starved together; nothing where none did."""
    rows = [
        ["  " + " + ".join(f"{name} {value}" for name, value in pair.values.items()), pair.planned, pair.kept]
        for pair in pairs[:SHOWN]
    ]
    shown = table(["  starved only together", "planned", "kept"], rows)
    return f"\n{shown}" if pairs else ""
