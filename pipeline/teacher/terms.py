"""The terms on which a server takes requests: with a mark on the shared prefix or not, with a reply format or not.

A question is planned and filed the same whatever the server can do; the terms say how it goes out. What a server
refuses by name it is asked without from then on, unless the settings insist. What it ignores is not noticed: every
reply is checked here in any case.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipeline.config import Teacher
from pipeline.run_dir import write_json
from pipeline.teacher.client import Answer, send
from pipeline.teacher.prefix import mark_prefix
from pipeline.teacher.reply_format import in_order

if TYPE_CHECKING:
    import anthropic

FILE = "terms.json"
NAMES = {
    "caching": ("cache_control",),
    "structured": (
        "output_config",
        "output_format",
        "json_schema",
        "schema",
        "structured output",
        "response_format",
        "grammar",
    ),
}
"""Words by which a refusal names what the server does not take."""


@dataclass(frozen=True, slots=True)
class Terms:
    """`insisted` are those that the settings, whose `section` errors name, do not leave to the server."""

    caching: bool = True
    structured: bool = True
    insisted: tuple[str, ...] = ()
    ttl: Literal["5m", "1h"] = "5m"
    section: str = "teacher"

    def marks(self, params: Mapping[str, Any]) -> bool:
        """Whether this request is sent with a mark, and so may be billed for what is written to the cache."""
        return self.caching and bool(params.get("system"))

    def dress(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The body that is sent."""
        body = mark_prefix(params, self.ttl) if self.caching else dict(params)
        config = dict(body.get("output_config", {}))
        if "format" in config:
            config["format"] = in_order(config["format"])
            if not self.structured:
                del config["format"]
            body["output_config"] = config
            if not config:
                del body["output_config"]
        return body

    def without(self, *names: str) -> Terms:
        return replace(
            self,
            caching=self.caching and "caching" not in names,
            structured=self.structured and "structured" not in names,
        )

    def named(self, error: str, params: Mapping[str, Any]) -> str | None:
        """Which of the terms a refusal of this request names: it must be in force, and the request have it."""
        has = {"caching": bool(params.get("system")), "structured": "format" in params.get("output_config", {})}
        for name, words in NAMES.items():
            if getattr(self, name) and has[name] and any(word in error.lower() for word in words):
                return name
        return None


@dataclass(slots=True)
class Sender:
    """A line to the server on terms that it taught us; a request that goes without something is asked again at once."""

    client: anthropic.AsyncAnthropic
    timeout_s: float
    terms: Terms
    said: str = ""
    """The refusal that the terms came from."""

    async def __call__(self, params: Mapping[str, Any]) -> Answer:
        terms, said = self.terms, self.said
        while True:
            answer = await send(self.client, terms.dress(params), self.timeout_s)
            name = terms.named(answer.error, params) if answer.kind == "refused" else None
            if name is None:
                break
            if name in terms.insisted:
                remedy = f"{terms.section}.{name} is true and the server does not take it; set it to auto"
                return Answer("fatal", error=f"{answer.error}; {remedy}")
            terms, said = terms.without(name), answer.error
        if answer.kind == "ok":
            self.terms, self.said = terms, said
        return answer


def wanted_terms(teacher: Teacher) -> Terms:
    """What the settings ask for, before anything is known of the server."""
    insisted = tuple(name for name in NAMES if getattr(teacher, name) is True)
    return Terms(teacher.caching is not False, teacher.structured is not False, insisted, section=teacher.section)


def known_terms(folder: Path, teacher: Teacher) -> tuple[Terms, bool]:
    """The terms for a teacher, without what an earlier run was refused, and whether it was asked at all.

    Who insists asks again.
    """
    terms, found = wanted_terms(teacher), _read(folder).get(_name(teacher))
    if found is None:
        return terms, False
    return terms.without(*(name for name in NAMES if found.get(name) is False and name not in terms.insisted)), True


def keep_terms(folder: Path, teacher: Teacher, asked: Terms, sender: Sender) -> None:
    """Writes down what the server did with `asked`, for the runs that come after; delete the file to ask anew."""
    found = _read(folder)
    before = found.get(_name(teacher), {})
    taken = {name: getattr(sender.terms, name) for name in NAMES if getattr(asked, name)}
    found[_name(teacher)] = {**before, **taken, "said": sender.said or before.get("said", "")}
    write_json(folder / FILE, found)


def _name(teacher: Teacher) -> str:
    return f"{teacher.model} at {teacher.base_url or 'the default address'}"


def _read(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
