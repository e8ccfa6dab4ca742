"""The examples that a baseline is shown: whose, in which order, and how many of them fit."""

import json
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pyarrow as pa
import pytest

from pipeline.curate.examples import student_prompt
from pipeline.evaluate.shots import Messages, choose_shots, fitted
from pipeline.records import REAL, SEED
from pipeline.tasks.task import Task, TaskSource, load_task

BOTH = {"order_number": "A-1", "delivery_date": None}
NONE = pa.Table.from_pylist([], schema=SEED)


@pytest.fixture
def orders(load: Callable[..., Task]) -> Task:
    return load()


def seeds(*rows: tuple[str, str, dict[str, Any] | None]) -> pa.Table:
    """(text, stratum, answer)."""
    shown = [
        {"text": text, "stratum": stratum, "answer": None if answer is None else json.dumps(answer)}
        for text, stratum, answer in rows
    ]
    return pa.Table.from_pylist(shown, schema=SEED)


def asked_about(shots: list[Messages]) -> list[str]:
    return [shot[-2]["content"].rpartition("\n")[2] for shot in shots]


def test_a_shot_is_the_students_own_question_and_the_canonical_answer(orders: Task) -> None:
    shots = choose_shots(orders, seeds(("a text", "s", BOTH)), NONE, 3)
    answer = '{"delivery_date":null,"order_number":"A-1"}'
    assert shots == [[*student_prompt(orders, "a text"), {"role": "assistant", "content": answer}]]


def test_strata_take_turns_and_the_order_of_the_rows_plays_no_role(orders: Task) -> None:
    rows = [("a", "x", BOTH), ("b", "x", BOTH), ("c", "x", BOTH), ("d", "y", BOTH), ("e", "z", BOTH)]
    chosen = [asked_about(choose_shots(orders, seeds(*some), NONE, 5)) for some in permutations(rows)]
    assert all(one == chosen[0] for one in chosen)
    stratum = {text: name for text, name, _ in rows}
    assert {stratum[text] for text in chosen[0][:3]} == {"x", "y", "z"}
    assert [stratum[text] for text in chosen[0][3:]] == ["x", "x"]


def test_fewer_are_the_first_of_more(orders: Task) -> None:
    table = seeds(*((f"text {number}", str(number % 3), BOTH) for number in range(10)))
    most = choose_shots(orders, table, NONE, 10)
    for wanted in range(11):
        assert choose_shots(orders, table, NONE, wanted) == most[:wanted]


def test_rows_with_more_labelled_fields_come_first_and_unlabelled_fields_are_null(orders: Task) -> None:
    table = seeds(("one", "s", {"order_number": "A-1"}), ("both", "s", BOTH), ("none", "s", {}))
    shots = choose_shots(orders, table, NONE, 3)
    assert asked_about(shots)[0] == "both"
    assert {shot[-1]["content"] for shot in shots} == {
        '{"delivery_date":null,"order_number":"A-1"}',
        '{"delivery_date":null,"order_number":null}',
    }


def test_rows_without_an_answer_are_never_shown_and_seeds_without_any_give_way_to_calibration(orders: Task) -> None:
    some = seeds(("bare", "s", None), ("told", "s", BOTH))
    assert asked_about(choose_shots(orders, some, NONE, 3)) == ["told"]
    real = pa.Table.from_pylist([{"text": "real", "answer": json.dumps(BOTH), "item_id": "1"}], schema=REAL)
    assert asked_about(choose_shots(orders, some, real, 3)) == ["told"]
    assert asked_about(choose_shots(orders, seeds(("bare", "s", None)), real, 3)) == ["real"]
    assert choose_shots(orders, seeds(("bare", "s", None)), NONE, 3) == []


def test_a_system_message_stands_once_at_the_front(orders: Task) -> None:
    prompt = "{% block system %}Be brief.{% endblock %}{% block user %}{{ text }}{% endblock %}"
    source = orders.source
    task = load_task(TaskSource(source.settings, {**source.texts, "student_prompt": prompt}))
    shots = choose_shots(task, seeds(("a", "x", BOTH), ("b", "y", BOTH)), NONE, 2)
    messages, shown = fitted(student_prompt(task, "c"), shots, len, 99)
    assert [message["role"] for message in messages] == ["system", *["user", "assistant"] * 2, "user"]
    assert messages[0]["content"] == "Be brief."
    assert messages[-1]["content"] == "c"
    assert shown == 2


def letters(messages: Messages) -> int:
    return sum(len(message["content"]) for message in messages)


SHOTS: list[Messages] = [
    [{"role": "user", "content": "q" * 10}, {"role": "assistant", "content": "a" * size}] for size in (10, 20, 30)
]
QUESTION: Messages = [{"role": "user", "content": "?" * 5}]


@pytest.mark.parametrize(
    ("room", "count"), [(1000, 3), (95, 3), (94, 2), (55, 2), (54, 1), (25, 1), (24, 0), (5, 0), (1, 0)]
)
def test_as_many_as_fit_are_shown_and_counted(room: int, count: int) -> None:
    messages, shown = fitted(QUESTION, SHOTS, letters, room)
    assert shown == count
    assert messages == [message for shot in SHOTS[:count] for message in shot] + QUESTION
    assert letters(messages) <= room or count == 0


def test_a_question_without_shots_is_asked_as_it_is_whatever_its_length() -> None:
    assert fitted(QUESTION, [], letters, 0) == (QUESTION, 0)
