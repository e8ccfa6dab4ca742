"""Words of a text in a comparable form, and the search for a phrase among them.

>>> words("Harbor Lane Foods, L.L.C.")
['harbor', 'lane', 'foods', 'llc']
>>> contains_tokens("made by HARBOR  LANE\\nFoods, LLC and others", "Harbor Lane Foods L.L.C.")
True
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

_DOTTED = re.compile(r"\b(?:[^\W\d_]\.){2,}(?:[^\W\d_]\b)?")
_WORD = re.compile(r"[^\W_]+")
_BROKEN = re.compile(r"(?<=[^\W\d_])[-‐‑\u00ad]\s*\n\s*(?=[^\W\d_])")
_NONE: Mapping[str, str] = {}
_SHORT = 20_000  # characters of a text whose words are kept


def words(text: str, synonyms: Mapping[str, str] = _NONE) -> list[str]:
    """Lower-case words without punctuation; "&" is "and", "L.L.C." is "llc"; each word is replaced by its synonym."""
    found = _folded(text) if len(text) <= _SHORT else _folded.__wrapped__(text)
    return [synonyms.get(word, word) for word in found] if synonyms else list(found)


@lru_cache(maxsize=512)
def _folded(text: str) -> tuple[str, ...]:
    """Several filters, one after another, look for several phrases each in the texts of a block."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u00ad", "").replace("&", " and ")
    joined = _DOTTED.sub(lambda dotted: dotted.group().replace(".", "") + " ", folded)
    return tuple(_WORD.findall(joined))


def contains_tokens(text: str, phrase: str, synonyms: Mapping[str, str] = _NONE) -> bool:
    """Whether the words of `phrase` follow one another in `text`; a word hyphenated at a line end counts both ways."""
    wanted = _padded(words(phrase, synonyms))
    if not wanted.strip():
        return False
    if wanted in _padded(words(text, synonyms)):
        return True
    mended = _BROKEN.sub("", text)
    return mended != text and wanted in _padded(words(mended, synonyms))


def _padded(parts: list[str]) -> str:
    return f" {' '.join(parts)} "
