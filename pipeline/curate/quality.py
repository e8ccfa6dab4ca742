"""Quality: what a reply may have though its form is right: a refusal in words, hedging, flattery, nothing in it, the
wrong length, the wrong language.

Each check looks for what the seeds do not have. A phrase that stands in a seed is part of the task (a support task may
well say "I'm happy to help"); scripts, common words and lengths are the seeds' own. What becomes of a finding is a
setting: `reject`, `tag` or `off`.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import pyarrow as pa

from pipeline.curate.settings import Filters
from pipeline.curate.tags import add, set_column
from pipeline.curate.verdicts import Rejection, apply
from pipeline.stage import Stage, Step
from pipeline.tasks.task import TaskSource

READS = ("text", "answer", "reason", "tags")
PHRASES: Mapping[str, tuple[str, ...]] = {
    "refusal_text": (
        r"as an ai(?: language)?(?: model)?\b",
        r"\bi(?:'m| am) (?:an ai|a language model)\b",
        r"\bi(?:'m| am) unable to (?:help|assist|comply|write|draft|create|generate|provide)",
        r"\bi (?:can(?:'t|not| not)|won't|will not|must decline to) "
        r"(?:help|assist|comply|fulfil|write|draft|create|generate|continue|do that|provide)",
        r"\bi(?:'m| am) sorry,? but i\b",
        r"\b(?:against|violates?) (?:my|our) (?:guidelines|polic(?:y|ies)|programming)",
    ),
    "hedging": (
        r"it(?:'s| is) (?:important|worth) (?:to note|noting)",
        r"\b(?:may or may not|might or might not)\b",
        r"\bit depends\b",
        r"\bi(?:'m| am) not (?:entirely |completely |quite )?(?:sure|certain)",
        r"\b(?:as far as i (?:can tell|know)|to the best of my knowledge|hard to say|i (?:think|believe|guess))\b",
        r"\bnot (?:legal|medical|financial|tax) advice",
        r"\bconsult (?:with )?(?:a|an|your) (?:qualified |licensed )?(?:lawyer|attorney|doctor|physician|professional)",
    ),
    "flattery": (
        r"\b(?:great|excellent|good|wonderful) question",
        r"\byou(?:'re| are) (?:absolutely|completely|so|quite) right",
        r"\b(?:i(?:'d| would) be (?:happy|glad) to|happy to help|i hope this helps|let me know if you)",
        r"^\W*(?:certainly|of course|sure|absolutely)[!,.]",
    ),
}
"""What an assistant says to its user, which has no place in a document."""
WORDS = re.compile(r"[^\W\d_]+")
COMMON = 50
"""Common words: the most frequent over the seeds, of those that stand in a third of them."""
FEWEST = 20
"""Words below which a text's language is not asked about."""
TELLING = 0.1
"""The share of common words that nearly all seeds must reach before their absence says anything."""
FOREIGN = 0.2
"""The share of letters in scripts that the seeds hardly use, above which a text is foreign."""
REPEATED = 0.3
"""The share of different words below which a text of `LONG` words repeats itself."""
LONG = 40


@dataclass(frozen=True, slots=True)
class Finding:
    tag: str
    score: float
    detail: str


@dataclass(frozen=True, slots=True)
class Seeds:
    """What the seeds are like, which decides what is strange."""

    phrases: frozenset[str]
    """Patterns that stand in a seed."""
    scripts: frozenset[str]
    common: frozenset[str]
    least_common: float
    """The share of common words that all but one in twenty seeds reach."""
    words: tuple[int, int]

    @classmethod
    def of(cls, texts: list[str]) -> "Seeds":
        split = [_words(text) for text in texts]
        letters = Counter(script(letter) for text in texts for letter in text if letter.isalpha())
        spread = Counter(word for words in split for word in set(words))
        often = Counter(
            word for words in split for word in words if 3 * spread[word] >= len(split) and spread[word] > 1
        )
        common = frozenset(sorted(often, key=lambda word: (-often[word], word))[:COMMON])
        shares = sorted(_share(words, common) for words in split if len(words) >= FEWEST)
        lengths = [len(text.split()) for text in texts] or [0]
        return cls(
            frozenset(one for of in PHRASES.values() for one in of if any(_found(one, text) for text in texts)),
            frozenset(name for name, count in letters.items() if count >= 0.01 * letters.total()),
            common,
            shares[(len(shares) - 1) // 20] if shares else 0.0,
            (min(lengths), max(lengths)),
        )


def quality_stage(source: TaskSource, seeds: pa.Table) -> Stage:
    """Looks at what the other filters kept. `seeds` (SEED rows) travel with it."""
    texts = [text for text in seeds["text"].to_pylist() if text]
    writes = ("tags", "stage", "reason", "score", "detail")
    return Stage("quality", READS, writes, partial(_load, source.settings.filters, texts))


def _load(filters: Filters, texts: list[str]) -> Step:
    seeds = Seeds.of(texts)

    def step(table: pa.Table) -> pa.Table:
        rows = table.select(list(READS)).to_pylist()
        found = [findings(row, filters, seeds) if row["reason"] is None else [] for row in rows]
        rejections = [next((_rejected(one) for one in of if _action(one, filters) == "reject"), None) for of in found]
        tags = [
            add(row["tags"], {one.tag: round(one.score, 4) for one in of if _action(one, filters) == "tag"})
            for row, of in zip(rows, found, strict=True)
        ]
        return apply(set_column(table, "tags", tags), "quality", rejections)

    return step


def _action(finding: Finding, filters: Filters) -> str:
    if finding.tag in ("too_short", "too_long"):
        return "reject" if filters.words else "tag"
    return str(getattr(filters, finding.tag))


def _rejected(finding: Finding) -> Rejection:
    return Rejection(finding.tag, finding.score, finding.detail[:500])


def findings(row: Mapping[str, Any], filters: Filters, seeds: Seeds) -> list[Finding]:
    """What is strange about one sample; what is off is not looked for."""
    text, answer = row["text"], json.loads(row["answer"])
    said = "\n".join([text, *_strings(answer)])
    checks: dict[str, Callable[[], Iterable[Finding]]] = {
        "refusal_text": lambda: _phrases("refusal_text", said, seeds),
        "language": lambda: _language(text, seeds),
        "words": lambda: _length(text, filters, seeds),
        "hedging": lambda: _phrases("hedging", said, seeds),
        "flattery": lambda: _phrases("flattery", said, seeds),
        "shallow": lambda: _shallow(text, answer),
    }
    return [one for name, check in checks.items() if getattr(filters, name) != "off" for one in check()]


def _phrases(kind: str, text: str, seeds: Seeds) -> Iterator[Finding]:
    hits = [hit for one in PHRASES[kind] if one not in seeds.phrases for hit in _found(one, text)]
    if hits:
        yield Finding(kind, float(len(hits)), "; ".join(hits))


def _found(pattern: str, text: str) -> list[str]:
    return [match.group() for match in re.finditer(pattern, text.replace("’", "'"), re.IGNORECASE)]


def _language(text: str, seeds: Seeds) -> Iterator[Finding]:
    """Another script first; then, among texts of one script, whether the seeds' common words are there at all: a
    quarter of the share that nearly all seeds reach is the least. Seeds with few common words ask nothing.
    """
    scripts = Counter[str]()
    for letter, count in Counter(text).items():
        if letter.isalpha():
            scripts[script(letter)] += count
    foreign = sum(count for name, count in scripts.items() if name not in seeds.scripts)
    if scripts and foreign / scripts.total() > FOREIGN:
        names = ", ".join(name.lower() for name, _ in scripts.most_common() if name not in seeds.scripts)
        yield Finding("language", foreign / scripts.total(), f"letters of another script: {names}")
        return
    words = _words(text)
    if (
        seeds.least_common >= TELLING
        and len(words) >= FEWEST
        and (part := _share(words, seeds.common)) < seeds.least_common / 4
    ):
        yield Finding(
            "language", part, f"share of the seeds' common words, {seeds.least_common:.3f} in nearly every seed"
        )


def _length(text: str, filters: Filters, seeds: Seeds) -> Iterator[Finding]:
    count = len(text.split())
    fewest, most = filters.words or (seeds.words[0] // 2, 2 * seeds.words[1])
    if count < fewest:
        yield Finding("too_short", float(count), f"fewer than {fewest} words")
    if count > most:
        yield Finding("too_long", float(count), f"more than {most} words")


def _shallow(text: str, answer: Mapping[str, Any]) -> Iterator[Finding]:
    if not any(value not in (None, "", [], {}) for value in answer.values()):
        yield Finding("shallow", 0.0, "the answer has no value")
        return
    words = _words(text)
    if len(words) >= LONG and len(set(words)) / len(words) < REPEATED:
        yield Finding("shallow", len(set(words)) / len(words), "share of different words")


def _words(text: str) -> list[str]:
    return WORDS.findall(text.lower())


def _share(words: list[str], common: frozenset[str]) -> float:
    return sum(word in common for word in words) / len(words) if words else 0.0


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)


@lru_cache(maxsize=20_000)
def script(letter: str) -> str:
    """The script of a letter by its Unicode name, whose first word it is.

    >>> [script(letter) for letter in "aßжあ字"]
    ['LATIN', 'LATIN', 'CYRILLIC', 'HIRAGANA', 'CJK']
    """
    import unicodedata

    return unicodedata.name(letter, "UNKNOWN").split()[0]
