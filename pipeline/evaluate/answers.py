"""Answers read from what a student wrote: canonical JSON, or a failure. Nothing here raises on a student's words.

Prose or a code fence around one whole JSON object is forgiven, as it is of the teacher; a broken object is never
repaired. A thought before the answer, as some models write it, is passed over; one that never ends leaves no answer,
whatever it considers. Every failure counts as malformed JSON.
"""

import json

from pipeline.canonical import canonical_json
from pipeline.generate.parsing import find_object
from pipeline.tasks.task import DEEPEST, depth

THOUGHT = "<think>", "</think>"


def read_answer(raw: str) -> tuple[str | None, str | None]:
    """(answer, None) or (None, failure): empty, not_an_object, malformed_json, too_deep, lone_surrogate,
    unfinished_thought.

    >>> read_answer('Sure: {"b": 1, "a": null}')
    ('{"a":null,"b":1}', None)
    >>> read_answer('<think>Or {"b": 2}?</think> {"b": 1}')
    ('{"b":1}', None)
    >>> read_answer('[{"a": 1}]')
    (None, 'not_an_object')
    """
    if raw.lstrip().startswith(THOUGHT[0]):
        _, ended, raw = raw.partition(THOUGHT[1])
        if not ended:
            return None, "unfinished_thought"
    if not raw.strip():
        return None, "empty"
    if "{" not in raw or _is_other_json(raw):
        return None, "not_an_object"
    try:
        found = find_object(raw)
    except (ValueError, RecursionError):
        return None, "malformed_json"
    if depth(found) > DEEPEST:
        return None, "too_deep"
    answer = canonical_json(found)
    try:
        answer.encode()
    except UnicodeEncodeError:  # half a character, which JSON can spell and no file can hold
        return None, "lone_surrogate"
    return answer, None


def _is_other_json(raw: str) -> bool:
    """Whether the whole is JSON but no object: a list around an object is another answer, not prose around one."""
    try:
        return not isinstance(json.loads(raw), dict)
    except (ValueError, RecursionError):
        return False
