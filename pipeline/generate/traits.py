"""Traits of how a text is typed, that a reader of the text alone can check; several may hold of one text.

English is assumed where words are looked for.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.generate.slips import slips

_WORDS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n+")
_FUNCTION = frozenset(
    """
a an the this that these those my your our their his her its i me you he she it we they him them us is are was were am
be been being do does did have has had will would shall should can could may might must to of in on at by for from with
about into as and or but if because not so than then there which who what when where why how
""".split()
)
_TEXTING = re.compile(
    r"(?<![\w’'.&-])(?:u|ur|r|pls|plz|plse|thx|thnx|thks|tnx|ty|asap|btw|idk|omg|lol|imo|fyi|b4|gr8|2day|2moro|2nite"
    r"|tmrw|tmr|gonna|wanna|gotta|cuz|coz|bcoz|bcz|tho|thru|acct|ppl|abt|hv|hav|wat|wen|ya|yep|nope"
    r"|dnt|cud|shud|wud|dat|dis|wid|w/o)(?![\w’'./&-])"
)
_BARE = re.compile(
    r"\b(?:dont|doesnt|didnt|isnt|arent|wasnt|werent|cant|couldnt|wouldnt|shouldnt|havent|hasnt|hadnt|aint|im|ive|youre"
    r"|youve|theyre|weve|thats|whats|wheres|hows|theres|heres|lets)\b",
    re.IGNORECASE,
)
_REPEATED = re.compile(r"[!?]{2,}|,{2,}|\.{2,}")
_ASKS = re.compile(
    r"(?i)\s*(?:(?:and|also|but|so|hi|hello|hey|ok|yes|no)\b[\s,]*)*(?:what|where|when|why|how|who|which|is|are|am|was"
    r"|were|do|does|did|can|could|will|would|shall|should|may|please|pls|plz|kindly|i (?:want|need|would like|wanna"
    r"|wish)|i['’]d like|tell|show|give|send|help|let|cancel|change|check|refund|explain|remove|update|close|stop|order"
    r"|need|want|book)\b"
)
_POLITE = re.compile(r"(?i)\b(?:please|kindly|thank(?:s| you)|dear|regards|sincerely|grateful|appreciate)\b")
FEW = 6
"""Words of a short text."""
SPOKEN = 60
"""Words up to which a text can be a request at all; a longer one is a document."""


def _words(text: str) -> list[str]:
    return _WORDS.findall(text)


def _is_short(text: str) -> bool:
    return len(_words(text)) <= FEW


def _is_clipped(text: str) -> bool:
    words = [word.lower() for word in _words(text)]
    return 3 <= len(words) <= SPOKEN and 4 * sum(word in _FUNCTION for word in words) < len(words)


def _has_letters_without_capital(text: str) -> bool:
    return any(letter.islower() for letter in text) and not any(letter.isupper() for letter in text)


def _starts_small(text: str) -> bool:
    first = next((letter for letter in text if letter.isalpha()), "")
    return first.islower()


def _shouts(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    return len(letters) >= 8 and all(letter == letter.upper() for letter in letters) and letters[0].isupper()


def _has_no_end(text: str) -> bool:
    return text.rstrip()[-1:].isalnum()


def _is_unpunctuated(text: str) -> bool:
    return len(_words(text)) > FEW and not re.search(r"[.,;:!?](?=\s|$)", text)


def _asks_twice(text: str) -> bool:
    parts = [part for part in _SENTENCES.split(text) if _words(part)]
    return len(_words(text)) <= SPOKEN and sum(part.endswith("?") or bool(_ASKS.match(part)) for part in parts) > 1


def _is_indirect(text: str) -> bool:
    parts = [part for part in _SENTENCES.split(text) if _words(part)]
    asks = "?" in text or any(_ASKS.match(part) for part in parts) or bool(_POLITE.search(text))
    return FEW < len(_words(text)) <= SPOKEN and not asks


@dataclass(frozen=True, slots=True)
class Trait:
    """What is looked for: whether a text has it, and an example that has."""

    holds: Callable[[str], bool]
    meaning: str
    example: str


TRAITS: Mapping[str, Trait] = MappingProxyType(
    {
        "short": Trait(_is_short, f"{FEW} words or fewer", "Where is my card?"),
        "clipped": Trait(
            _is_clipped, "fewer than one function word in four", "Order 4471 arrived broken, want refund today"
        ),
        "lower_case": Trait(_has_letters_without_capital, "no capital at all", "i lost my card in paris"),
        "no_capital": Trait(_starts_small, "begins with a small letter", "my flight to Rome is late."),
        "shouting": Trait(_shouts, "capitals only", "WHERE IS MY ORDER"),
        "no_end": Trait(_has_no_end, "ends without a mark", "Where is my order"),
        "unpunctuated": Trait(
            _is_unpunctuated, "no mark after any word", "i paid twice and the shop says no so what now"
        ),
        "no_apostrophe": Trait(
            lambda text: bool(_BARE.search(text)), "a contraction without its apostrophe", "I cant log in."
        ),
        "repeated_punctuation": Trait(lambda text: bool(_REPEATED.search(text)), "!!, ?!, ,, or ..", "Still nothing!!"),
        "texting": Trait(
            lambda text: bool(_TEXTING.search(text.lower())), "a short form of a word", "pls send it b4 monday"
        ),
        "misspelt": Trait(
            lambda text: bool(slips(text)),
            "a slip in one of some 200 common words; a lower bound",
            "I have not recieved it.",
        ),
        "several_requests": Trait(
            _asks_twice, "two sentences or more that ask", "Where is my card? And can I change the PIN?"
        ),
        "indirect": Trait(
            _is_indirect, "a request that is not put as one", "My card has still not come after two weeks."
        ),
        "polite": Trait(
            lambda text: bool(_POLITE.search(text)), "please, thanks, dear, regards", "Could you check, please?"
        ),
    }
)


def traits_of(text: str) -> frozenset[str]:
    """
    >>> sorted(traits_of("pls cancel my order"))
    ['lower_case', 'no_capital', 'no_end', 'short', 'texting']
    """
    return frozenset(name for name, trait in TRAITS.items() if trait.holds(text))
