"""Contract text as CUAD ships it (extracted from PDF): cleaning, finding a span again, cutting a section around it."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, zip_longest

Span = tuple[int, int]

SHORTEST, AIM, LONGEST = 40, 60, 120  # words of a section
HEADING = 6  # words of a sentence that goes with the one after it ("9.2 Termination for Convenience.")
REACH = 3000  # characters to either side of a span in which a section may begin or end

FOOTER = re.compile(r"Source: [^\n]{2,100}?, [^,\n]{2,20}, \d{1,2}/\d{1,2}/\d{4}")  # put there by whoever made the PDF
INVISIBLE = re.compile("[\u00ad\u200b-\u200d\ufeff]")
PAGE_NUMBER = re.compile(r"^[ \t]*(?:-[ \t]*\d{1,3}[ \t]*-|\d{1,3}|Page \d{1,3}(?: of \d{1,3})?)[ \t]*$", re.MULTILINE)
UNDERLINE = re.compile(r"-(?: -{3,}|-{2,})")
PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
TORN_ORDINAL = re.compile(r"\d ?(?:s ?t|n ?d|r ?d|t ?h)(?= day\b| of\b|,? \d{4}\b)")
TORN_LINE = re.compile(r"(?<=[a-z,])\n(?=[a-z])")
WORD = re.compile(r"[^\W_]+")

ABBREVIATION = re.compile(
    r"(?:\b(?:[a-z]|nos?|inc|corp|co|ltda?|cia|bros|mrs?|ms|dr|ste?|sec|art|[sj]r|vs|etc|al|ph|attn|tel|ave|blvd|rd|ref|fla"
    r"|cal|del|mass|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)|^\W*[\d.]+|\W[\d.]*\d)\.$",
    re.IGNORECASE,
)
SENTENCE_END = re.compile(r"[.?!][\"”’')\]]*\s+(?=[\"“‘(\[]*[A-Z0-9])|\n")
CLAUSE_END = re.compile(r"[;:,][\"”’')\]]*\s+")


def clean(text: str) -> str:
    """Paragraphs one a line, one space between words, without page numbers, footers and invisible characters.

    >>> clean("of  the\\n\\n-3-\\n\\nagreement.\\n\\nSource: ACME, INC., 10-K/A, 12/2/2019\\n\\nNext")
    'of the agreement.\\nNext'
    """
    text = UNDERLINE.sub(" ", PAGE_NUMBER.sub("", FOOTER.sub("\n\n", INVISIBLE.sub("", text))))
    text = "\n".join(" ".join(paragraph.split()) for paragraph in PARAGRAPH.split(text))
    return _mend_ordinals(TORN_LINE.sub(" ", text)).strip()


def locate(text: str, wanted: str, most: int = 50) -> list[Span]:
    """Where the words of `wanted` stand in `text` in order, whatever space, case, quotes and punctuation are between.

    >>> locate("by ACME,  INC. (“Acme”) and", "Acme, Inc.")
    [(3, 13)]
    """
    words = [word.lower() for word in WORD.findall(_mend_ordinals(INVISIBLE.sub("", FOOTER.sub(" ", wanted))))]
    if not words:
        return []
    lowered = _lowered(text)
    found: list[Span] = []
    start = lowered.find(words[0])
    while start >= 0 and len(found) < most:
        end = _end_of(words, lowered, start)
        if end is not None:
            found.append((start, end))
        start = lowered.find(words[0], end or start + 1)
    return found


@lru_cache(maxsize=2)
def _lowered(text: str) -> str:
    """As long as the text; kept for the contract in work and its section, in which many names are looked up."""
    return text.replace("İ", "I").lower()  # the one letter that is longer as a small one


def _end_of(words: list[str], lowered: str, start: int) -> int | None:
    """Where the words end if these, and nothing but them, stand from `start` on."""
    if lowered[start - 1 : start].isalnum():
        return None
    end = start
    for word, match in zip_longest(words, islice(WORD.finditer(lowered, start), len(words))):
        if match is None or match.group() != word:
            return None
        end = match.end()
    return end


def windows(places: list[list[Span]], text: str) -> Iterator[Span]:
    """The stretches of at most LONGEST words that hold one span out of each list, from the start of the text."""
    for start in sorted({span[0] for spans in places for span in spans}):
        ends = [next((span[1] for span in spans if span[0] >= start), None) for spans in places]
        reached = [end for end in ends if end is not None]
        if reached and len(reached) == len(places) and word_count(text, start, max(reached)) <= LONGEST:
            yield start, max(reached)


def cut(text: str, start: int, end: int) -> Span:
    """A section of 40 to 120 words around text[start:end] (a longer span alone), of whole sentences or lines where
    these are short enough, else of whole clauses."""
    sentences = _marks(text, start, end, clauses=False)
    low, high = _around(sentences, start, end)
    heading = max((mark for mark in sentences if mark < low), default=low)
    if word_count(text, heading, low) <= HEADING:
        low = heading
    if word_count(text, low, high) > LONGEST:
        low, high = _trim(text, start, end, low, high)
    low, high = _grow(text, low, high, sentences, AIM)
    if word_count(text, low, high) < SHORTEST:
        low, high = _grow(text, low, high, _marks(text, start, end, clauses=True), SHORTEST)
    return _strip(text, low, high)


def _mend_ordinals(text: str) -> str:
    """ "20t h day" and "20 th day": what a raised "th" becomes on its way through a PDF."""
    return TORN_ORDINAL.sub(lambda found: found.group().replace(" ", ""), text)


def word_count(text: str, start: int, end: int) -> int:
    return len(text[start:end].split())


def _marks(text: str, start: int, end: int, clauses: bool) -> list[int]:
    """Where sentences (and clauses) begin, from REACH before the span to REACH after it."""
    low, high = max(0, start - REACH), min(len(text), end + REACH)
    marks = [low, high] if low == 0 else [high]
    for match in SENTENCE_END.finditer(text, low, high):
        if match.group() == "\n" or not ABBREVIATION.search(text[max(low, match.start() - 12) : match.start() + 1]):
            marks.append(match.end())
    if clauses:
        marks += [match.end() for match in CLAUSE_END.finditer(text, low, high)]
    return sorted(set(marks))


def _around(marks: list[int], start: int, end: int) -> Span:
    before = max((mark for mark in marks if mark <= start), default=start)
    return before, min((mark for mark in marks if mark >= end), default=end)


def _trim(text: str, start: int, end: int, low: int, high: int) -> Span:
    marks = _marks(text, start, end, clauses=True)
    lows = [mark for mark in marks if low <= mark <= start] or [start]
    highs = [mark for mark in marks if end <= mark <= high] or [end]
    fitting = [(a, b) for a in [*lows, start] for b in [*highs, end] if word_count(text, a, b) <= LONGEST]
    return max(fitting, key=lambda span: word_count(text, *span), default=(start, end))


def _grow(text: str, low: int, high: int, marks: list[int], aim: int) -> Span:
    """The sentence after, then the one before, and so on, until the section has `aim` words or nothing more fits."""
    while word_count(text, low, high) < aim:
        after = min((mark for mark in marks if mark > high), default=high)
        before = max((mark for mark in marks if mark < low), default=low)
        options = [(low, after), (before, high)]
        fitting = [span for span in options if span != (low, high) and word_count(text, *span) <= LONGEST]
        if not fitting:
            break
        low, high = fitting[0]
    return low, high


def _strip(text: str, low: int, high: int) -> Span:
    low += len(text[low:high]) - len(text[low:high].lstrip())
    return low, low + len(text[low:high].rstrip())
