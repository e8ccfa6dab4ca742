"""The `decontaminate` command: rows that repeat an evaluation set out of any file, with a sweep over the cuts."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.console import say as to_stderr
from jobs.console import table as aligned
from jobs.standalone import RAY_FROM, counts, folder_for, read_whole, timed, write_parts

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.curate.decontaminate import Cuts
    from pipeline.curate.exam import Exam

BLOCK_ROWS = 2_000
COLUMNS = ("row", "reason", "twin_row", "similarity")
TIERS = {"exact": "checked", "jaccard": "checked", "containment": "checked", "embedding": "not checked"}


def run(
    source: Path | str,
    *,
    against: Path | str,
    text: str,
    eval_text: str | None = None,
    cut: float = 0.65,
    containment: float = 0.8,
    shingle: str = "word:5",
    out: Path | str | None = None,
    address: str | None = None,
    say: Callable[[str], None] = to_stderr,
) -> dict[str, Any]:
    """Writes kept.parquet, removed.parquet, sweep.json and summary.json into `out`, and gives the summary.

    `out` is by default the folder <source>-decontaminated here. Only the input is ever cut down, never the evaluation
    set `against`, whose row is `twin_row`. From 20,000 rows on, or with an address, the work is done through Ray, with
    the same result. The summary says which tiers were checked.

    Raises InputError for settings out of range, a missing column, an evaluation set without rows, and rows without text
    or unreadable in either file, before anything is written: what was not checked is never called clean.
    """
    from pipeline.curate.decontaminate import CONTAINMENT, EXACT, JACCARD, Cuts
    from pipeline.curate.exam import Exam
    from pipeline.curate.sweep import sweep
    from pipeline.run_dir import write_json

    cuts = Cuts(cut, containment)
    source, against = Path(source), Path(against)
    folder = folder_for(source, Path(out) if out else None, "decontaminated", against)
    seconds: dict[str, float] = {}
    with timed(seconds, "read"):
        rows = read_whole(source, text, reserved=COLUMNS).table
        items = _numbered(read_whole(against, eval_text or text).table, eval_text or text)
    with timed(seconds, "compare"):
        exam = Exam.of({against.name: items}, id="row", text="text", shingle=shingle)
        checked = _checked(_numbered(rows, text), exam, cuts, address)
    with timed(seconds, "sweep"):
        steps = sweep(checked, ids=range(len(rows)), texts=rows[text].to_pylist(), exam=exam)
    found = checked.select(["reason", "twin_id", "similarity"]).rename_columns(["reason", "twin_row", "similarity"])
    with timed(seconds, "write"):
        write_parts(folder, rows, found)
        write_json(folder / "sweep.json", steps)
    summary = {
        "rows": len(rows),
        "kept": checked["reason"].null_count,
        "removed": counts(checked, (EXACT, JACCARD, CONTAINMENT)),
        "cut": cuts.jaccard,
        "containment": cuts.containment,
        "shingle": str(exam.shingling),
        "tiers": TIERS,
        "eval": {"file": str(against), "rows": len(exam), "too_short_for_containment": exam.too_short},
        "out": str(folder),
        "seconds": seconds,
    }
    write_json(folder / "summary.json", summary)
    say(_report(summary, steps))
    return summary


def _numbered(table: "pa.Table", text: str) -> "pa.Table":
    import pyarrow as pa

    return pa.table({"row": pa.array(range(len(table)), pa.int64()), "text": table[text]})


def _checked(table: "pa.Table", exam: "Exam", cuts: "Cuts", address: str | None) -> "pa.Table":
    from pipeline.curate.decontaminate import contamination

    stage = contamination(exam, cuts)
    if address is None and len(table) < RAY_FROM:
        return stage.load()(table)
    from cluster.apply import run_stages
    from cluster.session import session

    with session(address):
        return run_stages(table, [stage], block_rows=BLOCK_ROWS).sort_by("row")


def _report(summary: dict[str, Any], steps: list[dict[str, Any]]) -> str:
    removed = ", ".join(f"{count:,} {reason}" for reason, count in summary["removed"].items())
    cuts = [[step["cut"], step["removed"], step["newly"]] for step in steps]
    return (
        f"{aligned(['Jaccard cut', 'removed', 'newly'], cuts)}\n"
        f"{summary['rows']:,} rows: {summary['kept']:,} kept; removed at {summary['cut']}: {removed}; "
        f"{summary['out']}\n"
        f"not checked: embedding (rephrased items); {summary['eval']['too_short_for_containment']:,} of "
        f"{summary['eval']['rows']:,} items are too short to be found inside a text"
    )
