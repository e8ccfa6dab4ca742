"""Comparable forms of the five facts of a contract section, and whether a fact stands in the text.

>>> normalise("parties", ["Harbor Lane Foods, Incorporated", "Ames & Co."])
['ames and co', 'harbor lane foods inc']
>>> normalise("governing_law", "the laws of the State of New York")
'new york'
"""

import json
import re
import unicodedata
from typing import Any

from pipeline.tasks.currencies import names_currency
from pipeline.tasks.dates import find_dates, parse_date
from pipeline.tasks.money import find_amounts, parse_amount
from pipeline.tasks.tokens import contains_tokens, words

SUFFIXES = {
    "incorporated": "inc", "limited": "ltd", "corporation": "corp", "company": "co", "companies": "cos",
    "proprietary": "pty", "private": "pvt",
}  # fmt: skip
"""Legal suffixes with two spellings. Also applied to the text, so that either spelling is found there."""

_LAW_OF = re.compile(
    r"^(?:the|this|substantive|domestic|internal|applicable|laws?|statutes|of|in|under"
    r"|(?:state|province|commonwealth|canton|emirate|(?:federal )?republic|(?:united )?kingdom|federation"
    r"|(?:grand )?duchy|principality|sultanate|(?:australian )?(?:state|territory)|people s republic|territory) of) "
)
_LAW_TAIL = re.compile(r" (?:state )?(?:law|laws)(?: (?:governs?|applies))?$")
_COUNTRY_TAIL = re.compile(
    r"(?<=\w) (?:and the (?:federal )?laws of .*|(?:united states(?: of america)?|usa|us|canada|australia|uk"
    r"|united kingdom))$"
)
_SAME_LAW = {
    "england": "england and wales", "wales": "england and wales", "english": "england and wales",
    "wales and england": "england and wales", "england wales": "england and wales",
    "new york state": "new york", "washington state": "washington", "ny": "new york", "us": "united states",
    "usa": "united states", "united states of america": "united states", "america": "united states",
    "uk": "united kingdom", "great britain and northern ireland": "united kingdom", "prc": "china",
    "hong kong sar": "hong kong", "hong kong special administrative region": "hong kong", "nsw": "new south wales",
    "holland": "netherlands", "roc": "taiwan", "korea": "south korea", "eire": "ireland",
    "northern irish": "northern ireland", "dc": "district of columbia", "washington dc": "district of columbia",
    "russian federation": "russia",
    "czechia": "czech republic", "czech": "czech republic", "uae": "united arab emirates",
}  # fmt: skip
_ADJECTIVES = {
    "english": "england and wales", "scots": "scotland", "scottish": "scotland", "welsh": "england and wales",
    "irish": "ireland", "french": "france", "german": "germany", "austrian": "austria", "swiss": "switzerland",
    "dutch": "netherlands", "belgian": "belgium", "luxembourgish": "luxembourg", "spanish": "spain",
    "portuguese": "portugal",
    "italian": "italy", "maltese": "malta", "greek": "greece", "danish": "denmark", "swedish": "sweden",
    "norwegian": "norway", "finnish": "finland", "icelandic": "iceland", "polish": "poland", "hungarian": "hungary",
    "romanian": "romania", "bulgarian": "bulgaria", "croatian": "croatia", "estonian": "estonia", "latvian": "latvia",
    "lithuanian": "lithuania", "turkish": "turkey", "israeli": "israel", "indian": "india", "pakistani": "pakistan",
    "chinese": "china", "japanese": "japan", "korean": "south korea", "singaporean": "singapore",
    "malaysian": "malaysia", "indonesian": "indonesia", "thai": "thailand", "vietnamese": "vietnam",
    "philippine": "philippines", "australian": "australia", "canadian": "canada", "mexican": "mexico",
    "brazilian": "brazil", "argentine": "argentina", "chilean": "chile", "colombian": "colombia", "kenyan": "kenya",
    "nigerian": "nigeria", "ghanaian": "ghana", "egyptian": "egypt", "texan": "texas", "californian": "california",
    "queenslander": "queensland", "victorian": "victoria", "quebecois": "quebec", "bermudian": "bermuda",
    "russian": "russia", "ukrainian": "ukraine", "czech": "czech republic", "slovak": "slovakia",
    "slovenian": "slovenia", "cypriot": "cyprus", "northern irish": "northern ireland", "south african": "south africa",
}  # fmt: skip


def normalise(field: str, value: Any) -> Any:
    """The canonical JSON value that equal answers share; a value of a wrong type becomes its lower-case JSON."""
    if value is None:
        return None
    if field == "parties" and isinstance(value, list) and all(isinstance(name, str) for name in value):
        return sorted(" ".join(words(name, SUFFIXES)) for name in value)
    if field == "effective_date" and isinstance(value, str) and parse_date(value):
        return parse_date(value)
    if field == "payment_amount" and (amount := parse_amount(value)):
        return {"amount": str(amount[0]), "currency": amount[1]}
    if field == "governing_law" and isinstance(value, str):
        return jurisdiction(value)
    if field == "termination_clause_type" and isinstance(value, str):
        return "_".join(words(value.replace("_", " ")))
    return " ".join(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).lower().split())


def grounded(field: str, value: Any, text: str) -> bool | None:
    """Whether the value stands in the text; None where that cannot be asked (null, an enumeration)."""
    if value is None or field == "termination_clause_type":
        return None
    if field == "parties":
        names = value if isinstance(value, list) else [None]
        return all(isinstance(name, str) and contains_tokens(text, name, SUFFIXES) for name in names)
    if field == "effective_date":
        iso = parse_date(value) if isinstance(value, str) else None
        return iso is not None and any(found.iso == iso for found in find_dates(text))
    if field == "payment_amount":
        return _pays(value, text)
    return isinstance(value, str) and _names_law(jurisdiction(value), text)


def jurisdiction(name: str) -> str:
    """The bare name of a jurisdiction: "Province of Ontario, Canada" and "Ontario law" are "ontario"."""
    bare = _LAW_TAIL.sub("", " ".join(words(_unaccented(name))))
    while shorter := _LAW_OF.match(bare):
        bare = bare[shorter.end() :]
    bare = _COUNTRY_TAIL.sub("", bare).strip()
    return _SAME_LAW.get(bare, _ADJECTIVES.get(bare, bare))


def _pays(value: Any, text: str) -> bool:
    """A bare "$" may be any dollar that the text names elsewhere ("all sums are in Canadian dollars")."""
    amount = parse_amount(value)
    same = [found for found in find_amounts(text) if amount and found.amount == amount[0]]
    if amount is None or not same:
        return False
    if any(found.currency in (amount[1], None) for found in same):
        return True
    return any(not found.certain for found in same) and names_currency(text, amount[1])


def _names_law(bare: str, text: str) -> bool:
    """Under its name, another name of it, or as an adjective ("Scots law")."""
    unaccented = _unaccented(text)
    short = [name for name in other_names(bare) if len(name) < 4]  # "us" must read "US" or "U.S."
    initials = any(re.search(rf"\b{r'[.]?'.join(name.upper())}\b", text) for name in short)
    return initials or any(
        contains_tokens(unaccented, name) for name in (bare, *other_names(bare)) if name not in short
    )


def _unaccented(text: str) -> str:
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def other_names(bare: str) -> list[str]:
    """Under what else a jurisdiction goes: "england and wales" also as "english"."""
    return [other for table in (_SAME_LAW, _ADJECTIVES) for other, same in table.items() if same == bare]
