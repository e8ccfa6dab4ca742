"""The simulated teacher as a judge of samples: scores by rules of its own, from the text, and the faults of judges.

Correctness is how far the answer agrees with what its own labeller reads in the text, so it is right and wrong as that
labeller is. The other three are counted: words of contracts, length and facts, and what the cell asks for.

malformed_scores  no JSON          refused_scores  declines          lenient  all scores two higher
out_of_range      a score of 9     missing_score   one left out      strict   all scores two lower
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from pipeline.teacher.simulated.label import label
from pipeline.teacher.simulated.prompt import JudgePrompt
from pipeline.teacher.simulated.scene import omitted

JUDGE_FAULTS = ("malformed_scores", "refused_scores", "out_of_range", "missing_score", "lenient", "strict")
_CUES = re.compile(
    r"\b(?:agree|part(?:y|ies)|shall|term|fees?|pay|law|employ|contract|notice|disclos|recipient|client|supplier|company)",
    re.I,
)
_LENGTHS = (12, 25, 40, 60)


def judge(prompt: JudgePrompt, fault: str | None) -> tuple[str, str]:
    """(text, stop reason) of the reply; always the same for the same prompt and fault."""
    if fault == "refused_scores":
        return "I can't judge this text.", "refusal"
    answer = _answer(prompt.answer)
    wrong, doubted = disagreements(answer, label(prompt.text, "judge"))
    scores = {
        "relevance": _relevance(prompt.text),
        "correctness": max(1, 3 - len(wrong)) if wrong else 5 - bool(doubted),
        "depth": _depth(prompt.text, answer),
        "instruction_following": _following(prompt, answer),
    }
    bias = {"lenient": 2, "strict": -2}.get(fault or "", 0)
    found: dict[str, Any] = {name: min(5, max(1, score + bias)) for name, score in scores.items()}
    if fault == "out_of_range":
        found["depth"] = 9
    if fault == "missing_score":
        del found["instruction_following"]
    found["reason"] = f"wrong: {', '.join(wrong)}" if wrong else "nothing speaks against the answer"
    said = json.dumps(found, ensure_ascii=False)
    return (f"My scores are {said[: len(said) // 2]}" if fault == "malformed_scores" else said), "end_turn"


def disagreements(answer: Mapping[str, Any], read: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Fields of another value than was read, and fields that only one of the two fills."""
    wrong, doubted = [], []
    for field, value in answer.items():
        seen = read.get(field)
        if value is None or seen is None:
            if value is not seen:
                doubted.append(field)
        elif not _alike(value, seen):
            wrong.append(field)
    return wrong, doubted


def _alike(value: Any, seen: Any) -> bool:
    """Lists that share a name are alike: who else is a party is a matter of reading."""
    if isinstance(value, list) and isinstance(seen, list):
        return bool({_plain(one) for one in value} & {_plain(one) for one in seen})
    return _plain(value) == _plain(seen)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name}:{_plain(value[name])}" for name in sorted(value))
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return re.sub(r"\W+", " ", str(value).lower()).strip().removeprefix("the ")


def _answer(raw: str) -> dict[str, Any]:
    try:
        answer = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _relevance(text: str) -> int:
    return min(5, 1 + len({cue.lower() for cue in _CUES.findall(text)}))


def _depth(text: str, answer: Mapping[str, Any]) -> int:
    """By words; one less for an answer that says nothing."""
    score = 1 + sum(len(text.split()) >= length for length in _LENGTHS)
    return max(1, score - (not any(value is not None for value in answer.values())))


def _following(prompt: JudgePrompt, answer: Mapping[str, Any]) -> int:
    """What the cell leaves out must not be answered, and a list or a letter must look like one."""
    left_out = omitted(prompt.cell)
    if left_out and answer.get(left_out) is not None:
        return 2
    layouts = {"numbered": r"(?m)^\W*\d", "letter": r"(?i)dear|sincerely|regards|yours|hello|hi\b"}
    wanted = layouts.get(prompt.cell.get("layout", ""))
    return 3 if wanted and not re.search(wanted, prompt.text) else 5
