"""What a person sees: everything on standard error, bars on a terminal, plain lines elsewhere; standard output is for
results.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

EVERY_S = 5.0
"""Seconds between progress lines where there is no terminal."""

err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """One plain line; nothing in it is read as markup."""
    err.print(text, markup=False, emoji=False)


@contextlib.contextmanager
def generation_progress(total: int) -> Iterator[Callable[[dict[str, Any]], None]]:
    """A watcher for the limiter's figures: a bar on a terminal, a line now and then elsewhere."""
    if err.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
        with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=err) as progress:
            bar = progress.add_task("asking", total=total)
            yield lambda stats: progress.update(bar, completed=answered(stats), description=_figures(stats))
        return
    last = time.monotonic()

    def line(stats: dict[str, Any]) -> None:
        nonlocal last
        if time.monotonic() - last >= EVERY_S:
            last = time.monotonic()
            say(f"  {answered(stats):,}/{total:,}  {_figures(stats)}; {_left(stats, total)}")

    yield line


@contextlib.contextmanager
def step_progress() -> Iterator[Callable[[str, int, int], None]]:
    """A watcher that is told a step, how much of it is done and of how much: bars on a terminal, lines now and then
    elsewhere.
    """
    if err.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}/{task.total:,}"))
        with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=err) as progress:
            bars: dict[str, Any] = {}

            def move(step: str, done: int, total: int) -> None:
                if step not in bars:
                    bars[step] = progress.add_task(step, total=total)
                progress.update(bars[step], completed=done, total=total)

            yield move
        return
    last = heard = time.monotonic()
    began: dict[str, float] = {}

    def line(step: str, done: int, total: int) -> None:
        nonlocal last, heard
        now = time.monotonic()
        started = began.setdefault(step, heard)  # a step begins where the one before it was last heard of
        heard = now
        if now - last >= EVERY_S and done:
            last = now
            say(f"  {step}: {done:,} of {total:,}; {(now - started) * (total - done) / done:.0f} s left")

    yield line


@contextlib.contextmanager
def training_progress() -> Iterator[Callable[[dict[str, Any]], None]]:
    """A watcher for the lines of training.jsonl: a bar on a terminal, about twenty lines elsewhere."""
    if err.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
        with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=err) as progress:
            bar = progress.add_task("training", total=None)
            yield lambda line: progress.update(
                bar, completed=line["step"], total=line["of"], description=f"training  {_losses(line)}"
            )
        return
    last = 0.0

    def tell(line: dict[str, Any]) -> None:
        nonlocal last
        share = line["step"] / max(line["of"], 1)
        if "eval_loss" in line or share - last >= 0.05 or share == 1:
            last = share
            say(f"  step {line['step']}/{line['of']}  {_losses(line)}")

    yield tell


def _losses(line: dict[str, Any]) -> str:
    name = "loss" if "loss" in line else "eval_loss"
    return f"{'validation loss' if name == 'eval_loss' else 'loss'} {line[name]:.3f}"


def answered(stats: dict[str, Any]) -> int:
    return int(stats["counts"].get("ok", 0))


def _figures(stats: dict[str, Any]) -> str:
    counts = stats["counts"]
    busy = counts.get("rate_limited", 0), counts.get("overloaded", 0) + counts.get("failed", 0)
    parts = [
        f"{stats['input_tokens']:,} tokens in, {stats['output_tokens']:,} out",
        f"${stats['spent']:.4f} spent, ${stats['reserved']:.4f} reserved",
        f"{stats['in_flight']} of {stats['in_flight_most']} in flight",
        _pace(stats),
        f"429: {busy[0]}, errors: {busy[1]}",
    ]
    return "; ".join(parts)


def _pace(stats: dict[str, Any]) -> str:
    """The limit that is used most, "3,564 of 3,600 requests/min", and how far others on the same key press us."""
    used, limits = stats["per_minute"], stats["limits"]
    if not limits:
        return f"{used['requests']:,.0f} requests/min, no limit known"
    kind = max(limits, key=lambda kind: used[kind] / max(limits[kind], 1e-9))
    told = f"{used[kind]:,.0f} of {limits[kind]:,.0f} {kind.replace('_', ' ')}/min"
    if stats["learnt"]:
        return f"{told} (found from 429s)"
    return told if stats["pace"] >= 1 else f"{told} (pace {stats['pace']:.0%} after 429s)"


def _left(stats: dict[str, Any], total: int) -> str:
    """At the pace of the last seconds."""
    per_minute = stats["per_minute"]["requests"]
    if per_minute <= 0:
        return "time left unknown"
    seconds = (total - answered(stats)) / per_minute * 60
    return f"{seconds:.0f} s left" if seconds < 100 else f"{seconds / 60:,.0f} min left"


def table(header: list[str], rows: list[list[Any]]) -> str:
    """Aligned columns, numbers to the right."""
    cells = [header, *[[_shown(cell) for cell in row] for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    numeric = [
        bool(rows) and all(isinstance(row[column], int | float | None) for row in rows) for column in range(len(header))
    ]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in cells
    )


def _shown(cell: Any) -> str:
    if isinstance(cell, float):
        return f"{cell:.3f}"
    return f"{cell:,}" if isinstance(cell, int) else ("-" if cell is None else str(cell))


def funnel_table(entries: list[dict[str, Any]]) -> str:
    rows = []
    for entry in entries:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in entry["rejected"].items())
        rows.append([entry["stage"], entry["in"], sum(entry["rejected"].values()), entry["kept"], reasons])
    return table(["stage", "in", "rejected", "kept", "reasons"], rows)


def figure(found: dict[str, Any] | None) -> str:
    """A value with its interval, "0.812 [0.74, 0.87]"."""
    if not found or found.get("value") is None:
        return "-"
    return f"{found['value']:.3f} [{found['low']:.3f}, {found['high']:.3f}]"


def metrics_table(metrics: dict[str, Any], set_name: str) -> str:
    """Before and after: one column a student, one row a figure, the paired difference last."""
    students = {name: sets[set_name] for name, sets in metrics["students"].items() if set_name in sets}
    if not students:
        return ""
    change = metrics.get("difference", {}) if metrics.get("difference", {}).get("set") == set_name else {}
    part = "labels" if "labels" in next(iter(students.values())) else "fields"
    rows = [
        [name, *[figure(of.get(name)) for of in students.values()], figure(change.get(name))]
        for name in ("macro_f1", "accuracy", "exact", "malformed")
        if name in next(iter(students.values()))
    ]
    for name in next(iter(students.values()))[part]:
        cells = [figure(of[part].get(name, {}).get("f1")) for of in students.values()]
        rows.append([f"F1 {name}", *cells, figure(change.get(part, {}).get(name))])
    both = change.get("both_parse", {})
    if both:
        rows.append(
            [f"macro_f1 where both parse (n={both['items']})", *["" for _ in students], figure(both.get("macro_f1"))]
        )
    seconds = [
        " / ".join(f"{of['seconds'][q]['value']:.2f}" if of["seconds"][q] else "-" for q in ("p50", "p95"))
        for of in students.values()
    ]
    rows.append(["seconds p50 / p95", *seconds, ""])
    return table([f"on {set_name}", *students, "difference [95 %]"], rows)
