import json
from pathlib import Path

import pyarrow as pa
import pytest
from scipy.stats import binomtest

from jobs.init import init
from pipeline.errors import InputError
from pipeline.generate.human import human_rates, resolved, wilson
from pipeline.layers import load_settings
from pipeline.tasks.task import Task, load_task, read_source


def classification(folder: Path, *pairs: str) -> Task:
    if not folder.exists():
        init(folder, "classification")
    return load_task(read_source(load_settings(str(folder), None, ["matrix.label=human", *pairs])[0]))


def calibration(**labels: int) -> pa.Table:
    answers = [json.dumps({"label": label}) for label, count in labels.items() for _ in range(count)]
    return pa.table({"answer": pa.array([*answers, "{}", None], pa.string())})


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
