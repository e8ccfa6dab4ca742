import json
from pathlib import Path

import pyarrow as pa
import pytest
from scipy.stats import binomtest

from jobs.init import init
from pipeline.errors import InputError
from pipeline.generate.estimate import Counted, estimate
from pipeline.generate.human import human_rates, resolved, shows_label, unnamed_labels, wilson
from pipeline.generate.plan import plan_requests
from pipeline.layers import load_settings
from pipeline.records import SEED
from pipeline.tasks.task import Task, load_task, read_source


def classification(folder: Path, *pairs: str) -> Task:
    return silent(folder, "matrix.label=human", *pairs)


def silent(folder: Path, *pairs: str) -> Task:
    """The task of `seedwright init`, whose matrix says nothing of labels."""
    if not folder.exists():
        init(folder, "classification")
    return load_task(read_source(load_settings(str(folder), None, pairs)[0]))


def calibration(source: str = "human_verified", **labels: int) -> pa.Table:
    answers = [json.dumps({"label": label}) for label, count in labels.items() for _ in range(count)]
    answers += ["{}", None]
    return pa.table({"answer": pa.array(answers, pa.string()), "label_source": [source] * len(answers)})


SEEDS = pa.Table.from_pylist([{"seed_id": "a", "stratum": "all", "text": "Where is it?"}], schema=SEED)


def test_a_rate_has_its_count_and_wilsons_interval() -> None:
    for count, of in ((190, 500), (0, 30), (30, 30), (1, 3)):
        rate, theirs = wilson(count, of), binomtest(count, of).proportion_ci(method="wilson")
        assert (rate.count, rate.of) == (count, of)
        assert (rate.low, rate.high) == pytest.approx((theirs.low, theirs.high), abs=1e-6)
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)


def test_labels_are_weighed_by_what_people_gave_where_they_gave_one(tmp_path: Path) -> None:
    task = classification(tmp_path / "mails")
    matrix, rates = resolved(task, calibration(refund=38, delivery=62))
    assert matrix.weights["label"] == {"delivery": 62.0, "refund": 38.0}
    assert rates["label"]["refund"] == wilson(38, 100)
    assert matrix.weights["register"] == {"clipped": 1.0, "formal": 2.0, "plain": 2.0}


def test_a_label_that_nobody_gave_is_drawn_by_nobody_and_told(tmp_path: Path) -> None:
    matrix, rates = resolved(classification(tmp_path / "mails"), calibration(refund=5))
    assert matrix.weights["label"] == {"refund": 5.0}
    assert (rates["label"]["delivery"].count, rates["label"]["delivery"].of) == (0, 5)


def test_without_labels_or_set_there_is_no_rate(tmp_path: Path) -> None:
    task = classification(tmp_path / "mails")
    with pytest.raises(InputError, match="no row of the calibration set has a label"):
        human_rates(task, calibration())
    with pytest.raises(InputError, match="calibration set is needed"):
        resolved(task, None)


def test_what_is_forbidden_of_labels_is_checked_once_they_are_known(tmp_path: Path) -> None:
    found = calibration(refund=5, delivery=5)
    task = classification(tmp_path / "mails", "forbid=[{label: refund, register: clipped}]")
    assert not resolved(task, found)[0].allows({"label": "refund", "register": "clipped"})
    with pytest.raises(InputError, match=r"names label: 'refnd', which is no value.*mean refund"):
        resolved(classification(tmp_path / "mails", "forbid=[{label: refnd, register: clipped}]"), found)


@pytest.mark.parametrize("source", ["human", "human_verified"])
def test_labels_of_which_the_matrix_says_nothing_are_drawn_at_the_human_rate(tmp_path: Path, source: str) -> None:
    task, found = silent(tmp_path / "mails"), calibration(source, refund=38, delivery=62)
    assert resolved(task, found) == resolved(classification(tmp_path / "mails"), found)
    labels = unnamed_labels(task, found)
    assert labels is not None
    assert labels.rates["refund"] == wilson(38, 100)
    assert "at the human rate, that of 100 calibration rows which people labelled; matrix: {label: teach" in labels.says


def test_the_label_that_is_drawn_is_asked_for_and_counted_in_the_estimate(tmp_path: Path) -> None:
    task = silent(tmp_path / "mails", "generation.samples=200")
    matrix, rates = resolved(task, calibration(refund=3, delivery=9))
    requests = plan_requests(task, SEEDS, matrix=matrix)
    asked = [json.loads(params)["messages"][0]["content"] for params in requests["params"].to_pylist()]
    assert 30 < sum("label: refund" in one for one in asked) < 70
    figures = estimate(task, SEEDS, requests, None, matrix, rates, Counted())
    assert list(figures.cells) == ["register", "complexity", "label"]
    assert figures.cells["label"] == {
        name: sum(f"label: {name}" in one for one in asked) for name in ("delivery", "refund")
    }
    assert figures.human["label"]["refund"]["of"] == 12


def test_a_label_that_people_gave_to_no_row_is_drawn_as_half_a_row_by_default(tmp_path: Path) -> None:
    matrix, rates = resolved(silent(tmp_path / "mails"), calibration(refund=12))
    assert matrix.weights["label"] == {"delivery": 0.5, "refund": 12.0}
    assert rates["label"]["delivery"].low <= 0.5 / 12.5 <= rates["label"]["delivery"].high


def test_labels_are_left_to_the_teacher_where_the_matrix_says_so(tmp_path: Path) -> None:
    task, found = silent(tmp_path / "mails", "matrix.label=teacher"), calibration(refund=38, delivery=62)
    matrix, rates = resolved(task, found)
    assert (matrix.weights.keys(), rates) == ({"register", "complexity"}, {})
    requests = plan_requests(task, SEEDS, matrix=matrix)
    assert requests.equals(plan_requests(silent(tmp_path / "mails"), SEEDS))
    labels = unnamed_labels(task, found)
    assert labels is not None
    assert labels.says == (
        "left to the teacher (matrix.label); people gave refund 0.38 (38 of 100, 0.29 to 0.48), "
        "delivery 0.62 (62 of 100, 0.52 to 0.71)"
    )


@pytest.mark.parametrize("found", [calibration("constructed", refund=5, delivery=5), calibration(), None])
def test_without_labels_of_people_nothing_changes_and_the_teacher_chooses(
    tmp_path: Path, found: pa.Table | None
) -> None:
    task = silent(tmp_path / "mails")
    assert resolved(task, found) == resolved(task, None)
    labels = unnamed_labels(task, found)
    assert labels is not None
    assert labels.says == "left to the teacher: no row of the calibration set was labelled by people"


def test_rows_that_nobody_labelled_are_not_counted_among_those_that_people_did(tmp_path: Path) -> None:
    both = pa.concat_tables([calibration(refund=3, delivery=9), calibration("constructed", refund=500)])
    assert resolved(silent(tmp_path / "mails"), both)[1]["label"]["refund"] == wilson(3, 12)


def test_labels_that_the_matrix_weighs_are_drawn_by_its_weights(tmp_path: Path) -> None:
    found = calibration(refund=38, delivery=62)
    weighed = silent(tmp_path / "mails", "matrix.label={refund: 1, delivery: 1}")
    assert resolved(weighed, found)[0].weights["label"] == {"delivery": 1.0, "refund": 1.0}
    named = silent(tmp_path / "mails", "matrix.topic=human")
    assert resolved(named, found)[1].keys() == {"topic"}
    assert unnamed_labels(weighed, found) is unnamed_labels(named, found) is None


def test_extraction_is_not_touched_whatever_its_rows_hold(contracts: Task) -> None:
    assert unnamed_labels(contracts, calibration(refund=5)) is None
    assert resolved(contracts, calibration(refund=5)) == resolved(contracts, None)


@pytest.mark.parametrize(
    ("prompt", "shown"),
    [
        ("{% for name, value in cell.items() %}{{ name }}: {{ value }}{% endfor %}", True),
        ("Write a {{ cell.label }} message in a {{ cell.register }} tone.", True),
        ("{{ cell['label'] }}", True),
        ("{{ cell | tojson }}", True),
        ("Write a {{ cell.register }} message about a cell phone. {{ cell.labels }}", False),
        ("Write a message.", False),
    ],
)
def test_a_label_that_no_prompt_shows_is_not_drawn(tmp_path: Path, prompt: str, shown: bool) -> None:
    silent(tmp_path / "mails")
    (tmp_path / "mails/draft.jinja").write_text(prompt)
    task, found = silent(tmp_path / "mails"), calibration(refund=1, delivery=3)
    assert shows_label(task.source) is shown
    assert ("label" in resolved(task, found)[0].weights) is shown
    labels = unnamed_labels(task, found)
    assert labels is not None
    assert ("no prompt shows cell.label; people gave refund 0.25 (1 of 4" in labels.says) is not shown
