"""The stage `generate`: asks the teacher for what the ledger does not hold yet, pass by pass."""

from collections import Counter
from typing import Any

from jobs.passes import PassStats, ask_passes
from jobs.plan import PLAN, roles
from jobs.run import Job, Run
from pipeline.canonical import content_hash


def shape(run: Run) -> Any:
    """The plan's output stands for all that the first pass asks; a later one may be shown what the first was not."""
    if len(run.settings.passes) == 1:
        return None
    shaping = run.settings.shaping()
    return [
        run.output("check"),
        shaping["teacher"],
        shaping["generation"]["samples"],
        run.source.fingerprint(roles(run)),
    ]


def work(run: Run) -> dict[str, Any]:
    passes = ask_passes(run, run.dir.table(PLAN))
    requests, answered = sum(one.requests for one in passes), sum(len(one.have.keys) for one in passes)
    spent = passes[-1].have.spent
    return {
        "requests": requests,
        "asked": sum(one.asked for one in passes),
        "fates": dict(sum((Counter(one.fates) for one in passes), Counter[str]())),
        "answered": answered,
        "passes": [{"requests": one.requests, "answered": len(one.have.keys)} for one in passes],
        "input_tokens": sum(one.have.input_tokens for one in passes),
        "output_tokens": sum(one.have.output_tokens for one in passes),
        "dollars": round(spent, 6),
        "output": content_hash(sorted(key for one in passes for key in one.have.keys)),
        "summary": f"{answered:,} of {requests:,} answered{_each(passes)}, ${spent:.4f} in all",
    }


def _each(passes: list[PassStats]) -> str:
    if len(passes) == 1:
        return ""
    return f" ({', '.join(f'{one.requests:,} in pass {number}' for number, one in enumerate(passes, start=1))})"


JOB = Job("generate", ("plan",), (), shape, work)
