from pathlib import Path
from typing import Any

import pytest

from pipeline.config import Teacher
from pipeline.generate.params import request_key
from pipeline.teacher.prefix import cache_minimum, mark_prefix, pays, shared_tokens, told, unmarked
from pipeline.teacher.prices import price_of

PARAMS: dict[str, Any] = {"model": "m", "system": "Be brief.", "messages": [{"role": "user", "content": "Hi"}]}


def test_the_mark_stands_at_the_end_of_the_system_prompt_and_changes_no_other_word() -> None:
    marked = mark_prefix(PARAMS, "1h")
    assert marked["system"] == [
        {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    ]
    assert {name: marked[name] for name in ("model", "messages")} == {
        name: PARAMS[name] for name in ("model", "messages")
    }
    assert PARAMS["system"] == "Be brief."
    two = mark_prefix({"system": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]})
    assert ["cache_control" in block for block in two["system"]] == [False, True]
    assert mark_prefix({"messages": []}) == {"messages": []}


def test_a_mark_is_in_no_key() -> None:
    block = {**PARAMS, "system": [{"type": "text", "text": "Be brief."}]}
    content = [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}]
    tail = {**PARAMS, "messages": [{"role": "user", "content": content}]}
    bare = {**PARAMS, "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]}
    teacher = Teacher()
    keys = [request_key(params, 1, teacher) for params in (PARAMS, block, mark_prefix(PARAMS), mark_prefix(block))]
    assert set(keys) == {request_key(PARAMS, 1, teacher)}
    assert request_key(tail, 1, teacher) == request_key(bare, 1, teacher)
    assert request_key({**PARAMS, "system": "Be long."}, 1, teacher) not in keys
    assert request_key({**PARAMS, "cache_control": {"type": "ephemeral"}}, 1, teacher) in keys


@pytest.mark.parametrize("body", [{"system": [1, "a"]}, {"messages": [1, {"content": [2]}]}, {"messages": "x"}, {}])
def test_whatever_a_client_sends_can_be_read_without_its_marks(body: dict[str, Any]) -> None:
    assert unmarked(body) == body


def test_a_prefix_is_shared_when_two_requests_have_the_same_system_prompt() -> None:
    assert shared_tokens(["same"] * 20) == 1
    assert shared_tokens(["one", "one", "two", "two"]) == 1
    assert shared_tokens([str(number) for number in range(20)]) == 0
    assert shared_tokens([None, None]) == shared_tokens([]) == 0
    assert shared_tokens(["alone"]) == 2


def test_below_the_models_minimum_nothing_is_cached_and_the_plan_says_so() -> None:
    haiku, unlisted = Teacher(model="claude-haiku-4-5"), Teacher(model="a model that nobody listed")
    assert [cache_minimum(Teacher(model="claude-haiku-5-5")), cache_minimum(haiku)] == [512, 4096]
    assert cache_minimum(unlisted) is None
    assert [pays(tokens, haiku) for tokens in (0, 2_700, 2_800, 5_000)] == [False, False, True, True]
    assert pays(10, unlisted)
    assert told(5_000, haiku).endswith("they will be cached")
    assert told(3_000, haiku).endswith("perhaps they will be cached")
    assert told(1_000, haiku).endswith("nothing will be cached")
    assert told(0, haiku).endswith("nothing will be cached")
    assert "not known" in told(1_000, unlisted)


def test_a_minimum_of_ones_own_comes_before_the_list_s_and_a_price_without_one_leaves_it(tmp_path: Path) -> None:
    listed = {"model": "claude-haiku-4-5"}
    (tmp_path / "prices.yaml").write_text(
        "as_of: 2027-01-01\nmodels: {claude-haiku-4-5: {input: 1, output: 5, cache_from: 900}}"
    )
    own = {"prices": str(tmp_path / "prices.yaml")}
    said = {"input": 1, "output": 5, "cache_from": 0}
    given = [
        Teacher(**listed, **more) for more in ({"price": (1, 5)}, own, {"price": (1, 5), **own}, {"price": said, **own})
    ]
    assert [cache_minimum(teacher) for teacher in given] == [4096, 900, 900, 0]
    assert told(1_000, given[1]).endswith("caches from 900: they will be cached")


def test_minimums_stand_beside_prices() -> None:
    assert price_of(Teacher(model="claude-haiku-4-5")) is not None
