"""The `dedup` command: exact and near-duplicates out of any file, the first row of each kind stays."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.console import say as to_stderr
from jobs.console import step_progress
from jobs.semantic import SEMANTIC, Meaning, chosen_encoder
from jobs.standalone import counts, folder_for, read_whole, timed, write_parts

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.curate.dedup import DedupSettings

COLUMNS = ("row", "reason", "twin_row", "twin_source", "similarity")
BYTES_A_SECOND, ROWS_A_SECOND = 125e6, 800e3
"""What one core compares: 20,000 texts of 1,300 bytes in 0.2 s, 300,000 of 70 bytes in 0.5 s."""
RAY_COSTS_S = 15
"""What Ray takes on top, to start itself, its workers and its shards and to hand over the texts."""
SAMPLE = 2_000
"""Texts that are cut to see whether the shingle fits them."""


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
    embed: str | None = None,
    embed_threshold: float = 0.92,
    say: Callable[[str], None] = to_stderr,
) -> dict[str, Any]:
    """Writes kept.parquet, removed.parquet and summary.json into `out`, and gives the summary.

    `out` is by default the folder <source>-dedup here. Rows are visited in their order, so the first of several
    duplicates stays. With `embed`, an embedding model, rows that mean the same go too (`semantic`, by the cosine
    `embed_threshold`). With `against`, a row that repeats one of that file goes too, and `twin_source` says in which of
    the two files `twin_row` counts. Where that saves time (`ray_pays`), or with an address, the work is done through
    Ray, with the same result.

    Raises InputError for settings out of range, a missing column, and rows without text or unreadable, before anything
    is written.
    """
    from pipeline.curate.dedup import DedupSettings
    from pipeline.curate.settling import EXACT, NEAR
    from pipeline.run_dir import write_json

    settings = DedupSettings(threshold, shingle)
    encoder = chosen_encoder(embed, embed_threshold)
    source, against = Path(source), Path(against) if against else None
    folder = folder_for(source, Path(out) if out else None, "dedup", against)
    seconds: dict[str, float] = {}
    with timed(seconds, "read"):
        rows = read_whole(source, text, reserved=COLUMNS).table
        existing = read_whole(against, text).table if against else rows.slice(0, 0)
    meaning = Meaning(encoder, embed_threshold, address) if encoder else None
    with timed(seconds, "compare"):
        found = _removals(_numbered(rows, existing, text), len(rows), settings, address, shards, meaning)
    with timed(seconds, "write"):
        write_parts(folder, rows, found)
    notes = [*_unfit(rows[text], settings), *_bounded(found)]
    summary = {
        "rows": len(rows),
        "kept": found["reason"].null_count,
        "removed": counts(found, (EXACT, NEAR, *([SEMANTIC] if meaning else []))),
        "threshold": settings.threshold,
        "shingle": settings.shingle,
        "bands": _bands(settings),
        "semantic": meaning.figures() if meaning else None,
        "against": {"file": str(against), "rows": len(existing)} if against else None,
        "notes": notes,
        "out": str(folder),
        "seconds": seconds,
    }
    write_json(folder / "summary.json", summary)
    say("\n".join([_line(summary), *notes]))
    return summary


def _numbered(rows: "pa.Table", existing: "pa.Table", text: str) -> "pa.Table":
    """One table of both: the rows of the input count from 0, the existing ones go on after them and always stay."""
    import numpy as np
    import pyarrow as pa

    texts = [chunk.cast(pa.large_string()) for table in (rows, existing) for chunk in table[text].chunks]
    numbers = np.arange(len(rows) + len(existing))
    columns = {"row": numbers, "text": pa.chunked_array(texts, pa.large_string()), "stays": numbers >= len(rows)}
    return pa.table(columns)


def _removals(
    table: "pa.Table",
    own: int,
    settings: "DedupSettings",
    address: str | None,
    shards: int,
    meaning: "Meaning | None",
) -> "pa.Table":
    """The columns of removed.parquet for the first `own` rows of the table, which are those of the input."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lexical = partial(_verdicts, settings=settings, address=address, shards=shards)
    found = (meaning.verdicts(table, lexical) if meaning else lexical(table)).slice(0, own)
    twins = found["twin_id"]
    new = pc.less(twins, own)
    return pa.table(
        {
            "reason": found["reason"],
            "twin_row": pc.if_else(new, twins, pc.subtract(twins, own)),
            "twin_source": pc.if_else(new, "input", "against"),
            "similarity": found["similarity"],
        }
    ).replace_schema_metadata(found.schema.metadata)


def _verdicts(table: "pa.Table", settings: "DedupSettings", address: str | None, shards: int) -> "pa.Table":
    if address is None and not ray_pays(len(table), table["text"].nbytes, len(os.sched_getaffinity(0))):
        from pipeline.curate.dedup import find_duplicates

        with step_progress() as watch:
            return find_duplicates(table, id="row", text="text", settings=settings, fixed="stays", watch=watch)
    from cluster.session import session
    from cluster.shards import dedup_on_ray

    with session(address), step_progress() as watch:
        return dedup_on_ray(table, id="row", text="text", settings=settings, fixed="stays", shards=shards, watch=watch)


def ray_pays(rows: int, size: int, cores: int) -> bool:
    """Whether so many texts of together `size` bytes are compared sooner through Ray: what its cores save is more than
    what it costs.

    >>> ray_pays(26_000, 26_000 * 70, 2), ray_pays(300_000, 300_000 * 750, 2), ray_pays(10**7, 10**10, 8)
    (False, False, True)
    """
    return (size / BYTES_A_SECOND + rows / ROWS_A_SECOND) * (1 - 1 / cores) > RAY_COSTS_S


def _unfit(texts: "pa.ChunkedArray", settings: "DedupSettings") -> list[str]:
    """A word where most texts are one shingle, whole: they are then near-duplicates only if all their words agree."""
    import numpy as np

    from pipeline.curate.shingles import ShingleRuns, Shingling

    shingling = Shingling.parse(settings.shingle)
    sample = texts.take(np.arange(0, len(texts), max(len(texts) // SAMPLE, 1)))
    sizes = ShingleRuns.of(sample, shingling).sizes
    whole = int((sizes == 1).sum())
    if 2 * whole <= len(sizes):
        return []
    return [
        f"{whole:,} of {len(sizes):,} texts looked at are one single {shingling} shingle, being short or of a script "
        "without blanks: such texts are near-duplicates only of their equals; --shingle char:5 compares them by letters"
    ]


def _bounded(found: "pa.Table") -> list[str]:
    """A word where a bound was met."""
    from pipeline.curate.settling import left_out
    from pipeline.curate.twins import MOST_COMPARED

    pairs, rows = left_out(found).values()
    if not pairs:
        return []
    return [
        f"{rows:,} rows had more than {MOST_COMPARED:,} candidates each and were compared with so many, those with the "
        f"rarest parts in common first: at most {pairs:,} pairs were not compared, and a duplicate may be left"
    ]


def _bands(settings: "DedupSettings") -> dict[str, Any]:
    bands = settings.bands
    return {"count": bands.count, "rows": bands.rows, "miss_at_threshold": bands.miss(settings.threshold)}


def _line(summary: dict[str, Any]) -> str:
    removed = ", ".join(f"{count:,} {reason}" for reason, count in summary["removed"].items())
    cosine = f", cosine {summary['semantic']['cosine']} or more" if summary["semantic"] else ""
    return (
        f"{summary['rows']:,} rows: {summary['kept']:,} kept; removed: {removed} "
        f"(Jaccard {summary['threshold']} or more, {summary['shingle']}{cosine}); {summary['out']}"
    )
