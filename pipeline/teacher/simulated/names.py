"""The contracting parties that the simulated teacher finds in a text: companies by suffix, persons by surroundings."""

import re

from pipeline.teacher.simulated.reading import Found

_SUFFIXES = (
    r"Incorporated|Inc\.?|Limited|Ltd\.?|L\.?L\.?C\.?|LLP|plc|PLC|Corporation|Corp\.?|GmbH|AG|B\.?V\.?|N\.?V\.?"
    r"|S\.?A\.?S?|S\.[rR]\.[lL]\.|AB|Oy|ApS|AS|A/S|KG|SE|Co\.|Company|L\.P\.|LP|Pty\.? Ltd\.?|Pte\.? Ltd\.?|K\.K\."
    r"|Holdings Ltd|Group plc"
)
_WORD = r"[A-Z][\w'’.-]{0,30}"
_COMPANY = re.compile(rf"\b{_WORD}(?:,? (?:&|{_WORD})){{0,5}}?,? (?:{_SUFFIXES})(?!\w)")
_PERSON = r"(?:(?:Ms|Mr|Mrs|Dr|Prof)\.? )?(?P<person>[A-Z][\w'’-]{1,20} (?:[A-Z]\. )?[A-Z][\w'’-]{1,25})"
_PERSONS = (
    re.compile(
        rf"(?:[Bb]etween|\band|with|Dear|To|Parties:|^[A-Z]\w{{3,20}}(?::| -| \|))[ \t]{_PERSON}(?=[ ,.:;\n(]|$)",
        re.MULTILINE,
    ),
    re.compile(rf"{_PERSON}(?= \(| as |,? (?:hereinafter|residing|of \d))"),
)
_LEADING = re.compile(
    r"^(?:.*(?:Agreement|Contract|Deed|Order|Work|Terms)[,:]? )?"
    r"(?:(?:The|This|Between|Dear|To|From|And|With|For|By|Of|Signed|Sincerely|Parties|On|In|Agreement|Contract|Made"
    r"|Supplier|Customer|Client|Provider|Employer|Employee|Contractor|Consultant|Company)[,:]? )*"
)
_TAIL = re.compile(r"[\s,;:]+$")
_STRANGER = re.compile(
    r"affiliate|mediator|arbitrat|auditor|bookkeep|escrow|former|subsidiar|parent|adviser,|reference|supplier, \|"
    r"|sent to \||kept by|come from|expert|also go to|\bin \||\|[^|]{0,12} bank"
)
_SIGNATURE = re.compile(r"[Ss]ign|sincerely|[Rr]egards|faithfully|wishes|for the|behalf|Respectfully")
_NOT_A_NAME = re.compile(
    r"\b(?:Agreement|Contract|Date|Terms?|Fee|Law|Clause|Notice|Services?|Effective|Governing|Schedule|Annex|Exhibit|The"
    r"|January|February|March|April|May|June|July|August|September|October|November|December|State|Province|Sir|Madam"
    r"|This|Either|Both|Neither|Any|All|No|If|Each)\b|^SOFTWARE"
)


def find_parties(text: str) -> list[str]:
    """The first two names that seem to contract (three where two act together), in order of mention."""
    found = [Found(match.start(), match.end(), match.group()) for match in _COMPANY.finditer(text)]
    names = [Found(one.start, one.end, _LEADING.sub("", one.value)) for one in found]
    for pattern in _PERSONS:
        for match in pattern.finditer(text):
            start, end = match.span("person")
            if not _SIGNATURE.search(text[max(0, start - 25) : start]):
                names.append(Found(start, end, match["person"]))
    kept = [_TAIL.sub("", one.value) for one in _apart(sorted(names)) if _contracts(text, one)]
    return list(dict.fromkeys(kept))[: 3 if "(together" in text else 2]


def _apart(names: list[Found]) -> list[Found]:
    """Of names that overlap, the first and longest."""
    kept: list[Found] = []
    for one in names:
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
        elif one.end > kept[-1].end:
            kept[-1] = one
    return kept


def _contracts(text: str, name: Found) -> bool:
    if _NOT_A_NAME.search(name.value) or " " not in name.value:
        return False
    return not _STRANGER.search(f"{text[max(0, name.start - 25) : name.start]}|{text[name.end : name.end + 22]}")
