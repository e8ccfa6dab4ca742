"""The `decontaminate` command: rows that repeat an evaluation set out of any file, with what every cut would remove."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.console import say as to_stderr
from jobs.console import step_progress
from jobs.contamination_table import shown
from jobs.rephrased import Rephrased, chosen
from jobs.standalone import counts, folder_for, read_whole, timed, write_parts

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.curate.decontaminate import Cuts
    from pipeline.curate.exam import Exam

BLOCK_ROWS = 2_000
RAY_FROM = 500_000
"""Rows from which starting Ray pays: below, one core takes less time than that."""
COMPARING = "comparing"
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
    ngram: int | None = None,
    embed: str | None = None,
    control: Path | str | None = None,
    false_alarm: float = 0.01,
    out: Path | str | None = None,
    address: str | None = None,
    say: Callable[[str], None] = to_stderr,
) -> dict[str, Any]:
    """Writes kept.parquet, removed.parquet, sweep.json and summary.json into `out`, and gives the summary.

    `out` is by default the folder <source>-decontaminated here. Only the input is ever cut down, never the evaluation
    set `against`, whose row is `twin_row`. With `ngram`, so many words in a row in common are enough. With `embed`, an
    embedding model, rephrased items are looked for too, from the cosine on that at most the share `false_alarm` of the
    texts in `control` reaches. With many rows or an address the work is done through Ray, with the same result. The
    summary says which tiers were checked.

    Raises InputError for settings out of range, a missing column, an evaluation set or control without rows, a model
    that cannot be used or has no control, and rows without text or unreadable in any file, before anything is written:
    what was not checked is never called clean.
    """
    from pipeline.curate.decontaminate import Cuts
    from pipeline.curate.exam import NGRAM, Exam
    from pipeline.curate.sweep import nearest, sweep
    from pipeline.run_dir import write_json

    cuts = Cuts(cut, containment, bool(ngram))
    source, against = Path(source), Path(against)
    tier = chosen(embed, control, false_alarm, address)
    folder = folder_for(source, Path(out) if out else None, "decontaminated", against, tier and tier.path)
    seconds: dict[str, float] = {}
    with timed(seconds, "read"):
        rows = read_whole(source, text, reserved=COLUMNS).table
        items = _numbered(read_whole(against, eval_text or text).table, eval_text or text)
        controls = tier.read(text, eval_text) if tier else None
    ids, texts = range(len(rows)), rows[text].to_pylist()
    with timed(seconds, "compare"):
        exam = Exam.of({against.name: items}, id="row", text="text", shingle=shingle, ngram=ngram or NGRAM)
        checked = _checked(_numbered(rows, text), exam, cuts, address)
    if tier and controls:
        with timed(seconds, "embed"):
            checked = tier.checked(checked, ids, texts, controls, exam)
    with timed(seconds, "sweep"):
        steps = sweep(checked, ids=ids, texts=texts, exam=exam)
    with timed(seconds, "write"):
        write_parts(folder, rows, _removals(checked))
        write_json(folder / "sweep.json", steps)
    summary = _figures(checked, exam, cuts, tier)
    summary |= {"eval": {"file": str(against), **summary["eval"]}, "out": str(folder), "seconds": seconds}
    write_json(folder / "summary.json", summary)
    say(shown(summary, steps, nearest(checked, ids=ids, texts=texts, exam=exam)))
    return summary


def _removals(checked: "pa.Table") -> "pa.Table":
    """The columns that removed.parquet adds."""
    return checked.select(["reason", "twin_id", "similarity"]).rename_columns(["reason", "twin_row", "similarity"])


def _figures(checked: "pa.Table", exam: "Exam", cuts: "Cuts", tier: Rephrased | None) -> dict[str, Any]:
    from pipeline.curate.decontaminate import CONTAINMENT, EXACT, JACCARD, NGRAM, ngram_rows
    from pipeline.curate.rephrased import EMBEDDING

    reasons = (EXACT, JACCARD, CONTAINMENT, *([NGRAM] if cuts.ngram else []), *([EMBEDDING] if tier else []))
    return {
        "rows": len(checked),
        "kept": checked["reason"].null_count,
        "removed": counts(checked, reasons),
        "cut": cuts.jaccard,
        "containment": cuts.containment,
        "shingle": str(exam.shingling),
        "ngram": {"words": exam.ngrams[0].size, "shared": ngram_rows(checked), "removed": cuts.ngram},
        "tiers": _tiers(tier, cuts),
        "embedding": tier.figures if tier else None,
        "eval": {"rows": len(exam), "too_short_for_containment": exam.too_short},
    }


def _tiers(tier: Rephrased | None, cuts: "Cuts") -> dict[str, str]:
    """What was looked for: `counted` where rows are counted and stay, `not separable` where the embedding tier ran and
    cannot tell leaks from neighbours.
    """
    words = {"separable": "checked", "not separable": "not separable", "unknown": "checked"}
    lexical = dict.fromkeys(("exact", "jaccard", "containment"), "checked")
    lexical |= {"ngram": "checked" if cuts.ngram else "counted"}
    return lexical | {"embedding": words[tier.figures["verdict"]] if tier else "not checked"}


def _numbered(table: "pa.Table", text: str) -> "pa.Table":
    import pyarrow as pa

    return pa.table({"row": pa.array(range(len(table)), pa.int64()), "text": table[text]})


def _checked(table: "pa.Table", exam: "Exam", cuts: "Cuts", address: str | None) -> "pa.Table":
    import pyarrow as pa

    from pipeline.curate.decontaminate import contamination

    stage = contamination(exam, cuts)
    with step_progress() as watch:
        if address is None and len(table) < RAY_FROM:
            step, parts = stage.load(), []
            for start in range(0, max(len(table), 1), BLOCK_ROWS):
                parts.append(step(table.slice(start, BLOCK_ROWS)))
                watch(COMPARING, min(start + BLOCK_ROWS, len(table)), len(table))
            return pa.concat_tables(parts)
        from cluster.apply import run_stages
        from cluster.session import session

        with session(address):
            return run_stages(
                table, [stage], block_rows=BLOCK_ROWS, tell=lambda done: watch(COMPARING, done, len(table))
            ).sort_by("row")
