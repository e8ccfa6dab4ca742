"""Metrics on toys worked out by hand, against brute force, and the properties that any data must have."""

import json
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipeline.evaluate.intervals import Bootstrap
from pipeline.evaluate.metrics import difference, metrics_of_all, student_metrics
from pipeline.evaluate.verdict import WORSE, verdict
from pipeline.records import PREDICTION, REAL
from pipeline.tasks.task import Task, TaskSource, load_task

NUMBER, DATE = "order_number", "delivery_date"
# (item, document, scored fields, labelled, predicted; None is a malformed reply)
TOY: list[tuple[str, str, list[str], dict[str, Any], dict[str, Any] | None]] = [
    ("1", "d1", [NUMBER, DATE], {NUMBER: "A1", DATE: "2024-01-01"}, {NUMBER: "a1", DATE: "2024-01-02"}),
    ("2", "d1", [NUMBER, DATE], {NUMBER: "A2", DATE: None}, {NUMBER: None, DATE: None}),
    ("3", "d2", [NUMBER, DATE], {NUMBER: None, DATE: "2024-03-03"}, {NUMBER: "X", DATE: "2024-03-03", "more": 1}),
    ("4", "d3", [NUMBER], {NUMBER: "A4"}, {NUMBER: "A4", DATE: "2024-09-09"}),
    ("5", "d4", [NUMBER, DATE], {NUMBER: "A5", DATE: None}, None),
]


def real(rows: list[Any]) -> pa.Table:
    keys = ("item_id", "document_id", "scored_fields", "answer")
    shown = [dict(zip(keys, row[:4], strict=True)) | {"text": f"text of {row[0]}"} for row in rows]
    return pa.Table.from_pylist([row | {"answer": json.dumps(row["answer"])} for row in shown], schema=REAL)


def said(answers: dict[str, dict[str, Any] | None], student: str = "round-1") -> pa.Table:
    shown = [
        {
            "student": student,
            "set": "final",
            "item_id": item,
            "raw": "{oops" if answer is None else json.dumps(answer),
            "answer": None if answer is None else json.dumps(answer),
            "failure": "malformed_json" if answer is None else None,
            "seconds": 0.1 * at,
            "prompt_tokens": 100,
            "output_tokens": 7,
            "shots": 0 if at < 4 else 3,
        }
        for at, (item, answer) in enumerate(answers.items())
    ]
    return pa.Table.from_pylist(shown, schema=PREDICTION)


def without_code(task: Task, kind: str, schema: Any) -> Task:
    settings = task.settings.model_copy(update={"kind": kind, "normalise": None, "verify": None})
    return load_task(TaskSource(settings, {"schema": json.dumps(schema)}))


@pytest.fixture(scope="module")
def orders(contracts: Task) -> Task:
    return without_code(contracts, "extraction", {"properties": {NUMBER: {}, DATE: {}}})


@pytest.fixture(scope="module")
def letters(contracts: Task) -> Task:
    labels = {"refund": "money", "delivery": "when", "other": "rest", "thanks": "thanks"}
    return without_code(contracts, "classification", labels)


@pytest.fixture
def toy(orders: Task) -> dict[str, Any]:
    return student_metrics(orders, real(TOY), said({row[0]: row[4] for row in TOY}))


def many(seed: int, items: int = 60, quality: float = 0.6) -> tuple[pa.Table, pa.Table]:
    """Random rows of half as many documents, and the predictions of a student of this quality."""
    generator = np.random.default_rng(seed)
    rows, answers = [], {}
    truth = np.random.default_rng(7)
    for at in range(items):
        gold = {name: truth.choice([None, "A", "B", "C"]) for name in (NUMBER, DATE)}
        scored = [NUMBER] if truth.random() < 0.2 else [NUMBER, DATE]
        rows.append((f"i{at}", f"d{at // 2}", scored, gold))
        guess = {name: value if generator.random() < quality else "B" for name, value in gold.items()}
        answers[f"i{at}"] = None if generator.random() < 0.1 else guess
    return real(rows), said(answers)


def counted(rows: pa.Table, predictions: pa.Table, field: str) -> dict[str, list[int]]:
    """By document: true positives, false positives, false negatives of one field."""
    answers = dict(zip(predictions["item_id"].to_pylist(), predictions["answer"].to_pylist(), strict=True))
    counts = {document: [0, 0, 0] for document in sorted(set(rows["document_id"].to_pylist()))}
    for row in rows.to_pylist():
        gold = json.loads(row["answer"])[field]
        found = json.loads(answers[row["item_id"]] or "{}").get(field)
        if field in row["scored_fields"] and (gold is not None or found is not None):
            verdicts = [gold == found, found is not None and gold != found, gold is not None and gold != found]
            counts[row["document_id"]] = [sum(pair) for pair in zip(counts[row["document_id"]], verdicts, strict=True)]
    return counts


def f1_of(counts: dict[str, list[int]], times: Any = None) -> float | None:
    """With each document so many times; None where it is undefined."""
    times = [1] * len(counts) if times is None else times
    true, false, missed = (
        sum(count[part] * int(drawn) for count, drawn in zip(counts.values(), times, strict=True)) for part in range(3)
    )
    return 2 * true / (2 * true + false + missed) if true + false + missed else None


def macro_difference(rows: pa.Table, mine: pa.Table, theirs: pa.Table, draws: Any) -> list[float]:
    """In each draw, the mean over the fields that are defined for one of them at least; the other has 1 there."""
    counts = [(counted(rows, mine, field), counted(rows, theirs, field)) for field in (NUMBER, DATE)]
    found = []
    for times in draws:
        pairs = [(f1_of(one, times), f1_of(other, times)) for one, other in counts]
        apart = [
            (1 if one is None else one) - (1 if other is None else other)
            for one, other in pairs
            if one is not None or other is not None
        ]
        found.append(sum(apart) / len(apart) if apart else np.nan)
    return found


def test_the_fields_of_the_toy_are_counted_as_by_hand(toy: dict[str, Any]) -> None:
    number, date = toy["fields"][NUMBER], toy["fields"][DATE]
    # number: labelled in 1, 2, 4, 5; predicted in 1, 3, 4; right in 1, 4
    assert [number[key] for key in ("scored", "gold", "predicted", "right")] == [5, 4, 3, 2]
    assert [number[key]["value"] for key in ("precision", "recall", "f1")] == pytest.approx([2 / 3, 2 / 4, 4 / 7])
    assert [number[key]["n"] for key in ("precision", "recall", "f1")] == [3, 4, 5]
    assert number["null_right"] == {"value": 0.0, "n": 1}  # 3 was given an invented one
    # date: scored in 1, 2, 3, 5; labelled and predicted in 1, 3; right in 3
    assert [date[key] for key in ("scored", "gold", "predicted", "right")] == [4, 2, 2, 1]
    assert [date[key]["value"] for key in ("precision", "recall", "f1")] == [0.5, 0.5, 0.5]
    assert date["null_right"] == {"value": 0.5, "n": 2}  # 2 is right, 5 is malformed


def test_the_whole_of_the_toy_is_counted_as_by_hand(toy: dict[str, Any]) -> None:
    assert (toy["items"], toy["documents"], toy["few"]) == (5, 4, True)
    assert toy["macro_f1"]["value"] == pytest.approx((4 / 7 + 1 / 2) / 2)
    assert (toy["exact"]["value"], toy["malformed"]["value"]) == (0.2, 0.2)  # 4 alone is all right, 5 alone malformed
    assert toy["failures"] == {"malformed_json": 1}
    assert toy["shots"] == {"0": 4, "3": 1}
    assert toy["tokens"] == {"prompt": 500, "output": 35}
    assert toy["unknown_keys"] == 1
    assert toy["per_thousand"] == {"seconds": pytest.approx(1000 * (0.0 + 0.1 + 0.2 + 0.3 + 0.4) / 5), "dollars": None}
    assert toy["seconds"]["p50"]["value"] == pytest.approx(0.2)
    assert toy["seconds"]["p95"]["value"] == pytest.approx(0.38)  # 0.3 + 0.8 of the way to 0.4
    for figure in (toy["macro_f1"], toy["exact"], toy["malformed"], toy["seconds"]["p50"]):
        assert list(figure) == ["value", "low", "high", "n"]
        assert figure["low"] <= figure["value"] <= figure["high"]
        assert figure["n"] == 5


def test_metrics_are_plain_json(toy: dict[str, Any], letters: Task) -> None:
    assert json.loads(json.dumps(toy, allow_nan=False)) == toy
    rows, predictions = real([("1", "d", None, {"label": "refund"})]), said({"1": {"label": "other"}})
    compared = difference(letters, rows, predictions, predictions)
    assert json.loads(json.dumps(compared, allow_nan=False)) == compared


def test_the_interval_of_the_difference_is_that_of_counting_in_each_resample(orders: Task) -> None:
    rows, mine = many(1, 24)
    theirs = many(2, 24, 0.3)[1]
    found = difference(orders, rows, mine, theirs)["macro_f1"]
    draws = np.concatenate(list(Bootstrap(np.arange(12)).weights()))
    value, *drawn = macro_difference(rows, mine, theirs, draws)
    assert (found["value"], found["low"], found["high"]) == pytest.approx((value, *np.quantile(drawn, [0.025, 0.975])))


@pytest.mark.parametrize("seed", range(60))
def test_the_difference_is_what_the_table_of_all_students_says(orders: Task, seed: int) -> None:
    """Few rows and many nulls, so that fields are often undefined for some of the students, or for all."""
    generator = np.random.default_rng(seed)
    items, nulls, silence = int(generator.integers(1, 7)), generator.random(), generator.random(3)

    def value(null: float) -> str | None:
        return None if generator.random() < null else str(generator.choice(["A", "B"]))

    gold = [{NUMBER: value(0.5), DATE: value(0.5 + nulls)} for _ in range(items)]
    scored = [[NUMBER, DATE] if generator.random() < 0.7 else [NUMBER] for _ in gold]
    rows = real([(f"{at}", f"d{at // 2}", scored[at], one) for at, one in enumerate(gold)])
    answers = [
        {
            f"{at}": None if generator.random() < 0.1 else {NUMBER: value(quiet), DATE: value(quiet + 0.4)}
            for at in range(items)
        }
        for quiet in silence
    ]
    mine, theirs, third = map(said, answers)
    for beside in ([], [third]):
        table = metrics_of_all(orders, rows, dict(enumerate([mine, theirs, *beside])))
        figures = [table[student]["macro_f1"] for student in (0, 1)]
        found = difference(orders, rows, mine, theirs, beside)["macro_f1"]
        if found is None:
            assert figures == [None, None]
        else:
            assert found["value"] == pytest.approx(figures[0]["value"] - figures[1]["value"])
    alone = student_metrics(orders, rows, mine)
    assert (
        alone
        == metrics_of_all(orders, rows, {"only": mine})["only"]
        == metrics_of_all(orders, rows, {1: mine, 2: mine})[2]
    )


def test_the_interval_follows_the_rule_where_fields_are_undefined_in_resamples(orders: Task) -> None:
    gold = [{NUMBER: "A" if at < 4 else None, DATE: None} for at in range(12)]
    rows = real([(f"{at:02}", f"d{at:02}", [NUMBER, DATE], one) for at, one in enumerate(gold)])
    mine = said({f"{at:02}": {NUMBER: "A" if at < 3 else None, DATE: "x" if at == 7 else None} for at in range(12)})
    theirs = said({f"{at:02}": {NUMBER: "A" if at in (1, 9) else None} for at in range(12)})
    found = difference(orders, rows, mine, theirs)["macro_f1"]
    value, *drawn = macro_difference(rows, mine, theirs, np.concatenate(list(Bootstrap(np.arange(12)).weights())))
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    assert (found["value"], found["low"], found["high"]) == pytest.approx((value, low, high))
    assert found.get("left_out", 0) == np.isnan(drawn).sum()


def test_a_student_that_invents_values_is_worse_than_one_that_stays_silent(orders: Task) -> None:
    rows = real([(f"{at:02}", f"d{at}", [NUMBER, DATE], {NUMBER: "A", DATE: None}) for at in range(40)])
    inventive = said({f"{at:02}": {NUMBER: "A" if at % 8 else "B", DATE: "z"} for at in range(40)})
    silent = said({f"{at:02}": {NUMBER: "A" if at % 2 else "B", DATE: None} for at in range(40)}, "baseline")
    table = metrics_of_all(orders, rows, {"round-1": inventive, "baseline": silent})
    assert [one["macro_f1"]["value"] for one in table.values()] == [0.4375, 0.75]  # of 0.875 and 0, of 0.5 and 1
    assert [one["fields"][DATE]["f1"] and one["fields"][DATE]["f1"]["value"] for one in table.values()] == [0, None]
    found = difference(orders, rows, inventive, silent)
    assert found["macro_f1"]["value"] == -0.3125
    assert (found["fields"][NUMBER]["value"], found["fields"][DATE]["value"]) == (0.375, -1)
    assert verdict(found, False, "round-1", "baseline", "final")["word"] == WORSE
    assert found["both_parse"]["macro_f1"] == found["macro_f1"]


def test_a_students_difference_from_another_is_that_of_their_metrics(orders: Task) -> None:
    rows, mine = many(3)
    theirs = many(4, quality=0.2)[1]
    found = difference(orders, rows, mine, theirs)
    each = [student_metrics(orders, rows, one) for one in (mine, theirs)]
    for name in ("macro_f1", "exact", "malformed"):
        assert found[name]["value"] == pytest.approx(each[0][name]["value"] - each[1][name]["value"])
    for name, figure in found["fields"].items():
        f1 = [one["fields"][name]["f1"]["value"] for one in each]
        assert f1 == pytest.approx([f1_of(counted(rows, one, name)) for one in (mine, theirs)])
        assert figure["value"] == pytest.approx(f1[0] - f1[1])


def test_nobody_differs_from_himself(orders: Task) -> None:
    rows, mine = many(5)
    found = difference(orders, rows, mine, mine)
    inner = found["both_parse"]
    figures = [found[name] for name in ("macro_f1", "exact", "malformed")] + [*found["fields"].values()]
    for figure in [*figures, inner["macro_f1"], *inner["fields"].values()]:
        assert (figure["value"], figure["low"], figure["high"]) == (0, 0, 0)


def test_the_other_way_round_is_the_negative(orders: Task) -> None:
    rows, mine = many(6)
    theirs = many(7, quality=0.2)[1]
    there, back = (difference(orders, rows, *pair)["macro_f1"] for pair in ((mine, theirs), (theirs, mine)))
    assert [there[key] for key in ("value", "low", "high")] == pytest.approx(
        [-back[key] for key in ("value", "high", "low")]
    )


def test_the_order_of_rows_changes_nothing(orders: Task) -> None:
    rows, mine = many(8)
    theirs = many(9)[1]
    mixed = np.random.default_rng(0).permutation(60)
    assert student_metrics(orders, rows.take(mixed), mine.take(mixed[::-1])) == student_metrics(orders, rows, mine)
    assert difference(orders, rows.take(mixed), mine.take(mixed), theirs) == difference(orders, rows, mine, theirs)


def test_answers_in_a_field_that_is_not_scored_change_nothing(orders: Task) -> None:
    rows, answers = [(*row[:2], [NUMBER], row[3]) for row in TOY], {row[0]: row[4] for row in TOY}
    before = student_metrics(orders, real(rows), said(answers))
    louder = {item: answer and answer | {DATE: "2001-01-01"} for item, answer in answers.items()}
    assert student_metrics(orders, real(rows), said(louder)) == before
    assert list(before["fields"]) == [NUMBER]


def test_copies_of_a_documents_rows_make_no_interval_narrower(orders: Task) -> None:
    rows, answers = [], {}
    for at in range(30):
        rows.append((f"{at}", f"d{at:02}", [NUMBER], {NUMBER: "A"}))
        answers[f"{at}"] = {NUMBER: "A" if at % 3 else "B"}
    copies = [(f"{row[0]}-{copy}", *row[1:]) for row in rows for copy in range(4)]
    once = student_metrics(orders, real(rows), said(answers))
    often = student_metrics(orders, real(copies), said({row[0]: answers[row[0].split("-")[0]] for row in copies}))
    for name in ("macro_f1", "exact"):
        assert [once[name][key] for key in ("value", "low", "high")] == [
            often[name][key] for key in ("value", "low", "high")
        ]
    assert (often["items"], often["documents"]) == (120, 30)


def test_malformed_everywhere_is_an_f1_of_0_and_nothing_to_compare_beyond_the_format(orders: Task) -> None:
    rows, mine = many(10)
    broken = said(dict.fromkeys(mine["item_id"].to_pylist()), "baseline")
    found = student_metrics(orders, rows, broken)
    assert (found["macro_f1"]["value"], found["malformed"]["value"], found["exact"]["value"]) == (0, 1, 0)
    assert all(field["precision"] is None and field["recall"]["value"] == 0 for field in found["fields"].values())
    # 60 items, but 30 documents without an exception: at least 0.025^(1/30) = 0.884
    assert (found["malformed"]["low"], found["malformed"]["n"]) == (pytest.approx(0.8843, abs=1e-4), 60)
    assert all(0 < field["recall"]["high"] > 1 - 0.025 ** (1 / 30) - 1e-9 for field in found["fields"].values())
    compared = difference(orders, rows, mine, broken)
    assert compared["macro_f1"]["low"] > 0
    inner = compared["both_parse"]
    assert (inner["items"], inner["documents"], inner["macro_f1"]) == (0, 0, None)
    assert inner["fields"] == {NUMBER: None, DATE: None}


def test_both_parse_is_the_difference_on_what_both_answer(orders: Task) -> None:
    rows, mine = many(11)
    theirs = many(12, quality=0.3)[1]
    inner = difference(orders, rows, mine, theirs)["both_parse"]
    parsed = [set(one.filter(one["answer"].is_valid())["item_id"].to_pylist()) for one in (mine, theirs)]
    both = rows.filter(pa.compute.is_in(rows["item_id"], pa.array(sorted(parsed[0] & parsed[1]))))
    assert (inner["items"], inner["documents"]) == (both.num_rows, len(set(both["document_id"].to_pylist())))
    assert inner["macro_f1"]["value"] == pytest.approx(macro_difference(both, mine, theirs, [None])[0])
    assert inner["malformed"]["value"] == 0
    answers = [dict(zip(one["item_id"].to_pylist(), one["answer"].to_pylist(), strict=True)) for one in (mine, theirs)]
    bearing = [
        row["item_id"]
        for row in both.to_pylist()
        if DATE in row["scored_fields"]
        and any(json.loads(text)[DATE] for text in (row["answer"], *(one[row["item_id"]] for one in answers)))
    ]
    assert inner["fields"][DATE]["n"] == len(bearing)


def test_nothing_labelled_and_nothing_predicted_is_undefined(orders: Task) -> None:
    rows = real([(f"{at}", f"d{at}", [NUMBER, DATE], {NUMBER: None, DATE: None}) for at in range(12)])
    silent = said({f"{at}": {} for at in range(12)})
    found = student_metrics(orders, rows, silent)
    assert found["macro_f1"] is None
    assert found["fields"][NUMBER]["f1"] is None
    assert found["fields"][NUMBER]["null_right"] == {"value": 1.0, "n": 12}
    assert found["exact"]["value"] == 1
    inventive = said({f"{at}": {NUMBER: "A"} for at in range(12)})
    invented = student_metrics(orders, rows, inventive)
    assert (invented["macro_f1"]["value"], invented["fields"][NUMBER]["precision"]["value"]) == (0, 0)
    assert difference(orders, rows, silent, inventive)["macro_f1"]["value"] == 1
    assert difference(orders, rows, silent, silent)["macro_f1"] is None


def test_a_field_that_one_of_the_two_leaves_undefined_counts_as_right_for_it(orders: Task) -> None:
    rows = real([(f"{at}", f"d{at}", [NUMBER, DATE], {NUMBER: "A", DATE: None}) for at in range(12)])
    mine = said({f"{at}": {NUMBER: "A"} for at in range(12)})
    theirs = said({f"{at}": {NUMBER: "A"} if at < 6 else {DATE: "x"} for at in range(12)})
    found = difference(orders, rows, mine, theirs)
    assert found["fields"][NUMBER]["value"] == pytest.approx(1 / 3)  # 1 - 2x6/(12+6)
    assert (found["fields"][DATE]["value"], found["fields"][DATE]["n"]) == (1, 6)
    assert found["macro_f1"]["value"] == pytest.approx((1 / 3 + 1) / 2)


def test_what_only_others_in_the_table_say_is_right_for_both(orders: Task) -> None:
    rows = real([(f"{at}", f"d{at}", [NUMBER, DATE], {NUMBER: "A", DATE: None}) for at in range(12)])
    mine, theirs = said({f"{at}": {NUMBER: "A"} for at in range(12)}), said({f"{at}": {} for at in range(12)})
    inventive = said({f"{at}": {NUMBER: "A", DATE: "x"} for at in range(12)})
    found = difference(orders, rows, mine, theirs, [inventive])
    assert (found["macro_f1"]["value"], found["fields"][DATE]) == (0.5, None)
    assert found["both_parse"]["macro_f1"]["value"] == 1


def test_seconds_and_tokens_that_nobody_measured_are_none(orders: Task) -> None:
    predictions = said({row[0]: row[4] for row in TOY})
    for name in ("seconds", "prompt_tokens"):
        at = predictions.schema.get_field_index(name)
        predictions = predictions.set_column(at, name, pa.nulls(5, predictions.schema.field(name).type))
    found = student_metrics(orders, real(TOY), predictions)
    assert found["seconds"] == {"p50": None, "p95": None}
    assert found["per_thousand"] == {"seconds": None, "dollars": None}
    assert found["tokens"] == {"prompt": None, "output": 35}


def test_the_interval_of_seconds_is_that_of_batches_and_not_of_their_rows(orders: Task) -> None:
    rows = [(f"{at:03}", f"d{at}", [NUMBER], {NUMBER: "A"}) for at in range(96)]
    predictions, place = said({row[0]: {NUMBER: "A"} for row in rows}), PREDICTION.get_field_index("seconds")
    batches = np.random.default_rng(3).random(6)
    waited = np.repeat(batches, 16)
    found = student_metrics(orders, real(rows), predictions.set_column(place, "seconds", pa.array(waited[::-1])))[
        "seconds"
    ]
    every = np.array(list(product(range(6), repeat=6)))
    drawn = np.quantile(np.repeat(batches[every], 16, axis=1), [0.5, 0.95], axis=1)
    for at, name in enumerate(("p50", "p95")):
        assert found[name]["value"] == pytest.approx(np.quantile(waited, (0.5, 0.95)[at]))
        ends = np.quantile(drawn[at], [0.025, 0.975])
        assert (found[name]["low"], found[name]["high"]) == pytest.approx(tuple(ends), abs=0.02)
        assert found[name]["n"] == 6


def test_the_seconds_of_a_batch_count_once(orders: Task) -> None:
    predictions = said({row[0]: row[4] for row in TOY})
    at = predictions.schema.get_field_index("seconds")
    predictions = predictions.set_column(at, "seconds", pa.array([2.0, 2.0, 3.0, None, 3.0]))
    assert student_metrics(orders, real(TOY), predictions)["per_thousand"]["seconds"] == 1000.0


def test_labels_are_scored_one_against_the_rest(letters: Task) -> None:
    gold = {"1": "refund", "2": "refund", "3": "delivery", "4": "delivery", "5": "other"}
    given = {"1": "refund", "2": "Delivery", "3": "delivery", "4": "banana"}
    rows = real([(item, item, None, {"label": label}) for item, label in gold.items()])
    found = student_metrics(letters, rows, said({item: {"label": one} for item, one in given.items()} | {"5": None}))
    labels = found["labels"]
    f1 = [labels[name]["f1"]["value"] for name in ("refund", "delivery", "other")]
    assert f1 == pytest.approx([2 / 3, 1 / 2, 0])  # 2x1/(2+1), 2x1/(2+2), 2x0/(1+0)
    assert labels["thanks"]["f1"] is None
    assert labels["other"]["precision"] is None
    assert found["macro_f1"]["value"] == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert found["accuracy"] == found["exact"]
    assert (found["accuracy"]["value"], found["unknown_label"]) == (0.4, 1)
    # 3, 4 and 5 are not labelled refund; of these 5 is malformed
    assert labels["refund"]["null_right"] == {"value": pytest.approx(2 / 3), "n": 3}
    assert "fields" not in found


def test_two_classifiers_differ_in_accuracy_and_by_label(letters: Task) -> None:
    names = ["refund", "delivery"] * 15
    rows = real([(f"{at:02}", f"{at:02}", None, {"label": name}) for at, name in enumerate(names)])
    right = said({f"{at:02}": {"label": name} for at, name in enumerate(names)})
    lazy = said({f"{at:02}": {"label": "refund"} for at in range(30)})
    found = difference(letters, rows, right, lazy)
    # lazy: refund 2x15/(15+30) = 2/3, delivery 0
    assert found["labels"]["refund"]["value"] == pytest.approx(1 / 3)
    assert found["labels"]["delivery"]["value"] == 1
    assert found["labels"]["thanks"] is None
    assert found["macro_f1"]["value"] == pytest.approx(2 / 3)
    assert found["accuracy"]["value"] == 0.5
    assert found["both_parse"]["labels"] == found["labels"]
