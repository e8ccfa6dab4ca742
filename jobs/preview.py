"""The preview: a few samples through generation and filters, printed to be read before money is spent on many."""

import contextlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.again import AGAIN, renewed
from jobs.console import say
from jobs.curate import filtered
from jobs.flow import execute
from jobs.passes import ask_passes, pass_file, together
from jobs.plan import matrix_of
from jobs.run import Run, open_run
from pipeline.config import Settings
from pipeline.disk import writing
from pipeline.generate.plan import plan_requests
from pipeline.run_dir import RunDir, locked
from pipeline.tasks.task import load_task


def preview(settings: Settings, number: int, keep: Path | None = None) -> dict[str, Any]:
    """Asks for `number` samples spread over the plan and prints prompt, reply and verdict of each.

    They are asked as a run asks: by the ledger, within limits and budget, one by one whatever the transport. The
    ledger is that of the run folder `keep`, which then pays for none of them again, or ends with the preview.
    """
    teacher = settings.teacher.model_copy(update={"transport": "online"})
    with _apart(keep) as folder:
        run = open_run(folder, settings.model_copy(update={"teacher": teacher}))
        execute(run, until="check")
        task, seeds = load_task(run.source), run.dir.table("inputs/seeds.parquet")
        requests = renewed(run, plan_requests(task, seeds, matrix=matrix_of(run, task)[0]))
        chosen = requests.take(spread(requests, settings.generation.cross, number))
        with run.until_end:
            paid = together(ask_passes(run, chosen)).have
            samples = filtered(run, chosen).to_pylist()
        prompts = _prompts(run, chosen)
    system = next((params["system"] for of in prompts.values() for params in of if "system" in params), None)
    say(f"--- system prompt\n{system}\n" if system else "")
    for sample in samples:
        say(_shown(prompts[sample["sample_id"]], sample))
    kept = sum(sample["reason"] is None for sample in samples)
    say(f"\n{kept} of {len(samples)} pass the filters; duplicates and leaks are looked for in a whole run only")
    say(f"${paid.dollars:.4f}" + (f", kept in {keep}" if keep else "; --out RUN_DIR keeps the replies for that run"))
    return {"samples": samples, "kept": kept, "dollars": round(paid.dollars, 6)}


@contextlib.contextmanager
def _apart(keep: Path | None) -> Iterator[RunDir]:
    """A run folder of its own, whose ledger is that of the folder `keep`: a plan that is there stays as it is."""
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as held:
        folder = held.enter_context(locked(Path(scratch) / "preview"))
        if keep is not None:
            kept = held.enter_context(locked(keep)).path
            with writing(kept / "ledger"):
                (kept / "ledger").mkdir(exist_ok=True)
            for name in ("ledger", AGAIN):
                (folder.path / name).symlink_to(kept / name)
        yield folder


def spread(requests: pa.Table, cross: Sequence[str], number: int) -> list[int]:
    """Up to `number` rows of the plan, in which strata and crossed values recur as evenly as they can.

    Next comes the stratum that was taken least, then each crossed value that was; where that leaves several rows, the
    smallest id, which is a hash.
    """
    waiting: dict[tuple[str, ...], list[tuple[str, int]]] = {}
    for row, request in enumerate(requests.select(["sample_id", "stratum", "cell"]).to_pylist()):
        cell = json.loads(request["cell"])
        kind = (request["stratum"], *(cell[name] for name in cross))
        waiting.setdefault(kind, []).append((request["sample_id"], row))
    for rows in waiting.values():
        rows.sort(reverse=True)
    taken: Counter[Any] = Counter()
    chosen: list[int] = []
    while waiting and len(chosen) < number:
        kind = min(waiting, key=lambda one: ([taken[part] for part in enumerate((*one, one))], waiting[one][-1]))
        chosen.append(waiting[kind].pop()[1])
        taken.update(enumerate((*kind, kind)))
        if not waiting[kind]:
            del waiting[kind]
    return chosen


def _prompts(run: Run, chosen: pa.Table) -> dict[str, list[dict[str, Any]]]:
    """What each sample was asked, pass by pass."""
    later = [run.dir.table(str(pass_file(number))) for number in range(2, len(run.settings.passes) + 1)]
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in chosen["sample_id"].to_pylist()}
    for requests in (chosen, *later):
        for row in requests.select(["sample_id", "params"]).to_pylist():
            found[row["sample_id"]] += [json.loads(row["params"])] if row["params"] else []
    return found


def _shown(asked: list[dict[str, Any]], sample: dict[str, Any]) -> str:
    prompts = [params["messages"][-1]["content"] for params in asked]
    verdict = "kept" if sample["reason"] is None else f"rejected by {sample['stage']}: {sample['reason']}"
    parts = [
        f"=== {sample['sample_id']}  seed {sample['seed_id']}  {sample['cell']}",
        *(
            f"--- prompt{f' {number}' if number > 1 else ''}\n{prompt}"
            for number, prompt in enumerate(prompts, start=1)
        ),
        f"--- reply\n{sample['text'] or sample['raw'] or ''}",
        f"--- answer  {sample['answer']}  confidence {sample['confidence']}",
        f"--- verdict  {verdict}" + (f" ({sample['detail']})" if sample["detail"] else ""),
    ]
    return "\n".join(parts)
