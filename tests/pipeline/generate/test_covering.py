import json
import subprocess
import sys
from itertools import combinations

import pytest

from pipeline.canonical import content_hash
from pipeline.config import Settings
from pipeline.generate.covering import allowed_pairs, covering_rows, deal, pairs_of
from pipeline.generate.matrix import Matrix
from pipeline.layers import load_settings

FORBID = [
    {"complexity": ["single_clause"], "omits": ["parties", "payment"]},
    {"register": ["terse"], "layout": ["letter"]},
]


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load_settings("contracts")[0]


def matrix_of(settings: Settings, *forbid: dict[str, list[str]]) -> Matrix:
    weights = {name: values for name, values in settings.matrix.items() if not isinstance(values, str)}
    return Matrix.of(weights, forbid)


def test_the_rows_hold_every_allowed_pair_and_no_forbidden_cell(settings: Settings) -> None:
    for forbid in ([], FORBID):
        matrix = matrix_of(settings, *forbid)
        rows = covering_rows(matrix)
        assert all(matrix.allows(row) and set(row) == set(matrix.weights) for row in rows)
        assert pairs_of(rows) == allowed_pairs(matrix)
        assert len(rows) < 40
    assert len(allowed_pairs(matrix_of(settings))) - len(allowed_pairs(matrix)) == 3


def test_values_without_weight_and_pairs_that_only_rules_together_exclude_are_not_asked_for() -> None:
    weights = {"a": {"x": 1.0, "y": 1.0, "gone": 0.0}, "b": {"p": 1.0, "q": 1.0}, "c": {"m": 1.0, "n": 1.0}}
    matrix = Matrix.of(weights, [{"a": ["x"], "b": ["q"]}, {"b": ["p"], "c": ["m"]}])
    assert pairs_of(covering_rows(matrix)) == allowed_pairs(matrix)
    assert (("a", "x"), ("c", "m")) not in allowed_pairs(matrix)
    assert covering_rows(Matrix.of({"a": {"x": 1.0}})) == []


@pytest.mark.slow
def test_every_process_makes_the_same_rows() -> None:
    code = (
        "import json; from pipeline.generate.covering import covering_rows; "
        "from pipeline.generate.matrix import Matrix; "
        "matrix = Matrix.of({d: {v: 1 for v in 'pqrs'} for d in 'abcd'}, [{'a': ['p'], 'b': ['q']}]); "
        "print(json.dumps(covering_rows(matrix)))"
    )
    shown = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(shown) == 1
    assert len(json.loads(shown.pop())) >= 16


def sample(number: int, **fixed: str) -> tuple[str, dict[str, str]]:
    return content_hash(number)[:16], fixed


def test_a_row_goes_to_a_sample_with_its_crossed_values_and_each_sample_has_one_at_most() -> None:
    matrix = Matrix.of({name: {"p": 1.0, "q": 1.0, "r": 1.0} for name in "abc"})
    rows = covering_rows(matrix)
    samples = [sample(number, a="pqr"[number % 3]) for number in range(60)]
    dealt = deal(rows, samples)
    assert sorted(map(str, dealt.values())) == sorted(map(str, rows))
    assert all(row["a"] == samples[number][1]["a"] for number, row in dealt.items())
    few = deal(rows, samples[:4])
    assert sorted(few) == [0, 1, 2, 3]
    assert deal(rows, []) == {}


def test_a_sample_that_is_added_takes_a_few_rows_and_moves_no_other() -> None:
    rows = covering_rows(Matrix.of({name: dict.fromkeys("pqrst", 1.0) for name in "abc"}))
    before = [sample(number) for number in range(300)]
    for added in range(300, 340):
        dealt, after = deal(rows, before), deal(rows, [*before, sample(added)])
        moved = {number for number in range(300) if dealt.get(number) != after.get(number)}
        assert len(moved) <= len(after.keys() - dealt.keys()) * 2
        assert len(moved) <= 2


def test_pairs_are_of_two_dimensions() -> None:
    cell = {"b": "1", "a": "2", "c": "3"}
    assert pairs_of([cell]) == set(combinations(sorted(cell.items()), 2))
