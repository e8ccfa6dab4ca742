"""How figures and foreign text are spelt on the report page: one spelling for a number, and nothing invisible."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

ABSENT = "–"
LISTED = 12
"""Values of a list that are written out."""
SECRETS = frozenset({"api_key", "apikey", "authorization", "password", "secret", "token"})
UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Controls, lone surrogates, and what reorders or hides text; joiners, which scripts need, are left."""


def visible(value: Any) -> Any:
    """Every value on its way into the page: markup of our own as it is, all else as text in which nothing is hidden.

    >>> visible("a\\u202eb\\x00")
    'a⟨U+202E⟩b⟨U+0000⟩'
    """
    if isinstance(value, Markup):
        return value
    lines = "" if value is None else re.sub("\r\n?", "\n", str(value))
    return ABSENT if value is None else UNSEEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", lines)


def breakable(name: Any) -> Markup:
    """A name that may be broken after each underscore, and within a word only when that is very long."""
    parts = re.sub(r"_|[^\s_]{20}(?=[^\s_])", "\\g<0>\0", visible(name)).split("\0")
    return Markup("<wbr>").join(parts)


def known(value: Any) -> float | None:
    """The finite number that a value is, if it is one."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and math.isfinite(value) else None


def figure(value: Any) -> str:
    """A score or share with three decimals, one spelling for all of them."""
    number = known(value)
    return ABSENT if number is None else f"{number:.3f}".replace("-", "−")


def change(value: Any) -> str:
    """A difference, with its sign unless it rounds to nothing."""
    number = known(value)
    spelt = ABSENT if number is None else f"{number:+.3f}".replace("-", "−")
    return "0.000" if spelt[1:] == "0.000" else spelt


def count(value: Any) -> str:
    number = known(value)
    return ABSENT if number is None else f"{number:,.0f}"


def seconds(value: Any) -> str:
    """Seconds of an answer, of which the thousandths matter while they are few.

    >>> [seconds(value) for value in (0.0421, 28.02, 7200)]
    ['0.042', '28.02', '7,200']
    """
    number = known(value)
    return ABSENT if number is None else f"{number:,.{3 if number < 1 else 2 if number < 100 else 0}f}"


def duration(value: Any) -> str:
    """Seconds of a stage, all to the tenth, so that they stand under each other."""
    number = known(value)
    return ABSENT if number is None else f"{number:,.1f}"


def dollars(value: Any) -> str:
    number = known(value)
    return ABSENT if number is None else f"${number:,.4f}" if abs(number) < 100 else f"${number:,.2f}"


def value_text(value: Any) -> str:
    """A value of an answer: a string as it is, unless it could be taken for something else; all else as JSON.

    >>> [value_text(value) for value in ("Ghana", "280", 280, None, ["a", "b"])]
    ['Ghana', '"280"', '280', 'null', '["a", "b"]']
    """
    if isinstance(value, str):
        return json.dumps(value) if _reads_as_json(value) else value
    return json.dumps(value, ensure_ascii=False)


def _reads_as_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return not text.strip()
    return True


def plain(value: Any) -> str:
    """A setting or figure of a stage in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.6g}" if 1e-4 <= abs(value) < 1e9 or not value else f"{value:g}"
    if isinstance(value, list | tuple):
        more = [f"… ({count(len(value))} in all)"] if len(value) > LISTED else []
        return ", ".join([*map(plain, value[:LISTED]), *more]) or "none"
    return ABSENT if value is None else str(value) or "none"


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """
    >>> list(flat({"lora": {"r": 16}, "batch": [2, 8]}))
    [('lora.r', '16'), ('batch', '2, 8')]
    """
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", plain(value) if value != {} else "none"


def without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        kept = {key: inner for key, inner in value.items() if str(key).lower() not in SECRETS}
        return {key: without_secrets(inner) for key, inner in kept.items()}
    return [without_secrets(inner) for inner in value] if isinstance(value, list | tuple) else value
