from collections.abc import Callable

from pipeline.tasks.task import Task, depth


def test_errors_of_an_answer_name_their_field_and_none_for_the_whole(load: Callable[..., Task]) -> None:
    task = load()
    found = task.field_errors({"delivery_date": "soon"})
    assert {field for field, _ in found} == {"delivery_date", None}
    assert task.schema_errors({"delivery_date": "soon"}) == [message for _, message in found]


def test_an_answer_nested_too_deep_for_the_validator_is_an_error_and_no_exception(load: Callable[..., Task]) -> None:
    nested: list[object] = []
    for _ in range(600):
        nested = [nested]
    assert "cannot be checked" in load().schema_errors({"order_number": nested, "delivery_date": None})[0]
    assert depth(nested) == 601
