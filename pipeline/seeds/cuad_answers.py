"""The lawyers' free-form answers in CUAD, put into the words of the contract: parties, dates, jurisdictions, types."""

import ast
import re
from datetime import date
from difflib import SequenceMatcher
from functools import partial
from pathlib import PurePath

from pipeline.seeds.cuad_text import WORD
from pipeline.tasks.contracts.normalise import grounded

# The kind of contract is read off the title at the end of CUAD's file name; the first row that matches decides. The
# maintenance of capital or of a yield is a guarantee, remarketing sells securities, a trademark or patent licence is
# no software: these are "other", as are alliances, endorsement, sponsorship, franchise, supply, intellectual property.
CONTRACT_TYPES = (
    ("other", r"(?:capital|yield|income) maintenance|remarketing|joint (?:venture|filing|development)"),
    ("NDA", r"confidential|non-?disclosure|\bnda\b"),
    ("employment", r"employment"),
    ("SaaS", r"hosting|software|web ?site|content licen[cs]e|licen[cs]e and maintenance|saas|subscription"),
    ("services", r"servic|consult|maintenance|outsourc|agency|transportation"),
    ("services", r"marketing|distribut|resell|promotion|affiliate"),
    ("other", r""),
)
TITLE = re.compile(r"EX[-\d.]*(?:1A-6 MAT CTRCT)?[\d.]*[A-Z]?(?:\([^)]*\))*[-_]| - ")

ALSO_KNOWN = re.compile(
    r",?\s*\(?\b(?:d\s?/?\s?b\s?/?\s?a|[afn]/k/a|formerly|doing\s+business\s+as|also\s+known\s+as)\b.*", re.I | re.S
)
LEGAL_FORM = re.compile(
    r"\b(?:inc|corp|corporation|company|co|ltd|limited|llc|l\.l\.c|lp|l\.p|llp|plc|gmbh|ag|n\.?v|b\.?v|s\.?a|s\.?r\.?l|n\.a"
    r"|ltda|pty|university|bank|trust|fund)\b",
    re.I,
)
QUOTED = re.compile(r"[\"“”]([^\"“”]+)[\"“”]")
PARENTHESES = re.compile(r"\([^()]*\)")
QUOTE = re.compile(r"[\"“”‘’ʺ?]|(?<!\w)'|'(?!\w)")
TOGETHER = re.compile(r"\b(?:individually|collectively|each|hereinafter|referred|together)")
PHRASE = re.compile(r"\b(?:are|is|each|referred|individually|collectively|together|formerly|if|and its)\b")
ARTICLE = re.compile(r"^the\s+", re.I)
ROLES = frozenset(
    "you your we us our party parties company client customer supplier vendor licensor licensee distributor consultant "
    "franchisee franchisor affiliate seller buyer owner operator contractor agent sponsor borrower lender guarantor "
    "guarantors marketing master individual entity undersigned".split()
)
LEGAL_ROLES = frozenset(["company"])  # roles that also end a name
COUNTRIES = frozenset(
    ["canada", "usa", "us", "u.s.a.", "united states", "united states of america", "united kingdom", "australia"]
)
ALIKE = 0.85  # ratio at which a misspelt answer ("Mount Kowledge") still means a highlighted name


def contract_type(title: str) -> str:
    """NDA, SaaS, services, employment or other, from a file name such as "X_10-K_EX-10.1_1_Hosting Agreement.pdf"."""
    name = TITLE.split(PurePath(title).stem)[-1].lower()
    return next(kind for kind, pattern in CONTRACT_TYPES if re.search(pattern, name))


def spans_in(cell: str) -> list[str]:
    """The highlighted spans of a cell: "['a', 'b']" → ["a", "b"]; a cell that is no such list has none."""
    try:
        spans = ast.literal_eval(cell)
    except (ValueError, SyntaxError):
        return []
    return [span for span in spans if isinstance(span, str)] if isinstance(spans, list) else []


def us_date(answer: str) -> str | None:
    """CUAD writes month/day/year: "5/8/14" → "2014-05-08"; "" and blanks such as "09/[]/2018" → None."""
    if not (match := re.fullmatch(r"\s*(\d{1,2})/(\d{1,2})/(\d{4}|\d\d)\s*", answer)):
        return None
    month, day, year = (int(part) for part in match.groups())
    try:
        return date(year + (0 if year > 99 else 2000 if year < 70 else 1900), month, day).isoformat()
    except ValueError:
        return None


def names_in(answer: str) -> list[str]:
    """The names in an answer, without aliases; parentheses without a quoted alias belong to the name.

    >>> names_in('Acme (Asia) Ltd. ("Acme"); Ann Bee d/b/a Bee ("B"); Acme and B (each a "Party")')
    ['Acme (Asia) Ltd.', 'Ann Bee']
    """
    pieces = [_plain(piece) for piece in _without_aliases(answer).split(";")]
    known = {_key(alias) for alias in QUOTED.findall(answer)} | {
        _key(piece) for piece in pieces if " and " not in piece
    }
    names = []
    for piece in pieces:
        together = [_key(part) for part in re.split(r",|\band\b|&", piece)]
        repeated = len(together) > 1 and all(part in known or not part for part in together)
        if _key(piece) and not repeated and not TOGETHER.search(piece):
            names.append(piece)
    return list(dict.fromkeys(names))


def wordings(answer: str, spans: list[str]) -> list[str]:
    """The names of an answer as the contract spells them, that is as the lawyers highlighted them.

    Raises ValueError where the answer holds fewer than two names (a role or a blank stands for the other party), a
    phrase that is no plain name, or not all the companies that were highlighted.
    """
    marked = [name for span in spans if (name := _plain(_without_aliases(span).split(": ")[-1]))]
    marked += [name for name in map(_without_role, marked) if name not in marked]
    found = []
    for name in names_in(answer):
        role = not set(WORD.findall(name.lower())) - ROLES or (name.islower() and not LEGAL_FORM.search(name))
        if role or len(name.split()) > 10 or " on behalf of " in name:
            raise ValueError(f"the answer names no plain name: {name[:60]!r}")
        best = max(marked, key=partial(_alike, name), default=name)
        found.append(best if _alike(name, best) >= ALIKE else name)
    if len(set(map(_key, found))) < len(found):
        raise ValueError(f"two names of the answer are one in the contract: {answer[:60]!r}")
    if len(found) < 2:
        raise ValueError(f"the answer has fewer than two names: {answer[:60]!r}")
    aliases = {_key(_plain(alias)) for alias in QUOTED.findall(answer)}
    for span in marked:
        is_company = LEGAL_FORM.search(span) and not PHRASE.search(span) and _key(span) not in aliases
        if is_company and max(_alike(span, name) for name in found) < ALIKE:
            raise ValueError(f"a highlighted company is not in the answer: {span[:60]!r}")
    return found


def law_in(answer: str, text: str) -> str:
    """The jurisdiction by its name alone ("Ontario, Canada" → "Ontario"); ValueError if the text does not name it."""
    name, *rest = (part.strip() for part in re.split(r"[;,]", answer))
    name = re.sub(r"^(?:the\s+)?(?:State|Province|Commonwealth)\s+of\s+", "", name)
    if not WORD.search(name):
        raise ValueError(f"answer cannot be read: {answer!r}")
    if others := [part for part in rest if part.lower() not in COUNTRIES]:
        raise ValueError(f"more than one jurisdiction in the answer: {', '.join([name, *others])[:60]!r}")
    if not grounded("governing_law", name, text):
        raise ValueError(f"the answer is not in the section: {name!r}")
    return name


def _without_aliases(text: str) -> str:
    before = ""
    while text != before:
        before = text
        text = PARENTHESES.sub(
            lambda found: " " if QUOTE.search(found.group()) else f"\x01{found.group()[1:-1]}\x02", text
        )
    return text.replace("\x01", "(").replace("\x02", ")")


def _plain(name: str) -> str:
    name = re.sub(r'[,\s]*["“].*$', "", ALSO_KNOWN.sub("", name), flags=re.S)
    name = name.strip(" ,;:()") if name.count("(") != name.count(")") else name.strip(" ,;:")
    return ARTICLE.sub("", " ".join(name.split()))


def _without_role(name: str) -> str:
    """ "PARK FUNDING LLC SPONSOR" → "PARK FUNDING LLC" """
    words = name.split()
    while len(words) > 1 and words[-1].lower() in ROLES - LEGAL_ROLES:
        words.pop()
    return " ".join(words).rstrip(",")


def _key(name: str) -> str:
    return " ".join(WORD.findall(name.lower()))


def _alike(one: str, other: str) -> float:
    """How alike two names are, from ALIKE to 1; 0 below that, which two quick bounds show of most."""
    a, b = _key(one), _key(other)
    if a == b:
        return 1.0
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    bounds = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)
    return matcher.ratio() if all(bound() >= ALIKE for bound in bounds) else 0.0
