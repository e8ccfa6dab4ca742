from typing import Any

from pipeline.report.comparison import Comparison, comparison

Figures = dict[str, Any]


def made(metrics: Figures) -> Comparison:
    found = comparison(metrics)
    assert found is not None
    return found


def test_the_baseline_comes_first_and_every_measure_has_a_row(metrics: Figures) -> None:
    found = made(metrics)
    assert found.students == ("baseline", "round-1")
    assert {title: [row.label for row in rows] for title, rows in found.parts} == {
        "Overall": ["Macro F1", "Exact match", "Malformed answers", "Macro F1 where both answers can be read"],
        "F1 by field": ["parties", "governing_law"],
        "Latency": ["Seconds, p50", "Seconds, p95"],
    }


def test_both_parse_is_a_row_of_its_own_with_its_n(metrics: Figures) -> None:
    row = made(metrics).parts[0][1][-1]
    assert ([cell.value for cell in row.cells], row.difference.value, row.n) == (["–", "–"], "+0.088", "66")
    assert [(name, cell.value, n) for name, cell, n in made(metrics).both_parse] == [
        ("parties", "+0.033", "41"),
        ("governing_law", "–", "80"),
    ]


def test_fewer_malformed_answers_are_better(metrics: Figures) -> None:
    overall = {row.label: row.difference.word for row in made(metrics).parts[0][1]}
    assert (overall["Malformed answers"], overall["Exact match"]) == ("better", "unclear")


def test_the_examples_that_the_baseline_really_got_are_told(metrics: Figures) -> None:
    assert made(metrics).asked[0] == (
        "baseline",
        "80 items of 78 documents; 2 examples in the prompt of 19, 3 examples in the prompt of 61",
    )


def test_a_classification_has_labels_and_accuracy(metrics: Figures) -> None:
    for student in metrics["students"].values():
        student["final"]["labels"] = student["final"].pop("fields")
        student["final"]["accuracy"] = student["final"]["exact"]
    metrics["difference"]["labels"] = metrics["difference"].pop("fields")
    found = made(metrics)
    assert [title for title, _ in found.parts] == ["Overall", "F1 by label", "Latency"]
    assert "Accuracy" in [row.label for row in found.parts[0][1]]
    assert found.parts[1][1][0].difference.value == "+0.191"


def test_a_baseline_alone_is_shown_without_a_difference(metrics: Figures) -> None:
    found = made({"set": "final", "students": {"baseline": metrics["students"]["baseline"]}})
    assert (found.against, found.both_parse) == ("", ())
    assert {row.difference.value for _, rows in found.parts for row in rows} == {"–"}


def test_undefined_figures_are_dashes_and_not_left_out(metrics: Figures) -> None:
    for student in metrics["students"].values():
        student["final"] |= {"macro_f1": None, "exact": None, "malformed": None, "seconds": {}, "tokens": {}}
        student["final"]["fields"] = {"parties": {"precision": None, "recall": None, "f1": None}}
    metrics["difference"] |= {"macro_f1": None, "exact": None, "malformed": None, "both_parse": None, "fields": {}}
    found = made(metrics)
    assert [row.label for row in found.parts[0][1]] == ["Macro F1", "Exact match", "Malformed answers"]
    assert "not measured" in found.picture


def test_other_sets_are_shown_beside_and_not_compared(metrics: Figures) -> None:
    metrics["students"]["round-1"]["dev"] = metrics["students"]["baseline"]["final"]
    (name, student, cells, n), *rest = made(metrics).others
    assert (name, student, cells[0].value, n, rest) == ("dev", "round-1", "0.519", "80", [])


def test_few_documents_are_flagged(metrics: Figures) -> None:
    assert not made(metrics).few
    metrics["difference"]["few"] = True
    assert made(metrics).few


def test_no_student_is_no_comparison() -> None:
    assert comparison({}) is None
    assert comparison({"set": "final", "students": {"baseline": {"dev": {}}}}) is None
