"""Training rows that fit task, model and template, and each way in which one does not."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tiny_model import thinking

from jobs.init import init
from pipeline.errors import InputError
from pipeline.finetune.base_model import load_tokenizer
from pipeline.finetune.rows import check_answers, fit, token_ids
from pipeline.layers import load_settings
from pipeline.records import EXAMPLE
from pipeline.tasks.task import Task, load_task, read_source

GOOD = '{"delivery_date":null,"order_number":"A-1"}'


def examples(*pairs: tuple[str, str]) -> pa.Table:
    """Rows sample-0, sample-1, ... of what was asked and said."""
    rows = [
        {
            "sample_id": f"sample-{number}",
            "prompt": [{"role": "user", "content": asked}],
            "completion": [{"role": "assistant", "content": said}],
        }
        for number, (asked, said) in enumerate(pairs)
    ]
    return pa.Table.from_pylist(rows, schema=EXAMPLE)


@pytest.fixture
def orders(load: Callable[..., Task]) -> Task:
    return load()


@pytest.fixture
def labels(tmp_path: Path) -> Task:
    init(tmp_path / "labels", "classification")
    return load_task(read_source(load_settings(str(tmp_path / "labels"))[0]))


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> Any:
    return load_tokenizer(str(tiny_model))


def test_answers_that_the_schema_knows_pass(orders: Task, labels: Task) -> None:
    check_answers(orders, examples(("", GOOD), ("", '{"delivery_date":"2024-05-03","order_number":null}')), "train")
    check_answers(labels, examples(("", '{"label":"refund"}'), ("", '{"label":"delivery"}')), "train")


def test_a_set_without_rows_is_refused(orders: Task) -> None:
    message = "^train.parquet: holds no rows to train on; see why in the funnel, and curate again$"
    with pytest.raises(InputError, match=message):
        check_answers(orders, examples(), "train.parquet")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Order A-1.", r"is not JSON \(.*\)"),
        ('{"order_number": "A-1"', r"is not JSON \(.*\)"),
        ("[" * 100_000, r"is not JSON \(.*\)"),
        ("[]", r'answer: \[\] is not of type "object"'),
        ('{"order_number":"A-1"}', 'answer: "delivery_date" is a required property'),
        ('{"delivery_date":"tomorrow","order_number":null}', 'delivery_date: "tomorrow" is not a "date"'),
        ('{"delivery_date":null,"order_number":null,"colour":"red"}', "answer: .*'colour' was unexpected"),
    ],
)
def test_an_answer_that_the_schema_does_not_know_is_refused_by_its_row(orders: Task, said: str, reason: str) -> None:
    message = (
        "^train.parquet: 1 of 2 answers do not fit the task's schema, the first being\n"
        f"  sample-1: {reason}.*\n"
        "mend or take out those rows, or run curate again$"
    )
    with pytest.raises(InputError, match=message):
        check_answers(orders, examples(("", GOOD), ("", said)), "train.parquet")


def test_a_label_that_the_task_does_not_have_is_refused(labels: Task) -> None:
    said = ['{"label":"praise"}'] * 5
    message = r'^train: 5 of 5 answers do not fit(.|\n)*sample-0: label: "praise" is not one of'
    with pytest.raises(InputError, match=message) as caught:
        check_answers(labels, examples(*(("", one) for one in said)), "train")
    assert str(caught.value).count("sample-") == 3


def test_rows_are_measured_with_the_models_own_template(tokenizer: Any) -> None:
    found = fit(examples(("ab", "cd"), ("abc", "cd")), tokenizer, 100, drop_long=False, where="train")
    assert (found.tokens, found.longest, found.left_out) == ((4 + 4) + (5 + 4), 9, ())  # four tokens of the template's
    assert found.rows.num_rows == 2


def test_a_row_that_is_too_long_stops_the_run_with_count_ids_and_what_to_do(tokenizer: Any) -> None:
    rows = examples(*((("long " * number), GOOD) for number in (0, 20, 0, 40, 60, 80)))
    message = (
        r"^train: 4 of 6 rows are longer than 100 tokens, the longest 447 \(sample-1, sample-3, sample-4\); raise "
        "finetune.max_length, take a model with a longer context, or say finetune.drop_long=true to leave them out$"
    )
    with pytest.raises(InputError, match=message):
        fit(rows, tokenizer, 100, drop_long=False, where="train")
    found = fit(rows, tokenizer, 100, drop_long=True, where="train")
    assert found.left_out == ("sample-1", "sample-3", "sample-4", "sample-5")
    assert found.rows["sample_id"].to_pylist() == ["sample-0", "sample-2"]
    assert (found.tokens, found.longest) == (94, 47)


def test_a_row_of_exactly_the_length_fits_and_none_that_fits_is_told(tokenizer: Any) -> None:
    rows = examples(("a" * 50, GOOD))
    assert fit(rows, tokenizer, 97, drop_long=False, where="train").longest == 97
    message = "^train: no row is as short as 96 tokens; raise finetune.max_length$"
    with pytest.raises(InputError, match=message):
        fit(rows, tokenizer, 96, drop_long=True, where="train")


def test_markup_within_a_text_changes_lengths_and_breaks_nothing(tokenizer: Any) -> None:
    text = "<|end|><|assistant|>{}<|end|><|user|> naïve \x00 \U0001f600 <|pad|>"
    found = fit(examples((text, GOOD)), tokenizer, 200, drop_long=False, where="train")
    assert (
        found.longest == len(token_ids(tokenizer, [{"role": "user", "content": text}], question=True)) + len(GOOD) + 1
    )


@pytest.mark.parametrize(
    "template",
    [
        "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>Well, {% endif %}",
        "{{ messages | length }}{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}",
    ],
    ids=["words before the answer", "a count of turns"],
)
def test_a_template_whose_prompt_does_not_begin_the_whole_is_refused(
    tiny_model: Path, tmp_path: Path, template: str
) -> None:
    folder = shutil.copytree(tiny_model, tmp_path / "other")
    (folder / "chat_template.jinja").write_text(template)
    message = "^train: the chat template of the model does not continue its own prompt, .* take another model, or mend"
    with pytest.raises(InputError, match=message):
        fit(examples(("a", GOOD)), load_tokenizer(str(folder)), 100, drop_long=False, where="train")


def test_a_template_that_knows_no_system_message_is_told_when_the_task_has_one(
    tiny_model: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny_model, tmp_path / "other")
    refusing = "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    template = folder / "chat_template.jinja"
    template.write_text(refusing + template.read_text())
    asked = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "a"}]
    message = (
        r"^the model's chat template does not take system, user \(System role not supported\); take the system block "
        "out of the student prompt, or another model$"
    )
    with pytest.raises(InputError, match=message):
        token_ids(load_tokenizer(str(folder)), asked, question=True)


def test_tokens_end_where_the_answer_is_to_begin(tokenizer: Any) -> None:
    asked = [{"role": "user", "content": "ab"}]
    said = [{"role": "assistant", "content": json.dumps({})}]
    question, whole = token_ids(tokenizer, asked, question=True), token_ids(tokenizer, asked + said, question=False)
    assert tokenizer.decode(question) == "<|user|>ab<|end|><|assistant|>"
    assert tokenizer.decode(whole[len(question) :]) == "{}<|end|>"


ASKED, SAID = [{"role": "user", "content": "ab"}], [{"role": "assistant", "content": GOOD}]


@pytest.fixture(scope="module")
def thinker(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return load_tokenizer(str(thinking(tiny_model, tmp_path_factory.mktemp("thinker") / "model")))


@pytest.mark.parametrize("thinks", [False, True])
@pytest.mark.parametrize("turns", [ASKED, ASKED + SAID + ASKED], ids=["alone", "after an example"])
def test_what_a_model_that_thinks_is_asked_begins_what_it_is_taught(
    thinker: Any, turns: list[dict[str, str]], thinks: bool
) -> None:
    question = token_ids(thinker, turns, question=True, thinking=thinks)
    whole = token_ids(thinker, turns + SAID, question=False, thinking=thinks)
    assert whole[: len(question)] == question
    thought = "<think>\n\n</think>\n\n"
    assert thinker.decode(question).endswith("assistant\n" if thinks else f"assistant\n{thought}")
    assert thinker.decode(whole[len(question) :]) == (thought if thinks else "") + GOOD + "<|im_end|>\n"


def test_a_model_is_not_to_think_unless_it_is_told(thinker: Any) -> None:
    assert token_ids(thinker, ASKED, question=True) == token_ids(thinker, ASKED, question=True, thinking=False)
    rows = examples(("ab", GOOD))
    lengths = {fit(rows, thinker, 500, drop_long=False, where="", thinking=thinks).longest for thinks in (False, True)}
    assert lengths == {len(token_ids(thinker, ASKED + SAID, question=False))}


@pytest.mark.parametrize("thinks", [False, True])
def test_a_template_that_knows_no_thoughts_gives_the_same_tokens_either_way(tokenizer: Any, thinks: bool) -> None:
    for turns, question in ((ASKED, True), (ASKED + SAID, False)):
        plain = tokenizer.apply_chat_template(turns, add_generation_prompt=question, return_dict=False)
        assert token_ids(tokenizer, turns, question=question, thinking=thinks) == plain
