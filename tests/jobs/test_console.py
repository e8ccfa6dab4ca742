from io import StringIO

import pytest
from rich.console import Console

from jobs import console

STATS = {
    "counts": {"ok": 3, "rate_limited": 2, "overloaded": 1, "failed": 4},
    "input_tokens": 1200,
    "output_tokens": 340,
    "spent": 0.25,
    "reserved": 0.5,
    "in_flight": 7,
    "in_flight_most": 64,
    "per_minute": {"requests": 60.0, "input_tokens": 24_000.0, "output_tokens": 6_800.0},
    "limits": {"requests": 1000.0, "output_tokens": 8_000.0},
    "pace": 1.0,
    "learnt": False,
}
FIGURES = (
    "1,200 tokens in, 340 out; $0.2500 spent, $0.5000 reserved; 7 of 64 in flight; "
    "6,800 of 8,000 output tokens/min; 429: 2, errors: 5"
)


def shown_on(monkeypatch: pytest.MonkeyPatch, *, terminal: bool, every: float = 0) -> str:
    page = StringIO()
    monkeypatch.setattr(console, "err", Console(file=page, force_terminal=terminal, width=200, highlight=False))
    monkeypatch.setattr(console, "EVERY_S", every)
    with console.generation_progress(10) as watch:
        watch(STATS)
        watch(STATS)
    return page.getvalue()


def test_without_a_terminal_progress_is_plain_lines_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown_on(monkeypatch, terminal=False) == f"  3/10  {FIGURES}; 7 s left\n" * 2
    assert shown_on(monkeypatch, terminal=False, every=60) == ""


def test_on_a_terminal_progress_is_one_bar_with_the_same_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    page = shown_on(monkeypatch, terminal=True)
    assert FIGURES in page
    assert "3/10" in page
    assert "\x1b[" in page


def test_steps_are_bars_on_a_terminal_and_lines_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = []
    for terminal, every in ((True, 0.0), (False, 0.0), (False, 60.0)):
        page = StringIO()
        monkeypatch.setattr(console, "err", Console(file=page, force_terminal=terminal, width=200, highlight=False))
        monkeypatch.setattr(console, "EVERY_S", every)
        with console.step_progress() as watch:
            watch("keys", 0, 2_000)
            watch("keys", 500, 2_000)
            watch("groups", 1, 1)
        pages.append(page.getvalue())
    assert all(word in pages[0] for word in ("keys", "500/2,000", "groups", "1/1", "\x1b["))
    assert pages[1:] == ["  keys: 500 of 2,000; 0 s left\n  groups: 1 of 1; 0 s left\n", ""]


def test_progress_says_whether_a_limit_is_known_found_or_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    for values, told in (
        ({"limits": {}}, "60 requests/min, no limit known"),
        ({"limits": {"requests": 61.0}, "learnt": True}, "60 of 61 requests/min (found from 429s)"),
        ({"pace": 0.5}, "6,800 of 8,000 output tokens/min (pace 50% after 429s)"),
    ):
        monkeypatch.setitem(globals(), "STATS", {**STATS, **values})
        assert f"; {told}; " in shown_on(monkeypatch, terminal=False)
        monkeypatch.undo()


def test_what_is_said_is_never_read_as_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    page = StringIO()
    monkeypatch.setattr(console, "err", Console(file=page, width=200, highlight=False))
    console.say("[bold]a[/bold] :smile: [/]")
    assert page.getvalue() == "[bold]a[/bold] :smile: [/]\n"


def test_a_table_aligns_numbers_to_the_right_and_words_to_the_left() -> None:
    lines = console.table(["name", "rows"], [["a", 1234], ["bcdef", 5]]).splitlines()
    assert lines == ["name    rows", "a      1,234", "bcdef      5"]
