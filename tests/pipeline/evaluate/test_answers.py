import json

import pytest

from pipeline.evaluate.answers import read_answer


@pytest.mark.parametrize(
    "around", ["%s", "  %s\n", "```json\n%s\n```", "Here it is: %s", "%s\n\nHope that helps [1].", "\ufeff%s"]
)
def test_prose_or_a_fence_around_one_whole_object_is_forgiven(around: str) -> None:
    assert read_answer(around % '{"b": 1, "a": {"d": [], "c": null}}') == ('{"a":{"c":null,"d":[]},"b":1}', None)


def test_an_answer_keeps_its_letters_and_escapes() -> None:
    assert read_answer('{"a": "Pi\\u00f1on \\u0000 <|im_end|>"}') == ('{"a":"Piñon \\u0000 <|im_end|>"}', None)


@pytest.mark.parametrize(
    ("raw", "failure"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        ("I cannot tell.", "not_an_object"),
        ("null", "not_an_object"),
        ("42", "not_an_object"),
        ('"{\\"a\\": 1}"', "not_an_object"),
        ('[{"a": 1}]', "not_an_object"),
        ("[]", "not_an_object"),
        ('{"a": 1', "malformed_json"),
        ('{"a": 1,}', "malformed_json"),
        ("{'a': 1}", "malformed_json"),
        ('{"a": "x\ny"}', "malformed_json"),
        ('{"a": 1} {"a": 2}', "malformed_json"),
        ('{"a": NaN}', "malformed_json"),
        ('{"a": -Infinity}', "malformed_json"),
        ('{"a": [1e999]}', "malformed_json"),
        ('{"a": %s}' % ("9" * 5_000), "malformed_json"),
        ("{" * 100_000, "malformed_json"),
        ('{"a":' * 100_000, "malformed_json"),
        ("[" * 100_000, "not_an_object"),
        ("[" * 100_000 + "{", "malformed_json"),
        ('{"a": "\\ud800"}', "lone_surrogate"),
        ('{"a": "\udfff"}', "lone_surrogate"),
        ('{"\\udfff": 1}', "lone_surrogate"),
    ],
)
def test_anything_else_is_a_failure_and_never_an_exception(raw: str, failure: str) -> None:
    assert read_answer(raw) == (None, failure)


@pytest.mark.parametrize("thought", ["\n\n", 'Is it {"a": 2}? Or [1]?', "{", "", "</thin> <think>"])
def test_a_thought_before_the_answer_is_passed_over(thought: str) -> None:
    assert read_answer(f'\n<think>{thought}</think>\n\n{{"a": 1}}') == ('{"a":1}', None)
    assert read_answer(f"<think>{thought}</think> I cannot tell.") == (None, "not_an_object")
    assert read_answer(f"<think>{thought}</think>\n") == (None, "empty")


def test_a_thought_without_an_end_is_no_answer_and_one_elsewhere_is_text() -> None:
    assert read_answer('<think>Perhaps {"a": 1}') == (None, "unfinished_thought")
    assert read_answer('{"a": "<think>x</think>"}') == ('{"a":"<think>x</think>"}', None)


def test_two_halves_of_a_character_are_one() -> None:
    assert read_answer('{"a": "\\ud83d\\ude00"}') == ('{"a":"😀"}', None)


@pytest.mark.parametrize(("levels", "failure"), [(98, None), (99, "too_deep"), (500, "too_deep")])
def test_an_answer_may_be_as_deep_as_any_other_answer(levels: int, failure: str | None) -> None:
    # the object and the number within are a level each: 98 + 2 = 100
    answer, found = read_answer('{"a": ' + "[" * levels + "1" + "]" * levels + "}")
    assert found == failure
    assert (answer is None) == (failure is not None)


def test_what_is_read_reads_the_same_again() -> None:
    answer, _ = read_answer('{"z": 1.50, "a": [true, null, "é"]}')
    assert answer is not None
    assert read_answer(answer) == (answer, None)
    assert json.loads(answer) == {"z": 1.5, "a": [True, None, "é"]}
