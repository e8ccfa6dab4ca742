"""The stage `curate`: replies to a clean training set, rejected samples kept aside, a funnel that adds up."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.asking import PAID
from jobs.console import funnel_table, say
from jobs.dataset import SPLITS, write_dataset
from jobs.embedding import find_encoders
from jobs.passes import later_replies
from jobs.refill import Judged, judged_with_refills
from jobs.rephrased import Rephrased
from jobs.run import Job, Run
from jobs.second_look import kept_tags, looked_over
from jobs.semantic import Meaning
from pipeline.canonical import content_hash
from pipeline.curate.confidence import confidence_figures, told
from pipeline.curate.decontaminate import Cuts, contamination, ngram_rows
from pipeline.curate.dedup import DedupSettings, find_duplicates
from pipeline.curate.duplicates import COLUMNS, RANK, SCORE, conflict_of, duplicate_verdicts
from pipeline.curate.embedding_tier import Texts
from pipeline.curate.exam import Exam
from pipeline.curate.filters import filter_stages
from pipeline.curate.funnel import funnel
from pipeline.curate.judging import TEMPLATE, ranks
from pipeline.curate.leaks import exam_of, leak_verdicts
from pipeline.curate.quality import quality_stage
from pipeline.curate.samples import join_replies, parse_stage
from pipeline.curate.settling import left_out
from pipeline.curate.sweep import nearest, sweep
from pipeline.curate.tags import counted
from pipeline.curate.verdicts import apply, unmarked
from pipeline.errors import GateStop
from pipeline.generate.noise import noise_counts, noise_stages
from pipeline.run_dir import clear, write_json, write_parquet
from pipeline.seeds.sources import SETS
from pipeline.teacher.ledger import answers

FILTERS = ("generate", "parse", "confidence", "schema", "verbatim", "grounding", "verifier", "quality")
STAGES = (*FILTERS, "dedup", "contamination")
ROUND = Path("rounds/1")
FUNNEL = ROUND / "funnel.json"
TAUGHT = ["sample_id", "prompt", "completion"]
"""What a student is made of: a prompt that changed, or a sample that changed sides, makes another student."""


ENCODED = ("dedup", "contamination")
"""Sections that name an embedding model, whose files count and not where they lie."""


def shape(run: Run) -> Any:
    shaping = run.settings.shaping()
    return [
        {
            key: shaping[key]
            for key in (
                "name",
                "teacher",
                "filters",
                "judge",
                "consistency",
                "split",
                "demonstration",
            )
        },
        {key: shaping["generation"][key] for key in ("starved", "refills", "noise")},
        {name: {key: value for key, value in shaping[name].items() if key != "embedding"} for name in ENCODED},
        content_hash(TEMPLATE.read_text(encoding="utf-8")) if run.settings.judge else None,
        run.source.fingerprint(run.source.texts),
        {name: encoder.fingerprint for name, encoder in find_encoders(run.settings).items()},
    ]


def work(run: Run) -> dict[str, Any]:
    place = run.dir.path
    for old in ("dataset", ROUND / "samples", ROUND / "rejected", ROUND / "sweep.json", FUNNEL):
        clear(place / old)
    found = judged_with_refills(run, lambda requests: judged(run, requests))
    samples, looks, contaminated = found.samples, found.figures["looks"], found.figures["contamination"]
    entries, confidence = funnel(samples, stages(run)), predicted(run, samples)
    is_kept = pc.is_null(samples["reason"])
    kept = samples.filter(is_kept)
    write_parquet(place / ROUND / "samples" / "part-0.parquet", kept)
    write_parquet(place / ROUND / "rejected" / "part-0.parquet", samples.filter(pc.invert(is_kept)))
    write_json(place / FUNNEL, entries)
    if not kept.num_rows:
        raise GateStop(
            f"{place}: no sample is left for training:\n{funnel_table(entries)}\nThe funnel is kept in "
            f"{place / FUNNEL}. Read {place / ROUND / 'rejected'}, mend the prompt or the teacher, and run again; a "
            "teacher that was mended under the same model is asked again, and paid again, with --retry-failed only"
        )
    paid = [*found.refills, *(look["cost"] for look in looks.values())]
    splits = write_dataset(run, kept, entries, contaminated)
    return {
        "funnel": entries,
        **looks,
        "confidence": confidence,
        "tags": counted(kept_tags(samples)),
        "contamination": contaminated,
        "splits": {name: rows.num_rows for name, rows in splits.items()},
        "attrition": found.attrition,
        "refills": found.refills,
        **{name: sum(one[name] for one in paid) for name in PAID if paid},
        "noise": noise_counts(samples),
        "output": content_hash({name: rows.select(TAUGHT).to_pydict() for name, rows in splits.items()}),
        "summary": f"{kept.num_rows:,} of {samples.num_rows:,} kept{wanted(run, kept.num_rows)}",
    }


def wanted(run: Run, kept: int) -> str:
    target = run.settings.generation.target
    if target is None or kept >= target:
        return ""
    return f", fewer than the {target:,} wanted (generation.target); raise generation.samples, what is answered is kept"


def stages(run: Run) -> list[str]:
    """The stages of this run, in their order."""
    looks = [name for name in ("judge", "consistency") if getattr(run.settings, name)]
    return [*FILTERS, *looks, "dedup", "contamination"]


def judged(run: Run, requests: pa.Table) -> Judged:
    """The samples that were asked for with every verdict, and what they were compared with."""
    samples, looks = looked_over(run, filtered(run, requests))
    samples, contaminated = decontaminated(run, deduplicated(run, samples))
    return samples, {"looks": looks, "contamination": contaminated}


def filtered(run: Run, requests: pa.Table) -> pa.Table:
    """All samples that were asked for, parsed and through the filters."""
    replies = answers(run.dir.path / "ledger", set(requests["key"].to_pylist()))
    joined = join_replies(requests, replies, list(later_replies(run)))
    teacher, seeds = run.settings.teacher, run.dir.table("inputs/seeds.parquet")
    stages = [
        parse_stage(teacher.max_tokens, teacher.model),
        *noise_stages(run.source, seeds),
        *filter_stages(run.source, seeds),
        quality_stage(run.source, seeds),
    ]
    return run.through(joined, stages)


def predicted(run: Run, samples: pa.Table) -> dict[str, Any]:
    """How well confidence predicts the filters after it, which are asked about what it took for this figure alone."""
    first, *others = filter_stages(run.source, run.dir.table("inputs/seeds.parquet"))
    is_low = pc.equal(samples["stage"], first.name).fill_null(False)
    low, reached = samples.filter(is_low), {None, *stages(run)[FILTERS.index(first.name) :]}
    again = run.through(unmarked(low), others)["reason"].to_pylist()
    rest = samples.filter(pc.invert(is_low)).select(["confidence", "stage"]).to_pylist()
    seen = [(row["confidence"], row["stage"]) for row in rest if row["stage"] in reached]
    names = {stage.name for stage in others}
    found = confidence_figures(
        run.settings.filters.confidence,
        [*low["confidence"].to_pylist(), *(value for value, _ in seen)],
        [*(reason is not None for reason in again), *(stage in names for _, stage in seen)],
    )
    say(f"  confidence: {told(found)}")
    return found


def deduplicated(run: Run, samples: pa.Table) -> pa.Table:
    kept = pc.is_null(samples["reason"])
    candidates = samples.filter(kept)
    scores = pa.array(ranks(candidates["judged"].to_pylist()), pa.float64())
    table = candidates.select(COLUMNS).append_column(SCORE, scores)
    question: dict[str, Any] = {"id": "sample_id", "rank": RANK, "conflict": conflict_of(run.source)}
    settings, spread = run.settings.dedup, run.distributes(len(table))
    lexical = partial(
        _lexical(run, spread), text="text", settings=DedupSettings(settings.threshold, settings.shingle), **question
    )
    if encoder := find_encoders(run.settings).get("dedup"):
        tier, again = Meaning(encoder, settings.cosine, on_ray=spread), partial(lexical, fixed="stays")
        found = tier.verdicts(table, again, **question, fixed=None)
    else:
        found = lexical(table)
    if (pairs := left_out(found)["pairs_not_compared"]) > 0:
        say(f"  dedup: too many samples resemble each other; at most {pairs:,} pairs were not compared")
    return _spread(samples, kept, "dedup", duplicate_verdicts(found))


def _lexical(run: Run, spread: bool) -> Callable[..., pa.Table]:
    """The same question answered by shards of the cluster or here."""
    if not spread:
        return find_duplicates
    from cluster.shards import dedup_on_ray

    return partial(dedup_on_ray, shards=run.settings.cluster.shards)


def decontaminated(run: Run, samples: pa.Table) -> tuple[pa.Table, dict[str, Any]]:
    """The samples with verdicts, and what was compared; writes the sweep over the cuts with pairs to read."""
    settings = run.settings.contamination
    real = {name: run.dir.table(f"inputs/{name}.parquet").select(["item_id", "text"]) for name in SETS}
    kept = pc.is_null(samples["reason"])
    candidates = samples.filter(kept)
    exam = exam_of(real, settings)
    cuts_for = Cuts(settings.cut, settings.containment, bool(settings.ngram))
    checked = run.through(candidates.select(["text"]), [contamination(exam, cuts_for)])
    ids, texts = candidates["sample_id"].to_pylist(), candidates["text"].to_pylist()
    checked, rephrased = _rephrased(run, checked, Texts(ids, texts), exam)
    cuts = sweep(checked, ids=ids, texts=texts, exam=exam)
    say("  contamination sweep: " + ", ".join(f"{step['cut']:.2f}: {step['removed']}" for step in cuts))
    figures = {
        "samples": candidates.num_rows,
        "items": {name: table.num_rows for name, table in real.items()},
        "removed_at": {f"{step['cut']:.2f}": step["removed"] for step in cuts},
        "ngram": {"words": exam.ngrams[0].size, "shared": ngram_rows(checked), "removed": bool(settings.ngram)},
        "nearest": nearest(checked, ids=ids, texts=texts, exam=exam),
        "embedding": rephrased,
        "not_checked": unchecked(rephrased) | {"items_too_short_for_containment": exam.too_short},
    }
    write_json(run.dir.path / ROUND / "sweep.json", cuts)
    return _spread(samples, kept, "contamination", leak_verdicts(checked)), figures


def _rephrased(run: Run, checked: pa.Table, samples: Texts, exam: Exam) -> tuple[pa.Table, dict[str, Any] | None]:
    """The verdicts with those of the embedding tier, and its figures, where a model is set. The seeds are its control,
    and those that come suspiciously near to the exam themselves are named.
    """
    encoder = find_encoders(run.settings).get("contamination")
    if encoder is None:
        say("  rephrased real rows are not looked for (contamination.embedding is not set)")
        return checked, None
    tier = Rephrased(encoder, run.settings.contamination.false_alarm, "seeds", on_ray=run.distributes(len(checked)))
    seeds = run.dir.table("inputs/seeds.parquet")
    control = Texts(seeds["seed_id"].to_pylist(), seeds["text"].to_pylist())
    checked = tier.checked(checked, samples.ids, samples.texts, control, exam)
    for sentence in tier.figures["says"]:
        say(f"  {sentence}")
    return checked, tier.figures


def unchecked(rephrased: dict[str, Any] | None) -> dict[str, str]:
    """What a reader must not take for clean."""
    if rephrased is None:
        return {"embedding": "no embedding model is set"}
    if rephrased["verdict"] == "separable":
        return {}
    probes = rephrased["probes"]
    if not probes["rows"]:
        return {
            "embedding": "looked for, but no real row is long enough to say whether leaks can be told from neighbours"
        }
    found = f"{probes['found']:,} of {probes['rows']:,} probes found"
    return {"embedding": f"looked for, but leaks cannot be told from neighbours ({found})"}


def _spread(samples: pa.Table, kept: pa.ChunkedArray, stage: str, rejections: list[Any]) -> pa.Table:
    """Verdicts on the kept rows, laid over all rows."""
    found = iter(rejections)
    return apply(samples, stage, [next(found) if keep else None for keep in kept.to_pylist()])


DATASET = tuple(
    f"dataset/{name}" for name in ("README.md", *(f"{s}.{k}" for s in SPLITS for k in ("parquet", "jsonl")))
)
FILES = (*DATASET, str(ROUND / "samples/part-0.parquet"), str(ROUND / "rejected/part-0.parquet"))
JOB = Job("curate", ("check", "plan", "generate"), FILES, shape, work)
