"""Which cells there are, and which mistakes in forbidden combinations are told before anything is planned."""

from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.generate.matrix import Matrix
from pipeline.layers import load_settings

WEIGHTS = {"a": {"x": 1.0, "y": 1.0, "gone": 0.0}, "b": {"p": 1.0, "q": 1.0}, "c": {"m": 1.0, "n": 1.0}}


def test_crossed_dimensions_take_every_value_that_has_weight() -> None:
    matrix = Matrix.of(WEIGHTS)
    assert list(matrix.crossed(["a"])) == [{"a": "x"}, {"a": "y"}]
    assert len(list(matrix.crossed(["a", "b"]))) == 4
    assert list(matrix.crossed([])) == [{}]


def test_what_two_rules_leave_together_is_seen_through() -> None:
    """x needs n (with p) or nothing (with q), so x and m exclude each other although no rule says so."""
    matrix = Matrix.of(WEIGHTS, [{"a": ["x"], "b": ["q"]}, {"b": ["p"], "c": ["m"]}])
    assert not matrix.allows({"a": "x", "c": "m"})
    assert matrix.allows({"a": "x"})
    assert matrix.allows({"a": "y", "c": "m"})


@pytest.mark.parametrize(
    ("forbid", "message"),
    [
        ("[{registr: formal}]", "forbid 1 names 'registr', which is no dimension of matrix; did you mean register?"),
        ("[{tone: dry}]", "no dimension of matrix; the dimensions are register, complexity"),
        (
            "[{register: forml}]",
            "names register: 'forml', which is no value of that dimension; did you mean formal?",
        ),
        ("[{register: [formal, rude]}]", "'rude', which is no value of that dimension; its values are formal, plain"),
        ("[{register: formal}]", "forbid leaves register: 'formal' without any allowed cell"),
        ("[{register: formal, complexity: [one_fact, several_facts]}]", "forbid leaves register: 'formal' without"),
        ("[{register: []}]", "forbid.0.register"),
        ("[{}]", "forbid.0"),
        ("{register: formal}", "forbid"),
        ("[{register: yes}]", "is a truth value to YAML, and text is wanted; put it in quotes"),
    ],
)
def test_a_mistake_in_a_forbidden_combination_is_explained(task_folder: Path, forbid: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load_settings(str(task_folder), None, [f"forbid={forbid}"])
    assert message in str(caught.value)


def test_a_crossed_combination_that_is_forbidden_is_told(task_folder: Path) -> None:
    pairs = ["forbid=[{register: formal, complexity: one_fact}]", "generation.cross=[register, complexity]"]
    with pytest.raises(InputError, match="rules out register: formal, complexity: one_fact, which generation"):
        load_settings(str(task_folder), None, pairs)
    assert load_settings(str(task_folder), None, [pairs[0], "generation.cross=[register]"])


def test_the_human_rate_wants_labels_and_a_dimension_that_is_drawn(task_folder: Path) -> None:
    with pytest.raises(InputError, match="extraction has no labels; give weights"):
        load_settings(str(task_folder), None, ["matrix.register=human"])
    with pytest.raises(InputError, match="drawn at the human rate; take it out"):
        load_settings(str(task_folder), None, ["kind=classification", "matrix.label=human", "generation.cross=[label]"])
    with pytest.raises(InputError, match="should be a mapping, such as matrix"):
        load_settings(str(task_folder), None, ["matrix.register=humane"])


def test_only_labels_that_are_not_crossed_can_be_left_to_the_teacher(task_folder: Path) -> None:
    labels = ["kind=classification", "matrix.label=teacher"]
    with pytest.raises(InputError, match="is `teacher`, but extraction has no labels"):
        load_settings(str(task_folder), None, labels[1:])
    with pytest.raises(InputError, match="is `teacher`, which only `label` can be"):
        load_settings(str(task_folder), None, [labels[0], "matrix.register=teacher"])
    with pytest.raises(InputError, match="which is left to the teacher; take it out"):
        load_settings(str(task_folder), None, [*labels, "generation.cross=[label]"])
    with pytest.raises(InputError, match="names 'label', which is no dimension of matrix"):
        load_settings(str(task_folder), None, [*labels, "forbid=[{label: refund}]"])
    assert load_settings(str(task_folder), None, labels)[0].matrix["label"] == "teacher"
