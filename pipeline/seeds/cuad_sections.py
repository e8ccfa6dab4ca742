"""Sections of one CUAD contract: cut around what lawyers highlighted, with the answers that the cut still supports."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from pipeline.seeds.cuad_answers import law_in, spans_in, us_date, wordings
from pipeline.seeds.cuad_text import ABBREVIATION, LONGEST, Span, cut, locate, windows
from pipeline.tasks.dates import find_dates

Row = dict[str, str]

# The right must end the agreement itself, not an advertising fund, a lease or a project under it.
ENDS = re.compile(
    r"(?:terminat|terminab|cancel|rescind|withdraw)\w*(?:\W+\w+){0,12}?\W+(?:agreement|contract|letter|relationship|engagement)"
    r"|\b(?:agreement|contract|engagement|term)\b(?:\W+\w+){0,20}?\W+(?:terminat|terminab|cancel|end\b)",
    re.IGNORECASE,
)
CONTRACTING = re.compile(r"\b(?:between|among|amongst|entered into|made|parties|agree|agrees)\b", re.IGNORECASE)
GOES_ON = re.compile(
    r",? ?(?:\([A-Z]\w+\) ?)?(?:Co|Ltd|Limited|Inc|LLC|L\.L\.C|L\.P|LP|Corp|Corporation|Company|GmbH|S\.A|plc)\b"
)
OF_ANOTHER = re.compile(r"\b(?:subsidiary|affiliate|division|predecessor) of (?:the )?$", re.IGNORECASE)
LISTING = re.compile(r"TABLE OF CONTENTS|/s/|\bBy:|\bTitle:")  # a table of contents or a signature block
SIGNING = re.compile(
    r"/s/|\\s\\|\bBy:|\(Date\)|(?:witness|evidence) whereof|(?<!effective )\bDated?: ?$", re.IGNORECASE
)
STARTS = re.compile(r"effective|commenc|\bin (?:full )?force\b|\bbegin", re.IGNORECASE)
STARTS_ON = re.compile(rf"(?:{STARTS.pattern})(?:(?!\bend|expir|until|through|terminat).)*$", re.IGNORECASE | re.DOTALL)
EVENT = re.compile(r"\bsign|\bexecut|\blater of|\blast |approv|receipt|\bclos(?:ed|ing)|deliver|complet", re.IGNORECASE)
NEAR = 60  # characters around a date that say what it is


@dataclass(frozen=True, slots=True)
class Draft:
    """A section whose contract is not yet known: its text, and the answers of the fields that it is labelled for."""

    text: str
    answers: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Label:
    """What the lawyers say of one field, and where the contract shows it; `value` reads the answer off a section.

    `places` has one list for each thing that must stand in a section (each name of the parties, one clause otherwise).
    `value` raises ValueError where the section does not bear the answer out.
    """

    places: list[list[Span]]
    value: Callable[[str], Any]


def drafts_of(text: str, row: Row) -> tuple[list[Draft], list[str]]:
    """Sections of a contract's clean text, and for each label that is in none the reason, "field: what is wrong"."""
    labels: dict[str, Label] = {}
    reasons: list[str] = []
    for field, read in READERS.items():
        try:
            if label := read(text, row):
                labels[field] = label
        except ValueError as mistake:
            reasons.append(f"{field}: {mistake}")
    drafts: list[Draft] = []
    for field in labels:
        if not any(field in draft.answers for draft in drafts):
            try:
                drafts.append(_draft(text, field, labels))
            except ValueError as mistake:
                reasons.append(f"{field}: {mistake}")
    return drafts, reasons


def _draft(text: str, field: str, labels: dict[str, Label]) -> Draft:
    """A section around one label; another label is scored in it too if it lies inside (parties only in their own)."""
    low, high = _place(text, field, labels)
    section = text[low:high]
    answers = {field: labels[field].value(section)}
    for other, label in labels.items():
        inside = all(any(low <= start and end <= high for start, end in spans) for spans in label.places)
        if inside and other not in (field, "parties"):
            try:
                answers[other] = label.value(section)
            except ValueError:  # reported when a section of its own is tried
                continue
    return Draft(section, answers)


def _place(text: str, field: str, labels: dict[str, Label]) -> Span:
    """The first section that holds the label; for parties one where they contract, if possible with the date."""
    places = labels[field].places
    day = labels.get("effective_date")
    if field != "parties":
        found = [cut(text, *span) for span in islice(windows(places, text), 1)]
    else:
        wider = windows([*places, *day.places], text) if day else iter(())
        sections = (cut(text, *span) for span in chain(wider, windows(places, text)))
        found = [
            one for one in sections if CONTRACTING.search(text[slice(*one)]) and not LISTING.search(text[slice(*one)])
        ]
    if not found:
        raise ValueError(f"no {LONGEST} words of the contract hold what was highlighted")
    return found[0]


def _parties(text: str, row: Row) -> Label | None:
    if not row["Parties-Answer"].strip():
        return None
    names = wordings(row["Parties-Answer"], spans_in(row["Parties"]))
    places = _own_places(text, names)
    if not all(places):
        missing = names[places.index([])]
        raise ValueError(f"a name is not in the text: {missing[:60]!r}")
    return Label(places, lambda section: _names_in_order(section, names))


def _own_places(text: str, names: list[str]) -> list[list[Span]]:
    """Where each name stands by itself, not as part of another one ("Lake Foods" in "Blue Lake Foods")."""
    places = [locate(text, name) for name in names]
    everywhere = [span for spans in places for span in spans]
    return [
        [(a, b) for a, b in spans if not any(low <= a and b <= high and high - low > b - a for low, high in everywhere)]
        for spans in places
    ]


def _names_in_order(section: str, names: list[str]) -> list[str]:
    """Each name as the section spells it where it is first mentioned, with the full stop of its "Inc."."""
    found: list[str] = []
    for start, end in sorted(spans[0] for spans in _own_places(section, names)):
        spelled = section[start:end]
        if GOES_ON.match(section, end) or OF_ANOTHER.search(section[:start]):
            raise ValueError(f"the section has more to the name, or it is another's: {spelled[:60]!r}")
        stop = section[end : end + 1] == "." and ABBREVIATION.search(spelled[-12:] + ".")
        found.append(" ".join(spelled.split()) + ("." if stop else ")" * (spelled.count("(") - spelled.count(")"))))
    return found


def _effective_date(text: str, row: Row) -> Label | None:
    """The labelled date; the agreement date where lawyers highlighted no clause on the start at all."""
    spans, answer = spans_in(row["Effective Date"]), row["Effective Date-Answer"].strip()
    agreed = us_date(row["Agreement Date-Answer"])
    if not answer:
        if spans or not agreed:
            return None
        value: str | None = agreed
    elif (value := us_date(answer)) is None:
        raise ValueError(f"answer cannot be read: {answer[:60]!r}")
    if value == agreed:
        spans = [*spans, *spans_in(row["Agreement Date"])]
    places = [place for span in spans for place in _find(text, span)]
    dated = sorted({place for low, high in places for place in _days(text, low, high, value)})
    if not dated:
        raise ValueError(f"the date is not in the highlighted text: {answer or row['Agreement Date-Answer']!r}")
    meant = [(low, high) for low, high in dated if _starts(text, low, high, value == agreed)]
    if not meant:
        raise ValueError("the date stands in a signature, or without a word about the start")
    events = [place for span in spans if EVENT.search(span) and not find_dates(span) for place in _find(text, span)]
    against = [text[low:high] for low, high in events]
    return Label([meant], lambda section: _day(section, value, against))


def _starts(text: str, low: int, high: int, is_agreed: bool) -> bool:
    """Whether a date is that of the agreement (or of its start, if these differ), and not one beside a signature."""
    before, after = text[max(0, low - 2 * NEAR) : low], text[high : high + NEAR // 2]
    signed = SIGNING.search(before) or re.search(r"/s/|\(Date\)", after)
    return not signed and (is_agreed or bool(STARTS.search(before[-NEAR:] + " " + text[low:high] + after)))


def _days(text: str, low: int, high: int, value: str | None) -> list[Span]:
    return [(low + one.start, low + one.end) for one in find_dates(text[low:high]) if one.iso == value]


def _day(section: str, value: str | None, against: list[str]) -> str | None:
    """The date, unless the section itself says otherwise."""
    if any(clause in section for clause in against):
        raise ValueError("the section lets the start depend on an event")
    found = find_dates(section)
    own = {(one.start, one.end) for one in found if one.iso == value}
    if not own:
        raise ValueError(f"the date cannot be read in the section: {value}")
    for one in found:
        if (one.start, one.end) not in own and STARTS_ON.search(section[max(0, one.start - NEAR) : one.start]):
            raise ValueError(f"the section has another date on which something starts: {one.iso}")
    return value


def _law(text: str, row: Row) -> Label | None:
    answer = row["Governing Law-Answer"].strip()
    places = [place for span in spans_in(row["Governing Law"]) for place in _find(text, span)]
    if not answer:
        return None
    if not places:
        raise ValueError("the highlighted clause is not in the text")
    low, high = places[0]
    law_in(answer, text[low:high])
    return Label([places], lambda section: law_in(answer, section))


def _convenience(text: str, row: Row) -> Label | None:
    if row["Termination For Convenience-Answer"].strip() != "Yes":
        return None
    places = [place for span in spans_in(row["Termination For Convenience"]) for place in _find(text, span)]
    if not places:
        raise ValueError("the highlighted clause is not in the text")
    if not (ending := [(low, high) for low, high in places if ENDS.search(text[low:high])]):
        raise ValueError("what may be ended is not said to be the agreement itself")
    return Label([ending], lambda _: "for_convenience")


def _find(text: str, span: str) -> list[Span]:
    """Where a highlighted span stands; of one with gaps ("<omitted>") the stretch from its first piece to its last."""
    pieces = [locate(text, piece) for piece in span.split("<omitted>")]
    if len(pieces) == 1:
        return pieces[0]
    return list(islice(windows(pieces, text), 1))


READERS: dict[str, Callable[[str, Row], Label | None]] = {
    "parties": _parties,
    "effective_date": _effective_date,
    "governing_law": _law,
    "termination_clause_type": _convenience,
}
