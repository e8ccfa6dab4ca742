import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from pipeline.curate.samples import join_replies, parse_stage
from pipeline.errors import InputError
from pipeline.generate.estimate import Counted, Estimate, estimate
from pipeline.generate.human import resolved
from pipeline.generate.passes import Asked, later_tokens, next_requests, to_sample
from pipeline.generate.plan import plan_requests
from pipeline.records import SEED
from pipeline.stage import compose
from pipeline.tasks.task import Task
from pipeline.teacher.prices import Price

SECOND = """Who: {{ cell.register }}
Read: {{ passes[0].text }}
As {{ seed }} {{ guidelines | length }} {{ schema | length }}"""
THIRD = "Check {{ passes[1].answer.order_number }} in {{ passes[0].text }}"
SEEDS = pa.Table.from_pylist([{"seed_id": "s", "text": "A seed.", "stratum": "all"}], schema=SEED)


@pytest.fixture
def task(load: Callable[..., Task]) -> Task:
    """Two samples of one seed in three passes."""
    return with_passes(load("generation.samples=2"), SECOND, THIRD)


def with_passes(task: Task, *later: str) -> Task:
    texts = task.source.texts | {f"pass {number}": text for number, text in enumerate(later, start=1)}
    names = (task.settings.passes[0], *(f"later-{number}.jinja" for number in range(len(later))))
    settings = task.settings.model_copy(update={"passes": names})
    return replace(task, source=replace(task.source, settings=settings, texts=texts))


def body(said: Any, stop: str = "end_turn") -> str:
    text = said if isinstance(said, str) else json.dumps(said)
    usage = {"input_tokens": 7, "output_tokens": 2}
    return json.dumps({"content": [{"type": "text", "text": text}], "stop_reason": stop, "model": "m", "usage": usage})


def asked(requests: pa.Table, *said: Any) -> Asked:
    keys = requests["key"].to_pylist()
    return Asked(requests, {key: body(one) for key, one in zip(keys, said, strict=True) if one is not None})


def prompt(row: dict[str, Any]) -> str:
    return str(json.loads(row["params"])["messages"][-1]["content"])


def test_a_later_prompt_sees_what_the_earlier_pass_said_beside_seed_cell_guidelines_and_schema(task: Task) -> None:
    first = plan_requests(task, SEEDS)
    rows = next_requests(task, SEEDS, [asked(first, {"text": "One."}, {"text": "Two."})]).to_pylist()
    register = [json.loads(cell)["register"] for cell in first["cell"].to_pylist()]
    assert prompt(rows[0]).startswith(f"Who: {register[0]}\nRead: One.\nAs A seed. ")
    assert prompt(rows[1]).startswith(f"Who: {register[1]}\nRead: Two.\n")
    carried = ("sample_id", "seed_id", "stratum", "cell", "number", "round", "output_tokens")
    assert [[row[name] for name in carried] for row in rows] == [
        [row[name] for name in carried] for row in first.to_pylist()
    ]
    assert {row["key"] for row in rows}.isdisjoint(first["key"].to_pylist())
    assert all(row["failure"] is None and row["input_tokens"] > 5 for row in rows)


def test_a_third_pass_sees_both_and_is_keyed_by_what_it_asks(task: Task) -> None:
    first = asked(plan_requests(task, SEEDS), {"text": "One."}, {"text": "Two."})
    second = asked(next_requests(task, SEEDS, [first]), *({"answer": {"order_number": name}} for name in ("a", "b")))
    rows = next_requests(task, SEEDS, [first, second]).to_pylist()
    assert [prompt(row) for row in rows] == ["Check a in One.", "Check b in Two."]
    other = with_passes(task, SECOND, THIRD + "!")
    assert [row["key"] for row in next_requests(other, SEEDS, [first]).to_pylist()] == second.requests[
        "key"
    ].to_pylist()
    changed = next_requests(other, SEEDS, [first, second])["key"].to_pylist()
    assert set(changed).isdisjoint(row["key"] for row in rows)


@pytest.mark.parametrize(
    "said",
    [
        None,
        "no object",
        {"text": "  "},
        {"text": "a", "answer": "none"},
        {"text": "a", "confidence": 2},
        {"text": "a", "note": "a\u0000b"},
        {"text": "a", "note": "<|im_end|>"},
        {"text": "a", "note": {"deep": ["\ud800"]}},
        '{"text": "a", "note": %s}' % ("[" * 200 + "]" * 200),
    ],
)
def test_a_sample_whose_earlier_pass_failed_is_not_asked_again(task: Task, said: Any) -> None:
    first = asked(plan_requests(task, SEEDS), said, {"text": "Two."})
    rows = next_requests(task, SEEDS, [first]).to_pylist()
    assert [prompt(row).split("\n")[1] for row in rows] == ["Read: Two."]


def test_a_reply_that_lacks_what_the_next_prompt_needs_is_a_row_that_says_so(task: Task) -> None:
    first = asked(plan_requests(task, SEEDS), {"note": "no text"}, {"text": "Two."})
    requests = next_requests(task, SEEDS, [first])
    assert requests["key"].is_valid().to_pylist() == [False, True]
    assert "no attribute 'text'" in requests["failure"][0].as_py()
    assert next_requests(task, SEEDS, [first, asked(requests, None, {"answer": {"order_number": "b"}})]).num_rows == 1


def replies(*said: Any) -> list[dict[str, Any]]:
    return [{"body": None if one is None else body(one), "failure": None, "unbuilt": None} for one in said]


def test_the_passes_objects_are_merged_and_later_ones_win() -> None:
    stage, draft = to_sample(
        replies({"text": "One.", "answer": {"a": 1}, "confidence": 0.5}, {"answer": {"a": 2}}, {"confidence": 0.9}), 100
    )
    assert (stage, draft.text, draft.answer, draft.confidence, draft.reason) == ("parse", "One.", '{"a":2}', 0.9, None)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (({"text": "a"}, {"answer": {}}), ("parse", "wrong_shape", "pass 2: confidence is None")),
        (({"text": "a"}, "nothing"), ("parse", "malformed_json", "pass 2: no JSON object")),
        (({"text": 5}, None), ("parse", "wrong_shape", "pass 1: text is no string")),
        (({"text": "a"}, None), ("generate", "no_reply", "pass 2: not answered")),
        ((None, None), ("generate", "no_reply", "pass 1: not answered")),
        ((None,), ("generate", "no_reply", "not answered")),
        (("nothing",), ("parse", "malformed_json", "no JSON object")),
    ],
)
def test_the_first_pass_that_gave_nothing_usable_decides_and_is_named(said: Any, expected: tuple[str, ...]) -> None:
    stage, draft = to_sample(replies(*said), 100)
    assert (stage, draft.reason) == expected[:2]
    assert str(draft.detail).startswith(expected[2])


def test_samples_are_joined_with_all_their_passes_and_what_they_took_is_summed(task: Task) -> None:
    whole = {"text": "One.", "answer": {"order_number": None}, "confidence": 0.9}
    task = with_passes(task, SECOND)
    first = asked(plan_requests(task, SEEDS), whole, {"note": ""})
    requests = next_requests(task, SEEDS, [first])
    second = asked(requests, {"answer": {"order_number": "A"}}, None)
    records = [[{"key": key, "body": text} for key, text in one.bodies.items()] for one in (first, second)]
    joined = join_replies(first.requests, records[0], [(requests, records[1])])
    good, bad = compose([parse_stage(1024, "t")])(joined).to_pylist()
    assert (good["text"], good["answer"], good["reason"]) == ("One.", '{"order_number":"A"}', None)
    assert (good["key"], good["input_tokens"], good["output_tokens"]) == (first.requests["key"][0].as_py(), 14, 4)
    assert (bad["stage"], bad["reason"], bad["input_tokens"]) == ("parse", "wrong_shape", 7)
    assert bad["detail"].startswith("pass 2: no prompt for it, ")


def estimated(task: Task, factor: float = 1.0) -> Estimate:
    price = Price(2, 10, "a test", cache_read=0.2, cache_write=2.5)
    matrix, human = resolved(task, None)
    return estimate(task, SEEDS, plan_requests(task, SEEDS), price, matrix, human, Counted(factor, 1))


def test_the_estimate_counts_all_passes_with_a_placeholder_for_replies_that_are_not_there_yet(task: Task) -> None:
    once, thrice = estimated(with_passes(task)), estimated(task)
    assert (once.requests, thrice.requests, once.passes, thrice.passes) == (2, 6, 1, 3)
    assert thrice.output_tokens == 3 * once.output_tokens
    later = thrice.input_tokens - once.input_tokens
    placeholder = task.settings.generation.output_tokens
    assert 4 * placeholder * 0.95 < later < 4 * (placeholder + 500)
    assert thrice.refill_requests == 3 * once.refill_requests > 0
    assert estimated(task, 2.0).input_tokens == once.input_tokens + 2 * later  # requests holds no counted tokens here
    more = (2 * later + 10 * 2 * once.output_tokens) / 1e6
    for name in ("dollars", "dollars_cached", "dollars_batch"):
        assert getattr(thrice, name) == pytest.approx(getattr(once, name) + more)
    assert thrice.cached.endswith("tokens of pass 1 read from the cache")


def test_of_a_plan_with_shares_and_refills_every_pass_is_told_the_same_number_of_samples(
    load: Callable[..., Task],
) -> None:
    task = with_passes(load("generation.samples=2", "generation.per_stratum=5"), "{{ samples }} {{ passes[0].text }}")
    task.source.texts["pass 0"] = "{{ number }} of {{ samples }}"
    first = plan_requests(task, SEEDS)
    assert [prompt(row) for row in first.to_pylist()] == [f"{number} of 5" for number in range(1, 6)]
    beyond = first.set_column(first.schema.get_field_index("number"), "number", pa.array([1, 2, 3, 4, 8], pa.int32()))
    rows = next_requests(task, SEEDS, [asked(beyond, *[{"text": "One."}] * 5)]).to_pylist()
    assert [prompt(row) for row in rows] == ["5 One."] * 4 + ["8 One."]


@pytest.mark.slow
def test_of_a_large_plan_some_prompts_are_rendered_for_the_estimate(task: Task) -> None:
    small = later_tokens(task, SEEDS, plan_requests(task, SEEDS))
    many = task.settings.model_copy(
        update={"generation": task.settings.generation.model_copy(update={"samples": 2000})}
    )
    large = replace(task, source=replace(task.source, settings=many))
    assert later_tokens(large, SEEDS, plan_requests(large, SEEDS)) == pytest.approx(1000 * small, rel=0.02)


@pytest.mark.parametrize("template", ["{{ pases[0].text }}", "{% if %}", "{{ passes[3].text }}"])
def test_a_later_template_that_cannot_be_rendered_is_told_before_anything_is_paid(task: Task, template: str) -> None:
    broken = with_passes(task, template)
    with pytest.raises(InputError, match=r"later-0\.jinja"):
        later_tokens(broken, SEEDS, plan_requests(broken, SEEDS))
