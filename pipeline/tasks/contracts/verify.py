"""Deterministic check of a contract section's answer against its text: what speaks plainly against it, or None.

It is silent wherever a careful reader might hesitate, so that a correct answer in unusual words passes.

>>> verify("This lease is dated 3 May 2021 and takes effect on 1 June 2021.", {"effective_date": "2021-05-03"})
'date_is_not_effective'
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from itertools import zip_longest
from typing import Any, NamedTuple

from pipeline.tasks.contracts import cues
from pipeline.tasks.contracts.normalise import grounded, jurisdiction, other_names
from pipeline.tasks.dates import find_dates
from pipeline.tasks.money import FoundAmount, find_amounts, parse_amount
from pipeline.tasks.tokens import contains_tokens, words

_ROLES = frozenset(
    "client customer supplier vendor provider company contractor consultant employer employee owner recipient "
    "discloser licensor licensee buyer seller purchaser landlord tenant lessor lessee borrower lender subscriber host "
    "party parties "
    "agency agent operator executive disclosing receiving service".split()
)
_SENTENCE_END = re.compile(r"(?<=[^\s.]{3}[.;?!])\s+(?=[A-Z(\d§\"“])|\n+|;\s")


def verify(text: str, answer: dict[str, Any]) -> str | None:
    """Why the answer cannot be right, as a reason in snake_case; None when nothing speaks against it.

    Reasons: party_is_role, party_not_in_text; date_not_in_text, date_missing, date_is_not_effective;
    termination_without_cue, termination_missing, termination_contradicted; amount_not_in_text, amount_missing,
    amount_is_not_main; law_not_in_text, law_missing, law_is_venue, law_contradicted.
    """
    text = re.sub(r"[^\S\n]+", " ", re.sub(r"[^\S\n]*\n[^\S\n]*", "\n", text))
    checks = {
        "parties": _parties,
        "effective_date": _date,
        "termination_clause_type": _termination,
        "payment_amount": _amount,
        "governing_law": _law,
    }
    reasons = (check(text, answer[field]) for field, check in checks.items() if field in answer)
    return next((reason for reason in reasons if reason), None)


def _parties(text: str, value: Any) -> str | None:
    if value is None:
        return None
    if not grounded("parties", value, text):
        return "party_not_in_text"
    return "party_is_role" if any(set(words(name)) <= {"the", *_ROLES} for name in value) else None


class _Place(NamedTuple):
    """A value's place in the text with the text on both sides, as far as a cue may reach."""

    value: Any
    before: str
    after: str


def _around(text: str, value: Any, start: int, end: int) -> _Place:
    return _Place(value, text[max(0, start - 160) : start], text[end : end + 80])


@lru_cache(maxsize=1)
def _sentences(text: str) -> tuple[str, ...]:
    return tuple(sentence for sentence in _SENTENCE_END.split(text) if sentence.strip())


def _sentence_before(place: _Place) -> str:
    return _SENTENCE_END.split(place.before)[-1]


def _sentence_after(place: _Place) -> str:
    return _SENTENCE_END.split(f"one{place.after}")[0].removeprefix("one")


def _clause(place: _Place) -> str:
    """What stands in the same sentence, as far as one can tell, on both sides."""
    return _sentence_before(place) + " … " + _sentence_after(place)


# --- effective date


def _date(text: str, value: Any) -> str | None:
    if value is not None and not grounded("effective_date", value, text):
        return "date_not_in_text"
    places = [_around(text, found.iso, found.start, found.end) for found in find_dates(text)]
    effective = {place.value for place in places if _is_effective(place)}
    if value is None:
        return _missed_date(text, places, effective)
    mine = [place for place in places if place.value == value]
    if value in effective or any(cues.START_HINT.search(_near(place)) for place in mine):
        return None
    if any(cues.MOVED.search(_sentence_before(place)) for place in mine):
        return None
    otherwise = len(effective) == 1 or all(_is_otherwise(place) for place in mine)
    return "date_is_not_effective" if otherwise else None


def _is_effective(place: _Place) -> bool:
    """Only what directly precedes or follows the date counts, and only if not said of a price or of another deal."""
    before = _sentence_before(place)
    if cues.EFFECTIVE_AFTER.search(place.after):
        return True
    lead = cues.EFFECTIVE_BEFORE.search(before)
    around = before[-110:] + " … " + _sentence_after(place)[:50]
    return bool(lead and not cues.NOT_OF_THIS.search(around))


def _is_otherwise(place: _Place) -> bool:
    """Plainly the day of an end, of a payment, of a signature or of another agreement."""
    lists = (cues.ENDS_BEFORE, cues.SIGNATURE_BEFORE, cues.ELSEWHERE_BEFORE)
    return any(cue.search(_sentence_before(place)) for cue in lists)


def _near(place: _Place) -> str:
    """The words that belong to this date rather than to another one of the sentence."""
    before = re.split(r"[,;:.\n]\s|\d{4}|\band\b|\bbut\b", place.before[-60:])[-1]
    return before + " … " + re.split(r"[;.,\n]|\d|\band\b|\bbut\b|\bthough\b", place.after[:60])[0]


def _missed_date(text: str, places: list[_Place], effective: set[str]) -> str | None:
    if cues.EVENT_START.search(text):
        return None
    if len(effective) == 1:
        return "date_missing"
    made = len(places) == 1 and cues.MADE_BEFORE.search(places[0].before)
    if made and not cues.START_WORD.search(text) and not cues.OTHER_DEAL.search(made.group()):
        return "date_missing"
    return None


# --- amount


def _amount(text: str, value: Any) -> str | None:
    if value is not None and not grounded("payment_amount", value, text):
        return "amount_not_in_text"
    places = list(_sums(text, find_amounts(text)))
    if value is None:
        main = [place for place in places if not _is_side(place) and not _is_minor(place)]
        return "amount_missing" if len(main) == 1 and _is_main(text, main[0]) else None
    amount, _ = parse_amount(value) or (Decimal(0), "")
    mine = [place for place in places if place.value == amount]
    others = [place for place in places if place.value != amount]
    if mine and all(_is_side(place) for place in mine):
        return "amount_is_not_main"
    minor = mine and all(_is_side(place) or _is_minor(place) for place in mine)
    another = any(not _is_side(place) and not _is_minor(place) for place in others)
    return "amount_is_not_main" if minor and another else None


def _sums(text: str, found: list[FoundAmount]) -> Iterator[_Place]:
    """Each amount once: "five thousand dollars ($5,000)" is one."""
    start = None
    for one, following in zip_longest(found, found[1:]):
        start = one.start if start is None else start
        if following and following.amount == one.amount and not text[one.end : following.start].strip(" ,(\n"):
            continue
        yield _around(text, one.amount, start, one.end)
        start = None


def _is_side(place: _Place) -> bool:
    return bool(cues.SIDE_BEFORE.search(_sentence_before(place)) or cues.SIDE_AFTER.search(place.after))


def _is_minor(place: _Place) -> bool:
    return bool(cues.MINOR_BEFORE.search(_sentence_before(place)))


def _is_main(text: str, place: _Place) -> bool:
    doubtful = cues.FORMULA.search(text) or cues.OVERRIDE.search(_clause(place)) or cues.NOT_MAIN.search(_clause(place))
    return bool(cues.MAIN_BEFORE.search(_sentence_before(place)) and not doubtful)


# --- law


def _law(text: str, value: Any) -> str | None:
    if value is not None and not grounded("governing_law", value, text):
        return "law_not_in_text"
    told = "law" in text.lower()  # else no cue is found, at greater length
    found = (match for cue in cues.LAW_CUES for match in cue.finditer(text)) if told else ()
    cued = {jurisdiction(match["place"]): match for match in found if match["place"] not in cues.NO_PLACE}
    sure = len(cued) == 1 and not _law_is_doubtful(text)
    if value is None:
        clause = _clause(_around(text, None, *next(iter(cued.values())).span())) if sure else ""
        return "law_missing" if sure and not cues.OTHER_PAPER.search(clause) else None
    if isinstance(value, str) and _is_venue(text, value):
        return "law_is_venue"
    mine, other = jurisdiction(str(value)), next(iter(cued), "")
    return "law_contradicted" if sure and mine not in other and other not in mine else None


def _law_is_doubtful(text: str) -> bool:
    """Whether a sentence on law, or one that takes back a numbered clause, may change what another says."""
    concerned = (s for s in _sentences(text) if cues.LAW_HINT.search(s) or cues.CLAUSE_NUMBER.search(s))
    return any(cues.OVERRIDE.search(s) or re.search(r"\b(?:not|unless|if)\b", s) for s in concerned)


def _is_venue(text: str, name: str) -> bool:
    """Whether every mention of the name is a seat, a court or an address, with no word of law around it."""
    spelled = r"\W+".join(map(re.escape, name.split()))
    mentions = list(re.finditer(rf"\b{spelled}\b", text, re.IGNORECASE))
    places = [_around(text, name, *match.span()) for match in mentions]
    aliased = any(contains_tokens(text, other) for other in other_names(jurisdiction(name)))
    return bool(places) and not aliased and all(_is_seat(place) for place in places)


def _is_seat(place: _Place) -> bool:
    before = re.split(r"(?<=[^\s.]{3})[.;]\s|\n", place.before[-80:])[-1]
    if cues.LAW_HINT.search(before) or cues.LAW_HINT.search(place.after[:25].split("\n")[0]):
        return False
    address = re.search(r"(?:\b(?:in|of|at|near|from)|:|\bour|\bthe) [A-Z][\w'-]+(?: [A-Z][\w'-]+)*, \Z", before)
    return bool(cues.VENUE_BEFORE.search(before) or cues.VENUE_AFTER.search(place.after) or address)


# --- termination


def _termination(text: str, value: Any) -> str | None:
    if value is not None and value not in list(_PLAIN):
        return None  # no value of the schema: not for this check to say
    if value is not None and _lacks_cue(text, value):
        return "termination_without_cue"
    wider = list(_PLAIN)[: None if value is None else list(_PLAIN).index(value)]
    ways = [way for way in wider if any(map(_PLAIN[way], _sentences(text)))]
    if not ways:
        return None
    concerned = [s for s in _sentences(text) if cues.ENDING.search(s) or cues.CLAUSE_NUMBER.search(s)]
    alone = not any(cues.DENIED.search(s) for s in concerned)
    in_force = [way for way in ways if alone or way in ("mutual_consent", "expiry")]
    if not in_force or any(cues.REVOKED.search(s) for s in concerned):
        return None
    return "termination_missing" if value is None else "termination_contradicted"


def _lacks_cue(text: str, value: str) -> bool:
    """Whether nothing in a sentence about ending, or in its neighbours, hints at this way to end."""
    sentences = [_bare(sentence) for sentence in _sentences(text)]
    return not any(
        cues.ENDING.search(sentence) and _HINTS[value].search(" ".join(sentences[max(0, at - 1) : at + 2]))
        for at, sentence in enumerate(sentences)
    )


def _bare(sentence: str) -> str:
    """Without "on written notice if …", which is no notice at pleasure."""
    return cues.CONDITIONAL_NOTICE.sub(" ", sentence)


def _is_free(sentence: str) -> bool:
    if not (cues.FREE.search(sentence) and cues.MAY_END.search(sentence)):
        return False
    rest = cues.FREELY.sub(" ", cues.ON_NOTICE.sub(" ", sentence))
    return not (cues.QUALIFIED.search(rest) or cues.TOGETHER.search(rest))


def _is_for_cause(sentence: str) -> bool:
    return bool(cues.MAY_END.search(sentence) and cues.CAUSE.search(sentence))


def _is_together(sentence: str) -> bool:
    return bool(cues.TOGETHER.search(sentence) and cues.DEAL.search(sentence) and not cues.PROLONGED.search(sentence))


def _is_expiry(sentence: str) -> bool:
    return bool(cues.EXPIRES.search(sentence))


_PLAIN = {
    "for_convenience": _is_free,
    "for_cause": _is_for_cause,
    "mutual_consent": _is_together,
    "expiry": _is_expiry,
}
_HINTS = {
    "for_convenience": cues.FREE_HINT,
    "for_cause": cues.CAUSE_HINT,
    "mutual_consent": cues.TOGETHER_HINT,
    "expiry": cues.END_HINT,
}
