"""The replies of the simulated teacher: honest drafts, and drafts with one of the faults that a teacher's replies have.

low_confidence    a right draft that the teacher is unsure of (0.30-0.84)
wrong_field       an answer that the text refutes, although the value stands in it
schema_violation  an answer that the schema does not allow
invented_fact     an answer with a value that is nowhere in the text
verbatim_seed     9 to 20 words in a row out of the style reference
seed_party        a party (or the day, or the sum) of the style reference
near_duplicate    one of three stock texts for the contract type, but for a word, and less sure
malformed_json, truncated_json, prose_around, refusal      as their names say
"""

import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pipeline.errors import InputError
from pipeline.teacher.simulated.copying import near_duplicate, nearly, seed_party, verbatim_seed
from pipeline.teacher.simulated.grammar import digest, draft
from pipeline.teacher.simulated.phrases import pick
from pipeline.teacher.simulated.prompt import DraftPrompt, read_prompt
from pipeline.teacher.simulated.twisting import (
    Content,
    invented_fact,
    low_confidence,
    schema_violation,
    wrong_field,
)

FAULTS = (
    "low_confidence",
    "wrong_field",
    "schema_violation",
    "invented_fact",
    "verbatim_seed",
    "seed_party",
    "near_duplicate",
    "malformed_json",
    "truncated_json",
    "prose_around",
    "refusal",
)
_REFUSALS = (
    "",
    "I can't help with that request.",
    "I can't help with drafting this section.",
    "I'm not able to write this contract section.",
)
_PROSE = (
    ("Here is the section:\n\n```json\n", "\n```\n\nLet me know if you would like another one."),
    ("Sure! Below is the contract section you asked for.\n\n```json\n", "\n```"),
    ("Here is a section that matches the cell:\n\n", "\n\nI kept the register and layout as requested."),
    ("```json\n", "\n```\nThe answer follows the schema."),
)


@dataclass(frozen=True, slots=True)
class Reply:
    text: str
    stop_reason: str
    """"end_turn", "max_tokens" or "refusal"."""


def render(prompt: DraftPrompt, fault: str | None) -> Reply:
    """The reply to a prompt, honest where `fault` is None; always the same for the same prompt and fault."""
    if fault is None:
        return _say(_honest(prompt))
    rng = random.Random(digest(prompt.raw, f"fault {fault}"))
    if fault in _CONTENTS:
        return _say(_CONTENTS[fault](prompt, rng))
    if fault not in FAULTS:
        raise InputError(f"simulated teacher: there is no fault {fault!r}; choose one of {', '.join(FAULTS)}")
    if fault == "refusal":
        return Reply(pick(rng, _REFUSALS), "refusal")
    said = _say(_honest(prompt)).text
    if fault == "truncated_json":
        return Reply(said[: int(len(said) * (0.1 + 0.85 * rng.random()))], "max_tokens")
    head, tail = pick(rng, _PROSE)
    return Reply(_malformed(said, rng) if fault == "malformed_json" else f"{head}{said}{tail}", "end_turn")


def choose(raw: str, rates: Mapping[str, float], faults: tuple[str, ...] = FAULTS) -> str | None:
    """The fault of a request, one of `faults`, by a number that its text alone decides; None for an honest reply.

    >>> choose("any text", {"refusal": 1.0}), choose("any text", {"refusal": 0.0})
    ('refusal', None)
    """
    draw = int.from_bytes(sha256(f"choose {raw}".encode("utf-8", "surrogatepass")).digest()[:8]) / 2**64
    for fault in faults:
        draw -= rates.get(fault, 0.0)
        if draw < 0:
            return fault
    return None


def planned(prompt: DraftPrompt, entry: Mapping[str, Any]) -> Reply:
    """The reply that a test plans: `{"fault": name}`, or one of

    {"fault": "near_duplicate", "of": the user text of another prompt}
    {"fault": "draft", "text": ..., "answer": ..., "confidence": 0.93}
    {"fault": "raw", "text": ..., "stop_reason": "end_turn"}
    """
    fault = entry.get("fault")
    if fault == "raw":
        return Reply(str(entry.get("text", "")), entry.get("stop_reason", "end_turn"))
    if fault == "draft":
        if missing := [name for name in Content._fields if name not in entry]:
            raise InputError(
                f"simulated teacher's plan: a draft without {missing[0]!r}; give text, answer and confidence"
            )
        return _say(Content(entry["text"], entry["answer"], entry["confidence"]))
    if fault == "near_duplicate" and "of" in entry:
        other = read_prompt(entry["of"])
        if not isinstance(other, DraftPrompt):
            raise InputError(
                "simulated teacher's plan: `of` is no draft prompt; give another request's whole user text"
            )
        return _say(nearly(draft(other), random.Random(digest(prompt.raw, "of"))))
    return render(prompt, fault)


_CONTENTS: Mapping[str, Callable[[DraftPrompt, random.Random], Content]] = {
    "low_confidence": low_confidence,
    "wrong_field": wrong_field,
    "schema_violation": schema_violation,
    "invented_fact": invented_fact,
    "verbatim_seed": verbatim_seed,
    "seed_party": seed_party,
    "near_duplicate": near_duplicate,
}


def _honest(prompt: DraftPrompt) -> Content:
    made = draft(prompt)
    return Content(made.text, made.answer, made.confidence)


def _say(content: Content) -> Reply:
    return Reply(json.dumps(content._asdict(), ensure_ascii=False), "end_turn")


def _malformed(said: str, rng: random.Random) -> str:
    """The reply with one fault that no JSON reader forgives."""
    text_ends = said.index('", "answer"')
    space = pick(rng, [match.start() for match in re.finditer(" ", said[:text_ends])][1:])
    return pick(
        rng,
        (
            f"{said[:-1]},}}",
            said[:-1],
            said.replace('", "answer": {', '", "answer": ', 1),
            f"{said[:space]}\n{said[space + 1 :]}",
            f'{said[:space]} "so" {said[space + 1 :]}',
            said.replace('"text"', "'text'", 1).replace('"answer"', "'answer'", 1),
            said.replace('", "answer"', '" "answer"', 1),
            said.replace("null", "None").replace('"confidence": ', '"confidence": .', 1),
        ),
    )
