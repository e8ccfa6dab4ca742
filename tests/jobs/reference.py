"""The reference funnel's material: 80 seeds, 200 real items, and which of 4,800 requests goes wrong in which way.

Seeds and fillers are built from words, dates and amounts that the simulated teacher never uses, so nothing is rejected
by accident.
"""

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.canonical import content_hash
from pipeline.config import Settings
from pipeline.curate.shingles import Shingling
from pipeline.generate.plan import plan_requests
from pipeline.layers import load_settings
from pipeline.tasks.task import load_task, read_source
from pipeline.teacher.simulated.grammar import draft
from pipeline.teacher.simulated.prompt import DraftPrompt, read_prompt

LOW_CONFIDENCE, SCHEMA, NEAR, CONTAMINATED = 312, 89, 203, 138
SYLLABLES = (
    "bra",
    "cli",
    "dro",
    "fen",
    "gar",
    "hul",
    "jin",
    "kel",
    "lom",
    "mar",
    "nop",
    "pir",
    "quo",
    "ral",
    "sut",
    "tev",
)
SHINGLES = Shingling.parse("word:5")


@dataclass(frozen=True)
class Reference:
    """The settings, the server's fault plan by body hash, and the sample ids that each fault was planted on."""

    settings: Settings
    plan: dict[str, dict[str, Any]]
    planted: dict[str, set[str]]


def word(rng: random.Random) -> str:
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 3)))


def words(rng: random.Random, count: int) -> str:
    return " ".join(word(rng) for _ in range(count))


def jaccard(one: str, other: str) -> float:
    left, right = (set(SHINGLES.hashes(text).tolist()) for text in (one, other))
    return len(left & right) / len(left | right)


def make_reference(folder: Path, **sets: str) -> Reference:
    rng = random.Random(20)
    write(folder / "seeds.jsonl", [seed(number, rng) for number in range(80)])
    items = real_items(rng)
    for name, rows in (("calibration", items[:50]), ("dev", items[50:100]), ("final", items[100:])):
        write(folder / f"{name}.jsonl", rows)
    pairs = [f"seeds.path={folder / 'seeds.jsonl'}", "generation.samples=15", "seeds.strata=[contract_type]"]
    pairs += [f"real.{name}={folder / name}.jsonl" for name in ("calibration", "dev", "final")]
    settings = load_settings("contracts", None, [*pairs, *(f"{key}={value}" for key, value in sets.items())])[0]
    return plant(settings, items, rng)


def seed(number: int, rng: random.Random) -> dict[str, Any]:
    parties = [f"{word(rng).title()} {word(rng).title()} Fyl", f"{word(rng).title()} {word(rng).title()} Oyk"]
    amount, day = 1_000_003 + number * 7, f"19{60 + number % 30}-02-{1 + number % 27:02}"
    named = f"{words(rng, 20)} {parties[0]} {words(rng, 9)} {parties[1]}"
    text = f"{named} {day} {words(rng, 12)} USD {amount} {words(rng, 20)}"
    answer = {"parties": parties, "effective_date": day, "termination_clause_type": None, "governing_law": None}
    answer["payment_amount"] = {"amount": amount, "currency": "USD"}
    kinds = ("NDA", "SaaS", "services", "employment")
    return {"id": f"seed-{number}", "text": text, "answer": answer, "contract_type": kinds[number % 4]}


def real_items(rng: random.Random) -> list[dict[str, Any]]:
    """Texts with true answers: drafts for prompts that the run does not ask."""
    items = []
    for number in range(200):
        cell = f"<cell>\nomits: nothing\n</cell>\n<variation>{number + 1} of 200</variation>"
        made = draft(draft_prompt(f"{cell}\n<style_reference>\n{words(rng, 30)}\n</style_reference>"))
        provenance = {"label_source": "constructed", "labelled_by": "the test", "labelled_at": "2026-01-01"}
        items.append(
            {
                "id": f"item-{number}",
                "document_id": f"doc-{number}",
                "text": made.text,
                "answer": made.answer,
                **provenance,
            }
        )
    return items


def draft_prompt(user_text: str) -> DraftPrompt:
    prompt = read_prompt(user_text)
    assert isinstance(prompt, DraftPrompt)
    return prompt


def plant(settings: Settings, items: list[dict[str, Any]], rng: random.Random) -> Reference:
    task = load_task(read_source(settings))
    requests = plan_requests(task, seeds_of(settings)).to_pylist()
    assert len(requests) == 4800
    order = rng.sample(requests, len(requests))
    parts = {}
    for name, count in (
        ("low_confidence", LOW_CONFIDENCE),
        ("schema_violation", SCHEMA),
        ("near", NEAR),
        ("contaminated", CONTAMINATED),
    ):
        parts[name], order = order[:count], order[count:]
    originals = {row["sample_id"]: original for row, original in zip(parts["near"], order, strict=False)}
    copies = dict(
        zip((row["sample_id"] for row in parts["contaminated"]), rng.sample(items, CONTAMINATED), strict=True)
    )
    plan = {}
    for name, rows in parts.items():
        for row in rows:
            entry: dict[str, Any] = {"fault": name}
            if name == "near":
                entry = {"fault": "near_duplicate", "of": user_text(originals[row["sample_id"]])}
            elif name == "contaminated":
                item = copies[row["sample_id"]]
                entry = {
                    "fault": "draft",
                    "text": near_copy(item["text"], rng),
                    "answer": item["answer"],
                    "confidence": 0.95,
                }
            plan[content_hash(json.loads(row["params"]))] = entry
    return Reference(settings, plan, {name: {row["sample_id"] for row in rows} for name, rows in parts.items()})


def near_copy(text: str, rng: random.Random) -> str:
    """The text with as many words added at its end as bring its Jaccard similarity to a value from 0.70 to 0.87."""
    wanted = rng.uniform(0.71, 0.86)
    own = len(SHINGLES.hashes(text))
    copy = f"{text} {words(rng, round(own / wanted - own))}."
    assert 0.70 <= jaccard(copy, text) <= 0.87
    return copy


def user_text(row: dict[str, Any]) -> str:
    return str(json.loads(row["params"])["messages"][-1]["content"])


def seeds_of(settings: Settings) -> pa.Table:
    from jobs.check import read_checked

    return read_checked(load_task(read_source(settings)))[0]["seeds"]


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
