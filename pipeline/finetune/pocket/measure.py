"""How good the pocket model is on generated documents that it has not read, of known and of unknown domains.

    python -m pipeline.finetune.pocket.measure [FOLDER]

measures the weights in FOLDER, or those that ship.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import torch
from transformers import AutoTokenizer

from pipeline.finetune.pocket import MODEL_DIR
from pipeline.finetune.pocket.corpus.document import write_document
from pipeline.finetune.pocket.corpus.domains import all_domains, held_out_domains, training_domains
from pipeline.finetune.pocket.corpus.examples import Level, Messages, labelling
from pipeline.finetune.pocket.corpus.facts import Domain
from pipeline.finetune.pocket.corpus.request import answer, make_request, pick_fields
from pipeline.finetune.pocket.network import load_network

_SEED = "measurement"
"""Training windows are seeded otherwise, so none of these documents was trained on."""
_NEW_TOKENS = 256


@dataclass(frozen=True, slots=True)
class Question:
    messages: Messages
    right: dict[str, Any]
    kinds: dict[str, str]
    """By field name; a field whose right answer is null has the kind "null"."""
    labels: int = 0
    """How many there are to choose from, where one is asked for."""


@dataclass(frozen=True, slots=True)
class Score:
    """Counts: answers, those that are not a JSON object of exactly the asked fields, fields by kind, fields right; and
    of labels how many are right by guessing, on average.
    """

    answers: int
    malformed: int
    asked: Counter[str]
    right: Counter[str]
    guessed: float = 0.0


def questions(domains: tuple[Domain, ...], count: int, shots: int = 0, seed: str = _SEED) -> Iterator[Question]:
    """Requests of middling difficulty: three to six facts stated, two to five fields asked."""
    rng = Random(f"{seed}-{shots}-{','.join(one.name for one in domains)}")
    for number in range(count):
        domain = domains[number % len(domains)]
        documents = [write_document(domain, rng, rng.randint(3, 6), rng.randint(0, 4), 0.3) for _ in range(shots + 1)]
        stated = list(documents[-1].answers)
        fields = pick_fields(domain, stated, rng, rng.randint(2, 5), 0.12, 0.3)
        request = make_request(domain, fields, rng, 0.3)
        turns = [{"role": "system", "content": request.system}] if request.system else []
        for document in documents:
            turns.append({"role": "user", "content": request.prompt(document)})
            turns.append({"role": "assistant", "content": answer(request.asked, document)})
        right = json.loads(turns.pop()["content"])
        kinds = {one.name: one.kind if right[one.name] is not None else "null" for one in request.asked}
        yield Question(turns, right, kinds)


def label_questions(domains: tuple[Domain, ...], count: int, seed: str = _SEED) -> Iterator[Question]:
    """One label out of a list: a value that cue sentences stand for (`choice`), or the sort of document (`sort`)."""
    everything = all_domains()
    rng = Random(f"{seed}-labels-{','.join(one.name for one in domains)}")
    for number in range(count):
        conversation, labels = labelling(domains[number % len(domains)], everything, rng, Level(), 1)
        right = json.loads(conversation[-1]["content"])
        kind = "sort" if set(labels) <= {one.name for one in everything} else "choice"
        yield Question(conversation[:-1], right, {"label": kind}, len(labels))


def answers(folder: Path, asked: list[Messages], batch: int = 16) -> list[str]:
    """Greedy answers, in order."""
    tokenizer, network = AutoTokenizer.from_pretrained(folder), load_network(folder).eval()
    tokenizer.padding_side = "left"
    texts = [tokenizer.apply_chat_template(one, tokenize=False, add_generation_prompt=True) for one in asked]
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    said = [""] * len(texts)
    for start in range(0, len(order), batch):
        places = order[start : start + batch]
        inputs = tokenizer(
            [texts[place] for place in places], return_tensors="pt", padding=True, add_special_tokens=False
        )
        with torch.inference_mode():
            output = network.generate(
                input_ids=inputs.input_ids,
                attention_mask=inputs.attention_mask,
                max_new_tokens=_NEW_TOKENS,
                do_sample=False,
            )
        new = output[:, inputs.input_ids.shape[1] :]
        for place, text in zip(places, tokenizer.batch_decode(new, skip_special_tokens=True), strict=True):
            said[place] = text
    return said


def score(asked: list[Question], said: list[str]) -> Score:
    malformed = 0
    fields: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for question, text in zip(asked, said, strict=True):
        found = _parsed(text)
        malformed += set(found or {}) != set(question.right)
        for name, kind in question.kinds.items():
            fields[kind] += 1
            right[kind] += found is not None and name in found and found[name] == question.right[name]
    return Score(len(asked), malformed, fields, right, sum(1 / one.labels for one in asked if one.labels))


def measure(folder: Path, count: int = 200) -> dict[str, Score]:
    """By set: known and held-out domains without shots, known ones with one shot, and labels of both."""
    sets = {
        "known domains": list(questions(training_domains(), count)),
        "held-out domains": list(questions(held_out_domains(), count)),
        "known domains, one shot": list(questions(training_domains(), count // 2, shots=1)),
        "labels, known domains": list(label_questions(training_domains(), count)),
        "labels, held-out domains": list(label_questions(held_out_domains(), count)),
    }
    return {name: score(asked, answers(folder, [one.messages for one in asked])) for name, asked in sets.items()}


def report(scores: dict[str, Score]) -> str:
    """Figures with their counts, one line a set."""
    lines = []
    for name, one in scores.items():
        kinds = ", ".join(f"{kind} {one.right[kind]}/{asked}" for kind, asked in sorted(one.asked.items()))
        total = f"{one.right.total()}/{one.asked.total()} fields right"
        total += f" ({one.guessed:.0f} by guessing)" if one.guessed else ""
        lines.append(f"{name}: {total}, {one.malformed}/{one.answers} answers malformed ({kinds})")
    return "\n".join(lines)


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


if __name__ == "__main__":
    print(report(measure(Path(sys.argv[1]) if len(sys.argv) > 1 else MODEL_DIR)))
