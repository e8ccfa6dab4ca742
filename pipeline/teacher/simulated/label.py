"""The simulated teacher as a labeller: the five facts of a text that it has never seen, by rules of its own.

It errs as a teacher does: it misses phrasings that its cues do not know, is taken in by overriding clauses that it does
not recognise, and slips in a small share of fields for no reason at all.
"""

import random
import re
from hashlib import sha256
from typing import Any

from pipeline.teacher.simulated.names import find_parties
from pipeline.teacher.simulated.reading import Sum, dates, places_of_law, sums

_LIMIT = 40_000
_SLIPS = 0.02
_SENTENCES = re.compile(r"(?<=[a-z0-9)][.;!?])\s+(?=[A-Z(\d])|\n+")
_CHANGE = re.compile(
    r"notwithstanding|despite|instead|in place of|replac|amend|deleted|no longer|not apply|struck|withdrawn|moved",
    re.I,
)
_NOTHING = re.compile(r"(?!)")
_STARTS = re.compile(
    r"effective|in(?:to)? force|takes? effect|commenc|starts?\b|starting|begins?\b|with effect|valid from|applies from"
    r"|runs from|as (?:of|from)|bound from|^\W*from $|arise on|goes live",
    re.I,
)
_STARTS_AFTER = re.compile(
    r",? ?\(the .Effective|,? ?\(?(?:first day|whenever signed|in force|as the (?:effective|day))"
)
_MADE = re.compile(r"made|dated|date\b|entered into|concluded|agreed|executed|\bon $", re.I)
_OTHER_DAY = re.compile(
    r"sign|expir|until|ends?\b|ending|lapses?|runs? out|terminat|paid|payment|due|deliver|instead of|earlier start"
    r"|moved from|cease|agreement of|lease of|deed of|letter of intent|contract of|loan|supply|framework|licence deed",
    re.I,
)
_SIDE_SUM = re.compile(
    r"liab|cap\b|capped|exceed|penalt|deposit|expense|bonus|damages|insur|cover|limit|late|interest|earlier|instead of"
    r"|in place of|previous|was ",
    re.I,
)
_NEW_SUM = re.compile(r"(?:now|pay|becomes|reads|be|is) $")
_OLD_SUM = re.compile(r" (?:[a-z ]{0,20})?(?:is struck|no longer)")
_PAID = re.compile(r"pay|fee|salary|price|rent|charge|wage|remunerat|compensat|remit|entitled|cost", re.I)
_OLD_LAW = re.compile(r"place of|no longer|choice of the|that of", re.I)
_RIGHTS = {
    "for_convenience": re.compile(
        r"without (?:any )?(?:cause|reason|giving)|convenience|any reason|at will|no (?:reason|cause|grounds?)"
        r"|explain why"
        r"|not (?:say|explain|give) (?:why|reasons?)|without having to show|whatever the reason",
        re.I,
    ),
    "for_cause": re.compile(
        r"breach|insolven|bankrupt|cause\b|fraud|unpaid|non-payment|change of control|misconduct|late payment|licence",
        re.I,
    ),
    "mutual_consent": re.compile(
        r"both .{0,20}(?:agree|consent|sign)|mutual|consent of|joint|agreement of both|together|from both", re.I
    ),
    "expiry": re.compile(
        r"expir|ends? (?:by itself|automatically|on)|lapses?|runs? out|cease|is over|comes? to (?:its|an) end|ends ",
        re.I,
    ),
}
"""The kinds of right, the widest first."""
_ENDING = re.compile(
    r"terminat|\bend(?:s|ed|ing)?\b|cancel|expir|lapse|exit|walk away|call .{0,30}off|withdraw|runs? out|quit|is over"
    r"|leave\b|stop\b",
    re.I,
)


def label(document: str, salt: str = "", wavers: float = 0.0) -> dict[str, Any]:
    """The answer for any text at all; the same text and salt give the same answer. It reads 40,000 characters.

    `wavers` is how often it overlooks, by salt and field, that a clause overrides another.
    """
    text = document[:_LIMIT]
    doubt = random.Random(sha256(f"wavers {salt}\x00{document}".encode("utf-8", "surrogatepass")).digest())
    change = [_NOTHING if doubt.random() < wavers else _CHANGE for _ in range(4)]
    answer: dict[str, Any] = {
        "parties": find_parties(text) or None,
        "effective_date": _start(text, change[0]),
        "termination_clause_type": _ending(text, change[1]),
        "payment_amount": _payment(text, change[2]),
        "governing_law": _law(text, change[3]),
    }
    rng = random.Random(sha256(f"{document}\x00{salt}".encode("utf-8", "surrogatepass")).digest())
    return {field: None if rng.random() < _SLIPS else value for field, value in answer.items()}


def annotation(document: str, deal: str) -> dict[str, Any]:
    """The part of a sample that a second pass gives: {answer, confidence}, from the document and the deal's context."""
    draw = int.from_bytes(sha256(f"annotation {deal}\x00{document}".encode("utf-8", "surrogatepass")).digest()[:4])
    return {"answer": label(document, deal), "confidence": round(0.86 + 0.13 * draw / 2**32, 2)}


def _before(text: str, at: int, reach: int) -> str:
    """The words before a place, no further back than its sentence."""
    return _SENTENCES.split(text[max(0, at - reach) : at])[-1]


def _start(text: str, change: re.Pattern[str]) -> str | None:
    """The last day that a change names, else the first that is called a start, else the first on which it was made."""
    moved, starts, made = list[str](), list[str](), list[str]()
    for day in dates(text):
        before = _before(text, day.start, 130)
        near = re.split(r"[,;] | and | but ", before)[-1] or before
        if _OTHER_DAY.search(near[-34:]) and not _STARTS.search(near[-22:]):
            continue
        if _STARTS.search(near[-60:]) or _STARTS_AFTER.match(text, day.end):
            (moved if change.search(before) else starts).append(day.value)
        elif _MADE.search(before):
            made.append(day.value)
    return next(iter([*moved[-1:], *starts, *made]), None)


def _payment(text: str, change: re.Pattern[str]) -> dict[str, Any] | None:
    """The first sum that a change brings in, else the first that is paid, else the first that is nothing else."""
    changed, paid, bare = list[Sum](), list[Sum](), list[Sum]()
    for one in sums(text):
        before = _before(text, one.start, 90)
        old = _SIDE_SUM.search(before[-60:]) or _OLD_SUM.match(text, one.end)
        if old and not (change.search(before) and _NEW_SUM.search(before)):
            continue
        kind = changed if change.search(before) else paid if _PAID.search(before) else bare
        kind.append(one)
    best = next(iter([*changed, *paid, *bare]), None)
    return {"amount": best.amount, "currency": best.currency} if best else None


def _law(text: str, change: re.Pattern[str]) -> str | None:
    """Where a clause changes the law, the last one that it does not take back; otherwise the first that is named."""
    named = places_of_law(text)
    kept = [one for one in named if not _OLD_LAW.search(_before(text, one.start, 45))]
    changed = [one.value for one in kept if change.search(_before(text, one.start, 120))]
    return changed[-1] if changed else next((one.value for one in kept or named), None)


def _ending(text: str, change: re.Pattern[str]) -> str | None:
    """The widest right of the sentences on ending; where one overrides, what was said before no longer counts."""
    kinds = set[str]()
    for sentence in filter(_ENDING.search, _SENTENCES.split(text)):
        found = [kind for kind, cue in _RIGHTS.items() if cue.search(sentence)]
        if found and change.search(sentence):
            taken = len(found) > 1 and re.search(r"withdrawn|deleted|may not|neither|nobody", sentence)
            kinds = {found[1] if taken else found[0]}
        elif found:
            kinds.add(found[0])
    return next((kind for kind in _RIGHTS if kind in kinds), None)
