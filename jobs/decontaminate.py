"""The `decontaminate` command: rows that repeat an evaluation set out of any file, with what every cut would remove."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.console import say as to_stderr
from jobs.console import work_progress
from jobs.contamination_table import shown
from jobs.rephrased import Rephrased, chosen
from jobs.standalone import RAY_FROM, counts, folder_for, read_whole, timed, write_parts

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.curate.decontaminate import Cuts
    from pipeline.curate.exam import Exam

BLOCK_ROWS = 2_000
COLUMNS = ("row", "reason", "twin_row", "similarity")


def run(
    source: Path | str,
    *,
    against: Path | str,
    text: str,
    eval_text: str | None = None,
    cut: float = 0.65,
    containment: float = 0.8,
    shingle: str = "word:5",
    embed: str | None = None,
    control: Path | str | None = None,
    false_alarm: float = 0.01,
    out: Path | str | None = None,
    address: str | None = None,
    say: Callable[[str], None] = to_stderr,
) -> dict[str, Any]:
    """Writes kept.parquet, removed.parquet, sweep.json and summary.json into `out`, and gives the summary.

    `out` is by default the folder <source>-decontaminated here. Only the input is ever cut down, never the evaluation
    set `against`, whose row is `twin_row`. With `embed`, an embedding model, rephrased items are looked for too, from
    the cosine on that at most the share `false_alarm` of the texts in `control` reaches. From 20,000 rows on, or with
    an address, the work is done through Ray, with the same result. The summary says which tiers were checked.

    Raises InputError for settings out of range, a missing column, an evaluation set or control without rows, a model
    that cannot be used or has no control, and rows without text or unreadable in any file, before anything is written:
    what was not checked is never called clean.
    """
    from pipeline.curate.decontaminate import CONTAINMENT, EXACT, JACCARD, Cuts
    from pipeline.curate.exam import Exam
    from pipeline.curate.rephrased import EMBEDDING
    from pipeline.curate.sweep import nearest, sweep
    from pipeline.run_dir import write_json

    cuts = Cuts(cut, containment)
    source, against = Path(source), Path(against)
    tier = chosen(embed, control, false_alarm, address)
    folder = folder_for(
        source, Path(out) if out else None, "decontaminated", against, Path(control) if control else None
    )
    seconds: dict[str, float] = {}
    with timed(seconds, "read"):
        rows = read_whole(source, text, reserved=COLUMNS).table
        items = _numbered(read_whole(against, eval_text or text).table, eval_text or text)
        controls = tier.read(text, eval_text) if tier else None
    with timed(seconds, "compare"):
        exam = Exam.of({against.name: items}, id="row", text="text", shingle=shingle)
        checked = _checked(_numbered(rows, text), exam, cuts, address)
    texts = rows[text].to_pylist()
    if tier and controls:
        with timed(seconds, "embed"):
            checked = tier.checked(checked, range(len(rows)), texts, controls, exam)
    with timed(seconds, "sweep"):
        steps = sweep(checked, ids=range(len(rows)), texts=texts, exam=exam)
    found = checked.select(["reason", "twin_id", "similarity"]).rename_columns(["reason", "twin_row", "similarity"])
    with timed(seconds, "write"):
        write_parts(folder, rows, found)
        write_json(folder / "sweep.json", steps)
    summary = {
        "rows": len(rows),
        "kept": checked["reason"].null_count,
        "removed": counts(checked, (EXACT, JACCARD, CONTAINMENT, *([EMBEDDING] if tier else []))),
        "cut": cuts.jaccard,
        "containment": cuts.containment,
        "shingle": str(exam.shingling),
        "tiers": _tiers(tier),
        "embedding": tier.figures if tier else None,
        "eval": {"file": str(against), "rows": len(exam), "too_short_for_containment": exam.too_short},
        "out": str(folder),
        "seconds": seconds,
    }
    write_json(folder / "summary.json", summary)
    say(shown(summary, steps, nearest(checked, ids=range(len(rows)), texts=texts, exam=exam)))
    return summary


def _tiers(tier: Rephrased | None) -> dict[str, str]:
    """What was looked for: `not separable` where the embedding tier ran and cannot tell leaks from neighbours."""
    words = {"separable": "checked", "not separable": "not separable", "unknown": "checked"}
    lexical = dict.fromkeys(("exact", "jaccard", "containment"), "checked")
    return lexical | {"embedding": words[tier.figures["verdict"]] if tier else "not checked"}


def _numbered(table: "pa.Table", text: str) -> "pa.Table":
    import pyarrow as pa

    return pa.table({"row": pa.array(range(len(table)), pa.int64()), "text": table[text]})


def _checked(table: "pa.Table", exam: "Exam", cuts: "Cuts", address: str | None) -> "pa.Table":
    import pyarrow as pa

    from pipeline.curate.decontaminate import contamination

    stage = contamination(exam, cuts)
    with work_progress("comparing", len(table)) as done:
        if address is None and len(table) < RAY_FROM:
            step, parts = stage.load(), []
            for start in range(0, max(len(table), 1), BLOCK_ROWS):
                parts.append(step(table.slice(start, BLOCK_ROWS)))
                done(min(start + BLOCK_ROWS, len(table)))
            return pa.concat_tables(parts)
        from cluster.apply import run_stages
        from cluster.session import session

        with session(address):
            return run_stages(table, [stage], block_rows=BLOCK_ROWS, tell=done).sort_by("row")
