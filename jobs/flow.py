"""FLOW: the order of the stages, stated once and executed by `run`."""

from jobs import check, curate, evaluate, finetune, generate, plan, report
from jobs.run import Job, Run, do

FLOW: tuple[Job, ...] = (
    check.JOB,
    plan.JOB,
    generate.JOB,
    curate.JOB,
    finetune.JOB,
    evaluate.JOB,
    report.JOB,
)


def execute(run: Run, *, until: str | None = None) -> None:
    """Does what is still to do, in order, up to and including `until`."""
    names = [job.name for job in FLOW]
    run.student = names.index(until or names[-1]) >= names.index("finetune")
    for job in FLOW:
        do(run, job)
        if job.name == until:
            return


def job_named(name: str) -> Job:
    return next(job for job in FLOW if job.name == name)
