"""The stage `generate`: asks the teacher for what the ledger does not hold yet, pass by pass."""

from typing import Any

from jobs.asking import Answered
from jobs.passes import PassStats, ask_passes, together
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
        {key: shaping["generation"][key] for key in ("samples", "per_stratum")},
        run.source.fingerprint(roles(run)),
    ]


def work(run: Run) -> dict[str, Any]:
    passes = ask_passes(run, run.dir.path / PLAN)
    whole = together(passes)
    have = whole.have
    return {
        "requests": whole.requests,
        "asked": whole.asked,
        "fates": whole.fates,
        "answered": len(have.keys),
        "passes": [{"requests": one.requests, "answered": len(one.have.keys)} for one in passes],
        **have.tokens,
        "dollars": round(have.dollars, 6),
        "dollars_lost": round(have.lost, 6),
        "dollars_ledger": round(have.spent, 6),
        "output": content_hash(sorted(have.keys)),
        "summary": f"{len(have.keys):,} of {whole.requests:,} answered{_each(passes)}, ${have.dollars:.4f}"
        + _besides(have)
        + cached(have),
    }


def _besides(have: Answered) -> str:
    """What the budget counts beyond this plan's requests: earlier prompts, refills, a judge, readings."""
    return f" (${have.spent:.4f} with all else in the ledger)" if have.spent - have.dollars > 5e-5 else ""


def cached(have: Answered) -> str:
    share = have.tokens["cached_share"]
    return f", {share:.0%} of the tokens in from the server's cache" if share else ""


def _each(passes: list[PassStats]) -> str:
    if len(passes) == 1:
        return ""
    return f" ({', '.join(f'{one.requests:,} in pass {number}' for number, one in enumerate(passes, start=1))})"


JOB = Job("generate", ("plan",), (), shape, work)
