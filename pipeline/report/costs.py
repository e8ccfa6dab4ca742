"""What the run cost, stage by stage, in seconds, tokens and dollars; and what answers of the students cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.report.wording import ABSENT, count, dollars, duration, known

SPENT = (("seconds", duration), ("input_tokens", count), ("output_tokens", count), ("dollars", dollars))
ESTIMATE = "plan"
"""The stage whose tokens and dollars are a forecast and were not spent."""


@dataclass(frozen=True, slots=True)
class Costs:
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    total: tuple[str, ...]
    planned: str
    per_thousand: str
    cached: str
    besides: str
    students: tuple[tuple[str, tuple[str, ...]], ...]


def costs(record: Mapping[str, Any], results: Mapping[str, Mapping[str, Any]], ledger: float = 0.0) -> Costs:
    """`ledger` are the dollars of all calls in it."""
    stages = record.get("stages", {})
    spent = {name: _spent(name, entry) for name, entry in stages.items()}
    hourly = known(record.get("settings", {}).get("cluster", {}).get("dollars_per_hour"))
    columns = [[figures[place] for figures in spent.values()] for place in range(len(SPENT))]
    totals = [sum(column) if (column := [one for one in each if one is not None]) else None for each in columns]
    return Costs(
        rows=tuple((name, _spelt(figures)) for name, figures in spent.items()),
        total=_spelt(totals),
        planned=_planned(stages.get(ESTIMATE, {})),
        per_thousand=_per_thousand(_asked(stages), stages.get("curate", {})),
        cached=_cached(stages.get("generate", {})),
        besides=_besides(ledger, totals[-1]),
        students=tuple((name, _answers(result, hourly)) for name, result in results.items()),
    )


def _spent(name: str, entry: Mapping[str, Any]) -> list[float | None]:
    wanted = ("seconds",) if name == ESTIMATE else tuple(key for key, _ in SPENT)
    return [known(entry.get(key)) if key in wanted else None for key, _ in SPENT]


def _spelt(figures: list[float | None]) -> tuple[str, ...]:
    return tuple(spell(value) for (_, spell), value in zip(SPENT, figures, strict=True))


def _planned(plan: Mapping[str, Any]) -> str:
    if not plan:
        return ""
    price = f" by the {plan['price']}" if plan.get("price") else ""
    return (
        f"Planned: {count(plan.get('requests'))} requests, {count(plan.get('input_tokens'))} tokens in, "
        f"{count(plan.get('output_tokens'))} out, {dollars(plan.get('dollars'))}{price}."
    )


def _asked(stages: Mapping[str, Any]) -> float | None:
    """Dollars for samples: those of the plan, and those that refilled what starved."""
    spent = known(stages.get("generate", {}).get("dollars"))
    return None if spent is None else spent + (known(stages.get("curate", {}).get("dollars")) or 0.0)


def _per_thousand(spent: float | None, curate: Mapping[str, Any]) -> str:
    kept = (curate.get("funnel") or [{}])[-1].get("kept")
    return f"{dollars(1000 * spent / kept)} for a thousand samples kept." if kept and spent is not None else ""


def _cached(generate: Mapping[str, Any]) -> str:
    prompt, read, written = (known(generate.get(key)) for key in ("input_tokens", "cache_read", "cache_write"))
    if not prompt or read is None or written is None or not read + written:
        return ""
    return (
        f"Of the tokens in of generate, {read / prompt:.1%} were read from the server's cache ({count(read)}) and "
        f"{written / prompt:.1%} written to it ({count(written)})."
    )


def _besides(ledger: float, used: float | None) -> str:
    more = ledger - (used or 0.0)
    return f"Calls in the ledger that this run does not use cost {dollars(more)} besides." if more > 5e-5 else ""


def _answers(result: Mapping[str, Any], hourly: float | None) -> tuple[str, ...]:
    """Tokens in and out, and the seconds and dollars of a thousand rows."""
    tokens, thousand = result.get("tokens") or {}, result.get("per_thousand") or {}
    seconds, paid = known(thousand.get("seconds")), known(thousand.get("dollars"))
    if paid is None and seconds is not None and hourly is not None:
        paid = seconds / 3600 * hourly
    return (
        count(tokens.get("prompt")) or ABSENT,
        count(tokens.get("output")) or ABSENT,
        duration(seconds),
        dollars(paid),
    )
