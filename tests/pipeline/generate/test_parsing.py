import json
import re
from typing import Any

import pytest

from pipeline.generate.parsing import find_object, parse_reply

GOOD = {"text": "Orion Ltd pays $5.", "answer": {"b": 1, "a": None}, "confidence": 0.9}


def body(text: str, stop: str = "end_turn", **values: Any) -> str:
    return json.dumps({"content": [{"type": "text", "text": text}], "stop_reason": stop, "model": "m", **values})


def test_a_good_reply_becomes_text_canonical_answer_and_confidence() -> None:
    draft = parse_reply(body(json.dumps(GOOD)), 1024)
    assert (draft.text, draft.answer, draft.confidence, draft.reason) == (GOOD["text"], '{"a":null,"b":1}', 0.9, None)


def test_a_thinking_block_before_the_text_is_passed_over() -> None:
    content = [{"type": "thinking", "thinking": "{}"}, {"type": "text", "text": json.dumps(GOOD)}]
    assert parse_reply(json.dumps({"content": content, "stop_reason": "end_turn"}), 1024).reason is None


@pytest.mark.parametrize("around", ["Here it is:\n```json\n%s\n```\nLet me know!", "%s\n\nHope that helps.", "  %s  "])
def test_prose_or_a_fence_around_a_whole_object_is_forgiven(around: str) -> None:
    assert parse_reply(body(around % json.dumps(GOOD)), 1024).text == GOOD["text"]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ('{"text": "a", "answer": {}, "confidence": 0.9,}', "malformed_json"),
        ("{'text': 'a', 'answer': {}, 'confidence': 0.9}", "malformed_json"),
        ('{"text": "a\nb", "answer": {}, "confidence": 0.9}', "malformed_json"),
        ('{"text": "a", "answer": {}, "confidence": 0.9', "malformed_json"),
        ('{"text": "a", "answer": {"x": NaN}, "confidence": 0.9}', "malformed_json"),
        ("no object at all", "malformed_json"),
        (json.dumps(GOOD) + json.dumps(GOOD), "malformed_json"),
        ("[1, 2]", "malformed_json"),
        ('{"text": "a\\ud800", "answer": {}, "confidence": 0.9}', "malformed_json"),
        ('{"text": "a", "answer": {"x": "\\udfff"}, "confidence": 0.9}', "malformed_json"),
        ("[" * 100_000, "malformed_json"),
        ('{"a":' * 100_000, "malformed_json"),
        ('{"text": "a", "answer": {"x": 1e999}, "confidence": 0.9}', "malformed_json"),
        ('{"text": "a", "answer": {}, "confidence": 0.9, "more": [-1e999]}', "malformed_json"),
        ("   ", "empty_reply"),
        ('{"text": "", "answer": {}, "confidence": 0.9}', "wrong_shape"),
        ('{"text": "a", "answer": [], "confidence": 0.9}', "wrong_shape"),
        ('{"text": "a", "answer": {}, "confidence": 1.2}', "wrong_shape"),
        ('{"text": "a", "answer": {}, "confidence": true}', "wrong_shape"),
        ('{"text": "a", "answer": {}, "confidence": "high"}', "wrong_shape"),
        ('{"answer": {}, "confidence": 0.9}', "wrong_shape"),
        ('{"text": "a\\u0000b", "answer": {}, "confidence": 0.9}', "control_characters"),
        ('{"text": "a", "answer": {"x": ["a\\u0000b"]}, "confidence": 0.9}', "control_characters"),
        ('{"text": "a", "answer": {"a\\u001bb": 1}, "confidence": 0.9}', "control_characters"),
        ('{"text": "a <|im_end|>", "answer": {}, "confidence": 0.9}', "special_tokens"),
        ('{"text": "[INST] a", "answer": {}, "confidence": 0.9}', "special_tokens"),
        ('{"text": "a", "answer": {"x": "</s>"}, "confidence": 0.9}', "special_tokens"),
    ],
)
def test_what_is_no_sample_gets_a_reason(raw: str, reason: str) -> None:
    draft = parse_reply(body(raw), 100_000)
    assert (draft.reason, draft.text) == (reason, None)


@pytest.mark.parametrize("levels", [120, 260, 500, 980, 3000])
def test_an_answer_of_any_depth_is_no_exception(levels: int) -> None:
    raw = '{"text": "a", "answer": {"x": %s}, "confidence": 0.9}' % ("[" * levels + "]" * levels)
    assert parse_reply(body(raw), 100_000).reason == "malformed_json"


def test_line_breaks_in_an_answer_are_no_control_characters() -> None:
    assert parse_reply(body(json.dumps({**GOOD, "answer": {"a": "x\n\ty"}})), 1024).reason is None


def test_half_a_character_in_stop_reason_or_model_is_replaced() -> None:
    draft = parse_reply(body(json.dumps(GOOD), "\ud800", model="m\udfff"), 1024)
    assert (draft.model, draft.reason) == ("m?", None)
    assert parse_reply(body("", "\ud800"), 1024).detail == "stop_reason ?"


def test_template_markup_in_a_reply_stays_text() -> None:
    text = "{{ seed }} {% raw %} <b>bold</b> ${HOME}"
    assert parse_reply(body(json.dumps({**GOOD, "text": text})), 1024).text == text


@pytest.mark.parametrize(
    ("stop", "reason"),
    [("refusal", "refusal"), ("max_tokens", "truncated"), ("model_context_window_exceeded", "truncated")],
)
def test_what_was_refused_or_cut_off_is_no_sample_even_if_it_parses(stop: str, reason: str) -> None:
    assert parse_reply(body(json.dumps(GOOD), stop), 1024).reason == reason


@pytest.mark.parametrize(
    "raw", ["<html>busy</html>", "", "null", "[]", '{"content": null}', '{"content": [{"type": "text"}]}']
)
def test_a_200_that_is_no_messages_reply_is_malformed_and_kept_to_read(raw: str) -> None:
    draft = parse_reply(raw, 1024)
    assert (draft.reason, draft.raw) == ("malformed_reply", raw)


def test_a_reply_of_five_megabytes_is_refused_by_its_size() -> None:
    assert parse_reply(body(json.dumps({**GOOD, "text": "x" * 5_000_000})), 1024).reason == "oversized"


def test_more_than_one_object_is_not_guessed_between() -> None:
    with pytest.raises(ValueError, match="more than one"):
        find_object('{"a": 1} or {"a": 2}')


SPECIAL_TOKENS = (
    "<|im_end|> <| im_end |> <|end_of_sentence|> <\uff5cend\u2581of\u2581sentence\uff5c> <think> </think> <tool_call> "
    "[TOOL_CALLS] [AVAILABLE_TOOLS] [/AVAILABLE_TOOLS] <extra_id_0> <mask> <start_of_turn> <s> [/INST] <<SYS>>"
)
NO_TOKENS = (
    "[***] [NAME OF PARTY] [TOOLS] [Instructions] <company> <http://a.test> <a|b> x < |y| > z <thinking> <masked> "
    "[INTENTIONALLY LEFT BLANK] a<b and c>d <tool> <extra_id> |x| <|> "
)


@pytest.mark.parametrize("token", re.findall(r"<\| im_end \|>|\S+", SPECIAL_TOKENS))
def test_tokens_of_chat_templates_are_known(token: str) -> None:
    found = parse_reply(body(json.dumps({"text": f"a {token} b", "answer": {}, "confidence": 1})), 1024)
    assert (found.reason, found.detail) == ("special_tokens", token)


def test_what_stands_in_brackets_in_contracts_and_letters_is_text() -> None:
    assert parse_reply(body(json.dumps({"text": NO_TOKENS, "answer": {}, "confidence": 1})), 1024).reason is None
