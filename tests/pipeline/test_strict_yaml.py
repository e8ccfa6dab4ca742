import pytest

from pipeline.errors import InputError
from pipeline.strict_yaml import parse


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: 1\nb: 2\na: 3\n", ["line 3 repeats the key 'a' of line 1; keep one of the two"]),
        ("x:\n  - {a: 1, 'a': 2}\n", ["line 2 repeats the key 'a' of line 2; keep one of the two"]),
        (
            "a: {b: 1,\n b: 2}\nc: 1\na: 2",
            ["line 2 repeats the key 'b' of line 1", "line 4 repeats the key 'a' of line 1"],
        ),
    ],
)
def test_every_repeated_key_is_named_with_both_its_lines(text: str, found: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        parse(text, "task.yaml")
    lines = str(caught.value).splitlines()
    assert [line.startswith(f"task.yaml: {one}") for line, one in zip(lines, found, strict=True)] == [True] * len(found)


def test_a_merge_key_still_lends_its_values_and_may_be_overridden() -> None:
    text = "one: &one {a: 1, b: 2}\ntwo: {<<: *one, b: 3}\n"
    assert parse(text, "x")["two"] == {"a": 1, "b": 3}


def test_equal_keys_of_different_mappings_are_no_repetition() -> None:
    assert parse("a: {x: 1}\nb: {x: 2}\nx: [{x: 3}, {x: 4}]", "x") == {
        "a": {"x": 1},
        "b": {"x": 2},
        "x": [{"x": 3}, {"x": 4}],
    }


def test_nothing_is_none() -> None:
    assert parse("# only a comment\n", "x") is None
