"""Prompts: a pass is a Jinja template with two blocks, `system` (shared by all requests) and `user`.

Templates run in Jinja's sandbox, and seeds and replies only ever enter as values, so markup inside them stays text.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from pipeline.errors import InputError

_ENVIRONMENT = SandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)


def render(source: str, where: str, values: Mapping[str, Any]) -> dict[str, str]:
    """The blocks of a template by name; a template without blocks is all `user`. Raises InputError naming file and
    line.
    """
    try:
        template = _compiled(source)
        if not template.blocks:
            return {"user": template.render(values).strip()}
        context = template.new_context(dict(values))
        return {name: "".join(block(context)).strip() for name, block in template.blocks.items()}
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        raise InputError(f"{where}:{line or ''} {error.message or error}; mend the template") from error
    except Exception as error:
        raise InputError(f"{where}: raised {type(error).__name__} ({error}); mend the template") from error


@lru_cache(maxsize=64)
def _compiled(source: str) -> Template:
    return _ENVIRONMENT.from_string(source)


def to_messages(blocks: Mapping[str, str], where: str) -> tuple[str | None, list[dict[str, str]]]:
    """(system prompt or None, messages) of rendered blocks. Raises InputError for other blocks, or nothing to ask."""
    unknown = set(blocks) - {"system", "user"}
    if unknown or "user" not in blocks:
        raise InputError(f"{where}: has blocks {sorted(blocks)}; give `user`, and `system` if wanted")
    if not blocks["user"]:
        raise InputError(
            f"{where}: gives an empty prompt; write what is asked for, in the block `user` if it has blocks"
        )
    return blocks.get("system"), [{"role": "user", "content": blocks["user"]}]
