"""Extraction semantics: when two values are the same, when a value stands in the text, and when two answers contradict.

A task folder's normalise.py decides first; what it leaves open follows from the JSON Schema: text is compared in lower
case with single spaces, an ISO date and an amount are looked for in every form that `dates` and `money` read.
"""

from collections.abc import Callable
from typing import Any

from pipeline.canonical import canonical_json
from pipeline.errors import InputError
from pipeline.tasks.dates import find_dates
from pipeline.tasks.money import find_amounts
from pipeline.tasks.task import RAISED, Task
from pipeline.tasks.tokens import contains_tokens


def normalised(task: Task, field: str, value: Any) -> str:
    """The comparable form of a value, as canonical JSON; null is "null"."""
    if value is None:
        return "null"
    if task.rules is not None:
        rules = task.rules
        found: str = _by_rule(task, "normalise", field, value, lambda: canonical_json(rules.normalise(field, value)))
        return found
    return canonical_json(_plain(value))


def _plain(value: Any) -> Any:
    """Text in lower case with single spaces, whole numbers as such, through lists and objects."""
    if isinstance(value, str):
        return " ".join(value.lower().split())
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def grounded(task: Task, field: str, value: Any, text: str) -> bool | None:
    """Whether the value stands in the text; None where that cannot be asked (null, an enumeration, a truth value)."""
    if value is None or "enum" in task.schema["properties"].get(field, {}):
        return None
    if task.rules is not None and hasattr(task.rules, "grounded"):
        rules = task.rules
        verdict: bool | None = _by_rule(task, "grounded", field, value, lambda: rules.grounded(field, value, text))
        return verdict
    return _stands_in(value, text)


def _by_rule(task: Task, function: str, field: str, value: Any, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except RAISED as error:
        shown = f"{field}={canonical_json(value)[:80]}"
        raise InputError(
            f"{task.settings.normalise}: {function} raised {type(error).__name__}: {error} on {shown}; mend it"
        ) from error


def _stands_in(value: Any, text: str) -> bool | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, dict):
        return _all([_stands_in(one, text) for one in value.values()])
    if isinstance(value, list):
        return _all([_stands_in(one, text) for one in value])
    if isinstance(value, int | float):
        digits = f"{value:.15g}" if isinstance(value, float) else str(value)
        return any(float(found.amount) == value for found in find_amounts(text)) or contains_tokens(text, digits)
    found = contains_tokens(text, str(value))
    return found or any(date.iso == value for date in find_dates(text))


def _all(verdicts: list[bool | None]) -> bool | None:
    decided = [verdict for verdict in verdicts if verdict is not None]
    return all(decided) if decided else None


def ungrounded(task: Task, answer: dict[str, Any], text: str) -> list[str]:
    """The fields whose value is nowhere in the text: invented facts."""
    return [field for field, value in answer.items() if grounded(task, field, value, text) is False]


def conflicting(task: Task, text: str, answer: dict[str, Any], other_text: str, other: dict[str, Any]) -> list[str]:
    """The fields on which two near-identical texts contradict each other.

    Values that differ because the words differ are no contradiction: another date in the text makes another answer. A
    field conflicts when the values differ although each text would bear the other's answer too.

    "effective 1 May, signed 2 May", answered once with 1 May and once with 2 May, conflicts; the same sentence with
    another day does not.
    """
    return [
        field
        for field in task.fields
        if normalised(task, field, answer.get(field)) != normalised(task, field, other.get(field))
        and grounded(task, field, answer.get(field), other_text) is not False
        and grounded(task, field, other.get(field), text) is not False
    ]


def own_facts(task: Task, text: str, answer: dict[str, Any] | None) -> list[tuple[str, Any]]:
    """The (field, value) pairs of a seed that a sample must not carry over: its names, dates and amounts.

    Those of the answer, and the dates and amounts of the text, labelled or not. Enumerations and single words such as a
    jurisdiction recur honestly and are no facts of one document.
    """
    facts: list[tuple[str, Any]] = []
    for field, value in (answer or {}).items():
        if _is_fact(task, field, value):
            facts += [(field, one) for one in ([[part] for part in value] if isinstance(value, list) else [value])]
    facts += [("date", found.iso) for found in find_dates(text)]
    return facts + [
        ("amount", {"amount": float(found.amount), "currency": found.currency}) for found in find_amounts(text)
    ]


def carried_over(task: Task, facts: list[tuple[str, Any]], text: str) -> list[str]:
    """Which of a seed's own facts stand in the text, as readable "field=value"."""
    return [f"{field}={canonical_json(value)}" for field, value in facts if _occurs(task, field, value, text)]


def _occurs(task: Task, field: str, value: Any, text: str) -> bool:
    if field in task.schema["properties"]:
        return grounded(task, field, value, text) is True
    if field == "date":
        return any(found.iso == value for found in find_dates(text))
    return any((float(f.amount), f.currency) == (value["amount"], value["currency"]) for f in find_amounts(text))


def _is_fact(task: Task, field: str, value: Any) -> bool:
    shape = task.schema["properties"].get(field, {})
    if value is None or "enum" in shape:
        return False
    return isinstance(value, list | dict | int | float) or shape.get("format") == "date"
