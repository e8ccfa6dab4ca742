"""Noise: a generated text typed as people type, so that synthetic inputs are no cleaner than real ones.

Each kind makes one trait of `traits`, in a share of the samples that is set, or in the proportions of the real seeds:
then a sample is given the traits of one of them, drawn by its own id, and so traits occur together as they do there.
What is done follows from the sample alone, whatever block it is in.

The answer's values, dates, amounts, numbers and abbreviations are never touched, and a kind after which the text would
say another date or amount, or fail the task's own checks, is taken back. What is added is an aside of the task's own
file, and none that holds a value of the answer.
"""

import json
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from pipeline.canonical import canonical_json, content_hash
from pipeline.generate.asides import ROLE, read_asides, usable
from pipeline.generate.gold import facts, gold_spans
from pipeline.generate.noise_kinds import KINDS, Kind, applied, several_requests
from pipeline.generate.traits import traits_of
from pipeline.records import SAMPLE
from pipeline.stage import Stage, Step
from pipeline.tasks.task import RAISED, Task, TaskSource, load_task

READS = ("sample_id", "stratum", "text", "answer", "cell", "reason")
WRITES = ("text", "cell", "raw")
SEVERAL = "several_requests"
_TRAIT = {"typos": "misspelt"}
"""The trait that a kind makes, where it has another name."""


def noisy(
    task: Task, text: str, answer: dict[str, Any], kinds: Iterable[str], identity: str, asides: Sequence[str] = ()
) -> tuple[str, list[str]]:
    """The text with noise of these kinds, and the kinds of which something is left to see.

    A kind that would change what `facts` reads or what the task's verifier says is taken back.
    """
    if not (kinds := list(kinds)):
        return text, []
    before, passed = facts(task, answer, text), _verdict(task, text, answer)
    makers: dict[str, Kind] = {**KINDS, SEVERAL: partial(several_requests, usable(asides, answer))}
    done: list[str] = []
    for kind in kinds:
        changes = makers[kind](text, gold_spans(text, answer), random.Random(content_hash([identity, kind])))
        changed = applied(text, changes)
        if changed == text or not changed.strip():
            continue
        if facts(task, answer, changed) == before and _verdict(task, changed, answer) == passed:
            text, done = changed, [*done, kind]
    return text, done


def _verdict(task: Task, text: str, answer: dict[str, Any]) -> str | None:
    """What the task's verifier says of it; an answer that it cannot read is the verifier stage's matter."""
    if task.verify is None:
        return None
    try:
        return task.verify(text, answer)
    except RAISED as error:
        return type(error).__name__


def noise_stages(source: TaskSource, seeds: pa.Table) -> list[Stage]:
    """The stage that makes noise, or none where none is set. `seeds` (SEED rows) are measured where the settings ask.

    What a text was before stays in `raw`, and the cell says under `noise` what was done.
    """
    wanted = source.settings.generation.noise
    if wanted is None:
        return []
    profiles = _profiles(seeds) if wanted == "measured" else {}
    shares = {} if wanted == "measured" else dict(wanted)
    return [Stage("noise", READS, WRITES, partial(_load, source, profiles, shares))]


def without_asides(source: TaskSource, seeds: pa.Table) -> str | None:
    """What is to be said where noise is `measured` on seeds that ask for several things, and there is no file of
    requests to add.
    """
    if source.settings.generation.noise != "measured" or ROLE in source.texts:
        return None
    asking = sum(SEVERAL in traits_of(text) for text in seeds["text"].to_pylist())
    said = f"{asking:,} of {seeds.num_rows:,} seeds ask for several things, and no sample is made to"
    return f"{said}: generation.asides names no file of requests to add" if asking else None


def _profiles(seeds: pa.Table) -> dict[str, list[list[str]]]:
    """The kinds of noise that would make each seed what it is, by stratum; under "" those of all seeds."""
    found: dict[str, list[list[str]]] = {}
    for stratum, text in zip(seeds["stratum"].to_pylist(), seeds["text"].to_pylist(), strict=True):
        traits = traits_of(text)
        kinds = [kind for kind in KINDS if _TRAIT.get(kind, kind) in traits]
        for name in {stratum or "", ""}:
            found.setdefault(name, []).append(kinds)
    return found


def _load(source: TaskSource, profiles: Mapping[str, list[list[str]]], shares: Mapping[str, float]) -> Step:
    task = load_task(source)
    asides = read_asides(task)

    def step(table: pa.Table) -> pa.Table:
        columns = {name: table[name].to_pylist() for name in WRITES}
        for at, row in enumerate(table.select(READS).to_pylist()):
            if row["reason"] is not None:
                continue
            kinds = drawn(row["sample_id"], profiles.get(row["stratum"] or "", profiles.get("", [])), shares)
            text, done = noisy(task, row["text"], json.loads(row["answer"]), kinds, row["sample_id"], asides)
            if done:
                columns["raw"][at], columns["text"][at] = row["text"], text
                columns["cell"][at] = canonical_json({**json.loads(row["cell"]), "noise": "+".join(done)})
        for name, values in columns.items():
            field = SAMPLE.field(name)
            table = table.set_column(table.column_names.index(name), field, pa.array(values, field.type))
        return table

    return step


def noise_counts(samples: pa.Table) -> dict[str, int]:
    """In how many SAMPLE rows each kind was made; empty where none was."""
    tags = (json.loads(cell).get("noise", "") for cell in samples["cell"].to_pylist())
    return dict(Counter(kind for tag in tags for kind in tag.split("+") if kind))


def drawn(sample_id: str, profiles: list[list[str]], shares: Mapping[str, float]) -> list[str]:
    """The kinds of noise that a sample gets: those of one of the profiles, or each by its own share."""
    if profiles:
        return profiles[int(_point([sample_id, "profile"]) * len(profiles))]
    return [kind for kind in KINDS if _point([sample_id, kind]) < shares.get(kind, 0.0)]


def _point(identity: list[str]) -> float:
    """A number from 0 up to 1 that the identity alone decides."""
    return int(content_hash(identity)[:13], 16) / 16**13
