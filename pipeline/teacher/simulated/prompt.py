"""The kinds of prompt that the simulated teacher understands: draft a section, label or annotate a document, or judge.

A draft prompt carries `<cell>`, `<variation>` and `<style_reference>` blocks, a label prompt one `<document>` block, an
annotation prompt a `<deal>` block (the view from which the document is read) and then the `<document>`,
and a judge's prompt `<cell>`, `<judged_answer>` (one line) and `<judged_text>`, in this order.
A seed or document may hold such tags itself, so each block runs from its first opening to its last closing tag, and
what lies within a style reference or a document is never searched for the other blocks.

>>> read_prompt("<cell>\\nlayout: letter\\n</cell>\\n<variation>2 of 9</variation>").cell
{'layout': 'letter'}
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_VARIATION = re.compile(r"<variation>[ \t]*(\d{1,9})(?:[ \t]+of[ \t]+(\d{1,9}))?[ \t]*</variation>")

_JUDGED = re.compile(
    r"(?P<cell><cell>\n(?:[^\n<]*\n)*)</cell>\n<judged_answer>\n(?P<answer>[^\n]*)\n</judged_answer>\n"
    r"<judged_text>\n(?P<text>.*)\n</judged_text>",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class DraftPrompt:
    raw: str
    cell: Mapping[str, str]
    variation: int
    variations: int
    seed: str


@dataclass(frozen=True, slots=True)
class LabelPrompt:
    raw: str
    document: str
    after: str = ""
    """What the prompt says below the document: another number of a reading is another reading."""


@dataclass(frozen=True, slots=True)
class JudgePrompt:
    raw: str
    cell: Mapping[str, str]
    answer: str
    text: str


@dataclass(frozen=True, slots=True)
class AnnotatePrompt:
    raw: str
    deal: str
    document: str


def read_prompt(user_text: str) -> DraftPrompt | LabelPrompt | AnnotatePrompt | JudgePrompt | None:
    """None when the text has neither a `<cell>` on a line of its own nor a `<document>`."""
    if match := _JUDGED.match(user_text):
        return JudgePrompt(user_text, _read_cell(match["cell"]), match["answer"].strip(), match["text"].strip("\r\n"))
    document, closing = user_text.find("<document>"), user_text.rfind("</document>")
    openings = (_first(user_text, "<cell>"), _first(user_text, "<style_reference>"))
    drafting = min((at for at in openings if at >= 0), default=-1)
    deal = _first(user_text[: max(document, 0)], "<deal>")
    if 0 <= deal < document < closing and (drafting < 0 or deal < drafting):
        view = user_text[deal + len("<deal>") : document].partition("</deal>")[0]
        return AnnotatePrompt(user_text, view, user_text[document + len("<document>") : closing].strip("\r\n"))
    if 0 <= document < closing and (drafting < 0 or document < drafting):
        inside = user_text[document + len("<document>") : closing].strip("\r\n")
        return LabelPrompt(user_text, inside, user_text[closing + len("</document>") :].strip())
    return _read_draft(user_text)


def _read_draft(text: str) -> DraftPrompt | None:
    seed_at = _seed_span(text)
    outside = text[: seed_at[0]] + text[seed_at[1] :]
    opening, closing = _first(outside, "<cell>"), _last(outside, "</cell>")
    if not 0 <= opening < closing:
        return None
    seed = text[seed_at[0] : seed_at[1]].strip().removeprefix("<style_reference>").removesuffix("</style_reference>")
    match = _variation(text, seed_at)
    number, total = (int(match[1]), int(match[2] or match[1])) if match else (1, 1)
    return DraftPrompt(text, _read_cell(outside[opening:closing]), number, total, seed.strip("\r\n"))


def _read_cell(block: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in block.splitlines()[1:])
    return {name.strip(): value.strip() for name, colon, value in pairs if colon}


def _variation(text: str, seed_at: tuple[int, int]) -> re.Match[str] | None:
    matches = _VARIATION.finditer(text)
    return next((m for m in matches if not seed_at[0] <= m.start() < seed_at[1]), None)


def _seed_span(text: str) -> tuple[int, int]:
    """Where the style reference stands, tags included; an empty span where there is none."""
    opening, closing = _first(text, "<style_reference>"), _last(text, "</style_reference>")
    return (opening, closing + len("</style_reference>")) if 0 <= opening < closing else (0, 0)


def _first(text: str, tag: str) -> int:
    match = re.search(rf"(?m)^[ \t]*({tag})[ \t]*\r?$", text)
    return match.start(1) if match else -1


def _last(text: str, tag: str) -> int:
    """The last line that is this tag alone; found backwards, so that a long seed costs one pass."""
    at = text.rfind(tag)
    while at >= 0:
        line = text[text.rfind("\n", 0, at) + 1 : at] + text[at + len(tag) :].partition("\n")[0]
        if not line.strip():
            return at
        at = text.rfind(tag, 0, at)
    return -1
