"""Before and after: every measure of every student side by side, and the difference with its interval."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from pipeline.report.cells import Cell, Figures, changed, measured, observations
from pipeline.report.figures import Bar, Caption, Group, bar_figure
from pipeline.report.wording import ABSENT, count, figure, known, seconds

OVERALL = (
    ("Macro F1", "macro_f1", True),
    ("Accuracy", "accuracy", True),
    ("Exact match", "exact", True),
    ("Malformed answers", "malformed", False),
)
OF_OTHER_SETS = ("macro_f1", "exact", "malformed")


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    cells: tuple[Cell, ...]
    difference: Cell
    n: str


@dataclass(frozen=True, slots=True)
class Detail:
    """One field or label of one student."""

    name: str
    scores: tuple[Cell, ...]
    counts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the section shows; `parts` holds the rows of the main table under their headings."""

    students: tuple[str, ...]
    against: str
    few: bool
    parts: tuple[tuple[str, tuple[Row, ...]], ...]
    picture: Markup
    both_parse: tuple[tuple[str, Cell, str], ...]
    both_size: str
    asked: tuple[tuple[str, str], ...]
    failures: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, str, tuple[Cell, ...], str], ...]
    details: tuple[tuple[str, tuple[Detail, ...]], ...]


def comparison(metrics: Figures) -> Comparison | None:
    """Nothing when no student was evaluated."""
    students, difference = results(metrics), metrics.get("difference") or {}
    if not students:
        return None
    label = "label" if any("labels" in result for result in students.values()) else "field"
    return Comparison(
        students=tuple(students),
        against=f"{difference.get('student')} − {difference.get('baseline')}" if difference else "",
        few=any(of.get("few") for of in (difference, *students.values())),
        parts=tuple((title, rows) for title, rows in _parts(students, difference, label) if rows),
        picture=_picture(students, label),
        both_parse=tuple(_both_parse_fields(difference.get("both_parse") or {})),
        both_size=_size(difference.get("both_parse") or {}),
        asked=tuple((name, _asked(result)) for name, result in students.items()),
        failures=tuple((name, _failures(result)) for name, result in students.items()),
        others=tuple(_others(metrics)),
        details=tuple((name, tuple(_details(result))) for name, result in students.items()),
    )


def results(metrics: Figures) -> dict[str, Figures]:
    """Each student's figures on the set that was compared, the baseline first."""
    found = {name: sets.get(metrics.get("set", "final")) for name, sets in (metrics.get("students") or {}).items()}
    first = (metrics.get("difference") or {}).get("baseline", "baseline")
    return {name: found[name] for name in sorted(found, key=lambda name: name != first) if found[name]}


def fields_of(result: Figures) -> Figures:
    """The figures by field, or by label where the task is a classification."""
    return result.get("fields") or result.get("labels") or {}


def _f1(name: str, students: Mapping[str, Figures]) -> list[Figures | None]:
    return [(fields_of(result).get(name) or {}).get("f1") for result in students.values()]


def _names(students: Mapping[str, Figures]) -> list[str]:
    return [*dict.fromkeys(name for result in students.values() for name in fields_of(result))]


def _parts(students: Mapping[str, Figures], difference: Figures, label: str) -> Iterable[tuple[str, tuple[Row, ...]]]:
    yield "Overall", (*_overall(students, difference), *_both_parse(students, difference))
    by_name, named = fields_of(difference), _names(students)
    rows = (_row(name, _f1(name, students), difference, by_name.get(name), True) for name in named)
    yield f"F1 by {label}", tuple(rows)
    yield "Latency", tuple(_latency(at, students) for at in ("p50", "p95"))


def _overall(students: Mapping[str, Figures], difference: Figures) -> Iterable[Row]:
    for label, key, up in OVERALL:
        found = [result.get(key) for result in students.values()]
        if key != "accuracy" or any(found):
            yield _row(label, found, difference, difference.get(key), up)


def _both_parse(students: Mapping[str, Figures], difference: Figures) -> Iterable[Row]:
    """What is left of the difference where neither answer is malformed: more than the format was learnt."""
    if both := difference.get("both_parse"):
        cell, n = changed(both, both.get("macro_f1"), True), count(both.get("items"))
        yield Row("Macro F1 where both answers can be read", (Cell(),) * len(students), cell, n)


def _row(label: str, found: list[Figures | None], difference: Figures, interval: Figures | None, up: bool) -> Row:
    n = observations([interval, *found])
    return Row(label, tuple(measured(one, n) for one in found), changed(difference, interval, up), n)


def _latency(at: str, students: Mapping[str, Figures]) -> Row:
    found = [(result.get("seconds") or {}).get(at) for result in students.values()]
    n = observations(found)
    return Row(f"Seconds, {at}", tuple(measured(one, n, seconds) for one in found), Cell(), n)


def _picture(students: Mapping[str, Figures], label: str) -> Markup:
    groups = [Group("macro F1", tuple(_bar(result.get("macro_f1")) for result in students.values()))]
    groups += [Group(name, tuple(map(_bar, _f1(name, students)))) for name in _names(students)]
    caption = Caption("f1", f"F1 by {label}", f"F1 of {', '.join(students)}; the same figures are in the table above.")
    return bar_figure(caption, list(students), groups, 1.0)


def _bar(interval: Figures | None) -> Bar:
    interval = interval or {}
    return Bar(known(interval.get("value")), known(interval.get("low")), known(interval.get("high")))


def _both_parse_fields(both: Figures) -> Iterable[tuple[str, Cell, str]]:
    for name, interval in fields_of(both).items():
        yield name, changed(both, interval, True), observations([interval])


def _asked(result: Figures) -> str:
    """The items, and how many examples the prompt really held: a long item leaves room for fewer."""
    shots = (result.get("shots") or {}).items()
    held = ", ".join(f"{number} examples in the prompt of {count(items)}" for number, items in shots)
    return _size(result) + (held and f"; {held}")


def _size(result: Figures) -> str:
    return f"{count(result.get('items'))} items of {count(result.get('documents'))} documents"


def _failures(result: Figures) -> str:
    other = {name.replace("_", " "): result.get(name) for name in ("unknown_keys", "unknown_label")}
    found = {**(result.get("failures") or {}), **other}
    return ", ".join(f"{reason} {count(number)}" for reason, number in found.items() if number) or "none"


def _others(metrics: Figures) -> Iterable[tuple[str, str, tuple[Cell, ...], str]]:
    """(set, student, cells, n) of the sets that are not the one compared on."""
    for student, sets in (metrics.get("students") or {}).items():
        for name, result in sets.items():
            if name != metrics.get("set", "final"):
                found = [result.get(key) for key in OF_OTHER_SETS]
                n = observations(found)
                yield name, student, tuple(measured(one, n) for one in found), n


def _details(result: Figures) -> Iterable[Detail]:
    for name, one in fields_of(result).items():
        nulls = one.get("null_right") or {}
        counts = tuple(count(one.get(key)) for key in ("gold", "predicted", "right", "scored"))
        right = f"{figure(nulls.get('value'))} of {count(nulls.get('n'))}" if nulls.get("n") else ABSENT
        yield Detail(name, tuple(measured(one.get(key)) for key in ("precision", "recall", "f1")), (*counts, right))
