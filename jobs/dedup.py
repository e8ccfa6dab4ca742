"""The `dedup` command: exact and near-duplicates out of any file, the first row of each kind stays."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.console import say as to_stderr
from jobs.standalone import RAY_FROM, counts, folder_for, read_whole, timed, write_parts

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.curate.dedup import DedupSettings

COLUMNS = ("row", "reason", "twin_row", "twin_source", "similarity")


def run(
    source: Path | str,
    *,
    text: str,
    threshold: float = 0.8,
    shingle: str = "word:5",
    against: Path | str | None = None,
    out: Path | str | None = None,
    address: str | None = None,
    shards: int = 2,
    say: Callable[[str], None] = to_stderr,
) -> dict[str, Any]:
    """Writes kept.parquet, removed.parquet and summary.json into `out`, and gives the summary.

    `out` is by default the folder <source>-dedup here. Rows are visited in their order, so the first of several
    duplicates stays. With `against`, a row that repeats one of that file goes too, and `twin_source` says in which of
    the two files `twin_row` counts. From 20,000 rows on, or with an address, the work is done through Ray, with the
    same result.

    Raises InputError for settings out of range, a missing column, and rows without text or unreadable, before anything
    is written.
    """
    from pipeline.curate.dedup import EXACT, NEAR, DedupSettings
    from pipeline.run_dir import write_json

    settings = DedupSettings(threshold, shingle)
    source, against = Path(source), Path(against) if against else None
    folder = folder_for(source, Path(out) if out else None, "dedup", against)
    seconds: dict[str, float] = {}
    with timed(seconds, "read"):
        rows = read_whole(source, text, reserved=COLUMNS).table
        existing = read_whole(against, text).table if against else rows.slice(0, 0)
    with timed(seconds, "compare"):
        found = _removals(_numbered(rows, existing, text), len(rows), settings, address, shards)
    with timed(seconds, "write"):
        write_parts(folder, rows, found)
    summary = {
        "rows": len(rows),
        "kept": found["reason"].null_count,
        "removed": counts(found, (EXACT, NEAR)),
        "threshold": settings.threshold,
        "shingle": settings.shingle,
        "bands": _bands(settings),
        "against": {"file": str(against), "rows": len(existing)} if against else None,
        "out": str(folder),
        "seconds": seconds,
    }
    write_json(folder / "summary.json", summary)
    say(_line(summary))
    return summary


def _numbered(rows: "pa.Table", existing: "pa.Table", text: str) -> "pa.Table":
    """One table of both: the rows of the input count from 0, the existing ones go on after them and always stay."""
    import numpy as np
    import pyarrow as pa

    texts = [chunk.cast(pa.large_string()) for table in (rows, existing) for chunk in table[text].chunks]
    numbers = np.arange(len(rows) + len(existing))
    columns = {"row": numbers, "text": pa.chunked_array(texts, pa.large_string()), "stays": numbers >= len(rows)}
    return pa.table(columns)


def _removals(table: "pa.Table", own: int, settings: "DedupSettings", address: str | None, shards: int) -> "pa.Table":
    """The columns of removed.parquet for the first `own` rows of the table, which are those of the input."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = _verdicts(table, settings, address, shards).slice(0, own)
    twins = found["twin_id"]
    new = pc.less(twins, own)
    return pa.table(
        {
            "reason": found["reason"],
            "twin_row": pc.if_else(new, twins, pc.subtract(twins, own)),
            "twin_source": pc.if_else(new, "input", "against"),
            "similarity": found["similarity"],
        }
    )


def _verdicts(table: "pa.Table", settings: "DedupSettings", address: str | None, shards: int) -> "pa.Table":
    if address is None and len(table) < RAY_FROM:
        from pipeline.curate.dedup import find_duplicates

        return find_duplicates(table, id="row", text="text", settings=settings, fixed="stays")
    from cluster.session import session
    from cluster.shards import dedup_on_ray

    with session(address):
        return dedup_on_ray(table, id="row", text="text", settings=settings, fixed="stays", shards=shards)


def _bands(settings: "DedupSettings") -> dict[str, Any]:
    bands = settings.bands
    return {"count": bands.count, "rows": bands.rows, "miss_at_threshold": bands.miss(settings.threshold)}


def _line(summary: dict[str, Any]) -> str:
    removed = ", ".join(f"{count:,} {reason}" for reason, count in summary["removed"].items())
    return (
        f"{summary['rows']:,} rows: {summary['kept']:,} kept; removed: {removed} "
        f"(Jaccard {summary['threshold']} or more, {summary['shingle']}); {summary['out']}"
    )
