from collections import Counter

from pipeline.generate.cells import crossed, draw

MATRIX = {"type": {"NDA": 1.0, "SaaS": 1.0, "none": 0.0}, "register": {"formal": 3.0, "plain": 1.0, "never": 0.0}}


def test_crossed_dimensions_take_every_value_that_has_weight() -> None:
    assert list(crossed(MATRIX, ("type",))) == [{"type": "NDA"}, {"type": "SaaS"}]
    assert len(list(crossed(MATRIX, ("type", "register")))) == 4
    assert list(crossed(MATRIX, ())) == [{}]


def test_values_are_drawn_by_weight_and_never_without_one() -> None:
    drawn = Counter(draw(MATRIX, {"type": "NDA"}, str(number))["register"] for number in range(4000))
    assert set(drawn) == {"formal", "plain"}
    assert 0.72 < drawn["formal"] / 4000 < 0.78


def test_a_cell_depends_on_its_own_identity_alone() -> None:
    assert draw(MATRIX, {}, "x") == draw(MATRIX, {}, "x")


def test_the_order_in_which_a_file_lists_dimensions_and_values_changes_nothing() -> None:
    turned = {name: dict(reversed(values.items())) for name, values in reversed(MATRIX.items())}
    for number in range(50):
        assert list(draw(turned, {}, str(number)).items()) == list(draw(MATRIX, {}, str(number)).items())
    assert list(crossed(turned, ("type",))) == list(crossed(MATRIX, ("type",)))
