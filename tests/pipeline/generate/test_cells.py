from collections import Counter

from pipeline.generate.cells import draw
from pipeline.generate.matrix import Matrix

WEIGHTS = {"type": {"NDA": 1.0, "SaaS": 1.0, "none": 0.0}, "register": {"formal": 3.0, "plain": 1.0, "never": 0.0}}
MATRIX = Matrix.of(WEIGHTS)


def test_values_are_drawn_by_weight_and_never_without_one() -> None:
    drawn = Counter(draw(MATRIX, {"type": "NDA"}, str(number))["register"] for number in range(4000))
    assert set(drawn) == {"formal", "plain"}
    assert 0.72 < drawn["formal"] / 4000 < 0.78


def test_a_cell_depends_on_its_own_identity_alone() -> None:
    assert draw(MATRIX, {}, "x") == draw(MATRIX, {}, "x")


def test_the_order_in_which_a_file_lists_dimensions_and_values_changes_nothing() -> None:
    turned = Matrix.of({name: dict(reversed(values.items())) for name, values in reversed(WEIGHTS.items())})
    for number in range(50):
        assert list(draw(turned, {}, str(number)).items()) == list(draw(MATRIX, {}, str(number)).items())


def test_forbidding_a_combination_changes_the_cells_that_had_it_and_no_others() -> None:
    forbidding = Matrix.of(WEIGHTS, [{"type": ["NDA"], "register": ["plain"]}])
    changed = 0
    for number in range(2000):
        before, after = draw(MATRIX, {}, str(number)), draw(forbidding, {}, str(number))
        assert after != {"type": "NDA", "register": "plain"}
        if before == {"type": "NDA", "register": "plain"}:
            changed += 1
        else:
            assert after == before
    assert 200 < changed < 300
    assert draw(forbidding, {"register": "plain"}, "x")["type"] == "SaaS"
