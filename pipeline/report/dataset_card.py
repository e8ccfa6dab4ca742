"""The dataset card: what is in dataset/, how it was made, and what it may be used for; its header makes `load_dataset`
work.
"""

from collections.abc import Mapping
from typing import Any

import yaml

from pipeline.config import Settings

HEADER: dict[str, Any] = {
    "configs": [
        {
            "config_name": "default",
            "data_files": [
                {"split": "train", "path": "train.parquet"},
                {"split": "validation", "path": "validation.parquet"},
            ],
        }
    ],
    "tags": ["synthetic", "seedwright"],
    "task_categories": ["text-generation"],
}


def dataset_card(
    settings: Settings,
    splits: Mapping[str, int],
    funnel: list[dict[str, Any]],
    contaminated: Mapping[str, Any],
    demonstration: bool,
) -> str:
    """The card as Markdown. A split without rows is not listed, since loaders refuse an empty file."""
    header = {**HEADER, "configs": [_config(splits)]}
    removed = "\n".join(
        f"| {entry['stage']} | {entry['in']:,} | {_reasons(entry['rejected'])} | {entry['kept']:,} |"
        for entry in funnel
    )
    parts = [
        f"---\n{yaml.safe_dump(header, sort_keys=False)}---",
        f"# {settings.name}: synthetic training set",
        _origin(settings, demonstration),
        "## Splits\n\n" + "\n".join(f"- `{name}`: {count:,} rows" for name, count in splits.items()),
        "All samples of one seed are in the same split. Columns: `prompt` and `completion` (chat messages), "
        "`sample_id`, `seed_id`, "
        "`cell` (the generation matrix cell, as JSON), `teacher`, `round`, `source`.",
        f"## How it was filtered{_second_look(settings)}\n\n"
        f"| stage | in | rejected | kept |\n|---|---:|---|---:|\n{removed}",
        _contamination(settings, contaminated),
        "## Limits\n\nAnswers are the teacher's, checked by the filters above and not by people. Before "
        "publishing or training, check "
        "that your provider's terms allow it for your purpose.",
    ]
    return "\n\n".join(parts) + "\n"


def _config(splits: Mapping[str, int]) -> dict[str, Any]:
    listed = HEADER["configs"][0]
    return {**listed, "data_files": [file for file in listed["data_files"] if splits.get(file["split"])]}


def _origin(settings: Settings, demonstration: bool) -> str:
    teacher = settings.teacher
    origin = f"Written by `{teacher.model}` (family: {teacher.family}) from seed examples used as references of style."
    if teacher.base_url == "simulated":
        origin += (
            " That is seedwright's built-in simulated teacher, a grammar and no language model: this set "
            "is for trying the software."
        )
    if demonstration:
        origin += " The task is a demonstration: its real rows were constructed, so results on them are no evidence."
    return origin


def _second_look(settings: Settings) -> str:
    judge, again = settings.judge, settings.consistency
    told = []
    if judge:
        told.append(f"Kept samples were scored by `{judge.model}` (family: {judge.family}).")
        told += [f"It is of the teacher's family; the reason given: {judge.same_family}"] if judge.same_family else []
    if again:
        told.append(f"The teacher labelled {again.share:.0%} of them again, {again.k} times.")
    return f"\n\n{' '.join(told)}" if told else ""


def _reasons(rejected: Mapping[str, int]) -> str:
    return ", ".join(f"{reason} {count:,}" for reason, count in rejected.items()) or "-"


def _contamination(settings: Settings, contaminated: Mapping[str, Any]) -> str:
    rows = "\n".join(f"| {cut} | {removed:,} |" for cut, removed in contaminated["removed_at"].items())
    chosen = settings.contamination
    return (
        "## Contamination against the evaluation sets\n\nSamples whose Jaccard similarity (word 5-grams by "
        "default) to any real row "
        f"reaches a cut; rows at or above {chosen.cut:g}, or holding {chosen.containment:.0%} of a real row's "
        f"shingles, were removed. "
        f"{_rephrasings(contaminated)}\n\n"
        f"| cut | would remove |\n|---:|---:|\n{rows}"
    )


def _rephrasings(contaminated: Mapping[str, Any]) -> str:
    found = contaminated.get("embedding")
    if not found:
        return "Rephrasings are not checked (no embedding model is set)."
    return (
        f"Rephrasings were looked for by the embedding model `{found['model']}`, from the cosine {found['cut']:.4f} "
        f"on. {' '.join(found['says'])}"
    )
