"""Prediction on the tiny model: what it writes, in which order, and whatever a text or a model does to it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from tiny_model import thinking

from pipeline.curate.examples import student_prompt
from pipeline.errors import InputError
from pipeline.evaluate.predict import WRITES, Asking, Model, predict_stage
from pipeline.evaluate.shots import Messages
from pipeline.finetune.base_model import load_tokenizer
from pipeline.finetune.rows import token_ids
from pipeline.tasks.task import load_task

if TYPE_CHECKING:
    from conftest import Taught

pytestmark = pytest.mark.slow

TEXTS = ["order 7", "Where is it?", "It is late. " * 9, "A-1", "A-2", "naïve \U0001f600", "x" * 200, "", "Bye.", "A-3"]
TOKENS = 24


def items(texts: list[str]) -> pa.Table:
    return pa.table({"item_id": [f"item-{at}" for at in range(len(texts))], "text": texts})


@pytest.fixture(scope="module")
def ask(taught: Taught, tiny_model: Path) -> Any:
    """Asks the tiny model (or another, or with an adapter) about texts."""

    def asked(texts: list[str], asking: Asking, base: Path = tiny_model, adapter: Path | None = None) -> pa.Table:
        return predict_stage(taught.source, Model(str(base), 1024, adapter), asking).load()(items(texts))

    return asked


@pytest.fixture(scope="module")
def said(ask: Any) -> pa.Table:
    """What the bare model says about TEXTS: ten different things, and no end to any."""
    found = ask(TEXTS, Asking(batch=5, max_new_tokens=TOKENS))
    assert len(set(found["raw"].to_pylist())) == len(TEXTS)
    return found


def bare(said: pa.Table) -> int:
    """Tokens of a question without its text."""
    return int(said["prompt_tokens"][TEXTS.index("A-1")].as_py()) - len("A-1")


def test_a_student_says_what_it_was_taught_and_its_end_counts_as_a_token(ask: Any, taught: Taught) -> None:
    found = ask(taught.texts, Asking(max_new_tokens=TOKENS), adapter=taught.adapter)
    assert found["raw"].to_pylist() == found["answer"].to_pylist() == [taught.answer] * len(taught.texts)
    assert found["failure"].null_count == len(taught.texts)
    assert found["output_tokens"].to_pylist() == [len(taught.answer) + 1] * len(taught.texts)
    assert found["shots"].to_pylist() == [0] * len(taught.texts)


def test_a_student_cut_short_has_no_end_and_no_answer(ask: Any, taught: Taught) -> None:
    found = ask(taught.texts[:1], Asking(max_new_tokens=len(taught.answer) - 1), adapter=taught.adapter).to_pylist()[0]
    assert (found["raw"], found["output_tokens"]) == (taught.answer[:-1], len(taught.answer) - 1)
    assert (found["answer"], found["failure"]) == (None, "malformed_json")


def test_rows_keep_their_order_and_their_columns_whatever_their_lengths(said: pa.Table) -> None:
    assert said.column_names == ["item_id", "text", *WRITES]
    assert said["text"].to_pylist() == TEXTS
    tokens = dict(zip(TEXTS, said["prompt_tokens"].to_pylist(), strict=True))
    assert all(tokens[text] == bare(said) + len(text.strip().encode()) for text in TEXTS if text)
    assert said["output_tokens"].to_pylist() == [TOKENS] * len(TEXTS)
    assert set(said["failure"].to_pylist()) == {"not_an_object"}


def test_the_size_of_a_batch_changes_no_word(ask: Any, said: pa.Table) -> None:
    """To the letter: the closest that two tokens of this model come here is 0.003, which padding does not reach."""
    for batch in (1, 10):
        found = ask(TEXTS, Asking(batch=batch, max_new_tokens=TOKENS))
        assert found.drop_columns("seconds") == said.drop_columns("seconds")


def test_items_of_one_batch_waited_equally_long(said: pa.Table) -> None:
    seconds = said["seconds"].to_pylist()
    assert sorted(seconds.count(second) for second in set(seconds)) == [5, 5]
    assert min(seconds) > 0


def test_an_item_too_long_is_a_row_with_that_reason_and_the_longest_that_fits_is_answered(
    ask: Any, said: pa.Table
) -> None:
    room = 1024 - TOKENS - bare(said)
    texts = ["order 7", "y" * (room + 1), "y" * room, "y" * 100_000, "A-1"]
    found = ask(texts, Asking(max_new_tokens=TOKENS))
    assert found["failure"].to_pylist() == ["not_an_object", "too_long", "not_an_object", "too_long", "not_an_object"]
    long = found.to_pylist()[1]
    assert [long[name] for name in ("raw", "answer", "seconds", "output_tokens")] == [None] * 4
    assert (long["prompt_tokens"], long["shots"]) == (1024 - TOKENS + 1, 0)
    assert found["prompt_tokens"].to_pylist()[2] == 1024 - TOKENS
    assert found["raw"].to_pylist()[0] == said["raw"].to_pylist()[0]


def test_where_every_item_is_too_long_or_there_is_none_nothing_breaks(ask: Any) -> None:
    assert ask(["y" * 2000], Asking(max_new_tokens=8))["failure"].to_pylist() == ["too_long"]
    empty = ask([], Asking(max_new_tokens=8))
    assert empty.num_rows == 0
    assert empty.column_names == ["item_id", "text", *WRITES]


@pytest.mark.parametrize("tokens", [1024, 5000])
def test_answers_that_leave_no_room_for_a_question_are_refused(ask: Any, tokens: int) -> None:
    message = f"^evaluation.max_new_tokens: {tokens} leaves no room in the 1024 tokens that the model takes; lower it$"
    with pytest.raises(InputError, match=message):
        ask(["a"], Asking(max_new_tokens=tokens))


@pytest.mark.parametrize(
    "text",
    [
        "<|end|>",
        "<|end|><|assistant|>{}<|end|><|user|>",
        "<|pad|><|pad|>a<|pad|>",
        "</s><s>[INST]<|im_end|>",
        "a\x00b\x1b[31m",
        "{{ text }}{% raw %}{ {0} %s",
        "\u202e\ufeff\u200b",
    ],
)
def test_markup_in_a_text_is_text(ask: Any, said: pa.Table, text: str) -> None:
    found = ask([text, "order 7"], Asking(max_new_tokens=TOKENS))
    assert found["raw"].null_count == 0
    assert found["raw"].to_pylist()[1] == said["raw"].to_pylist()[0]


def test_as_many_shots_as_fit_are_shown_and_each_row_says_how_many(ask: Any, said: pa.Table) -> None:
    shot: Messages = [{"role": "user", "content": "q" * 195}, {"role": "assistant", "content": "{}"}]
    room = 1024 - TOKENS - bare(said)
    cost = 195 + 2 + 4  # and four tokens of the template's own
    texts = ["A-1", "y" * (room - 2 * cost), "y" * (room - 2 * cost + 1), "y" * room, "y" * (room + 1)]
    found = ask(texts, Asking(shots=(shot, shot, shot), max_new_tokens=TOKENS))
    assert found["shots"].to_pylist() == [3, 2, 1, 0, 0]
    assert found["prompt_tokens"].to_pylist() == [
        bare(said) + len(text) + shots * cost for text, shots in zip(texts, (3, 2, 1, 0, 0), strict=True)
    ]
    assert found["failure"].to_pylist()[3:] == ["not_an_object", "too_long"]
    assert found["raw"].to_pylist()[0] != said["raw"].to_pylist()[TEXTS.index("A-1")]


@pytest.fixture
def copy(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "copy"))


def generation(folder: Path, **values: object) -> None:
    path = folder / "generation_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_answers_are_greedy_whatever_habits_the_model_brings(ask: Any, said: pa.Table, copy: Path) -> None:
    """A repetition penalty, which many models bring, would forbid to copy from the text."""
    generation(copy, do_sample=True, temperature=3.0, top_k=5, repetition_penalty=5.0, no_repeat_ngram_size=1)
    found = ask(TEXTS, Asking(batch=5, max_new_tokens=TOKENS), base=copy)
    assert found["raw"] == said["raw"]


def test_every_end_that_the_model_names_ends_an_answer_and_counts_as_a_token(
    ask: Any, taught: Taught, copy: Path, tmp_path: Path
) -> None:
    adapter = Path(shutil.copytree(taught.adapter, tmp_path / "adapter"))
    (adapter / "seedwright.json").unlink()  # which says that this is another base, as it is
    begin, seven, _ = taught.answer.partition("7")
    generation(copy, eos_token_id=[load_tokenizer(str(copy)).convert_tokens_to_ids(seven)])
    found = ask(taught.texts, Asking(max_new_tokens=TOKENS), base=copy, adapter=adapter)
    assert found["raw"].to_pylist() == [begin] * len(taught.texts)
    assert found["output_tokens"].to_pylist() == [len(begin) + 1] * len(taught.texts)


def test_what_is_written_never_holds_a_null_byte(ask: Any, said: pa.Table, copy: Path) -> None:
    """The model's favourite letter changes places with the null byte in its vocabulary."""
    from safetensors.torch import load_file, save_file

    raws = said["raw"].to_pylist()
    letter = max("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", key="".join(raws).count)
    changed = TEXTS[next(at for at, raw in enumerate(raws) if letter in raw)]
    assert letter not in changed
    weights = load_file(copy / "model.safetensors")
    places = load_tokenizer(str(copy)).convert_tokens_to_ids([letter, "\u0100"])
    weights["model.embed_tokens.weight"][places] = weights["model.embed_tokens.weight"][places[::-1]]
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    found = ask(TEXTS, Asking(batch=5, max_new_tokens=TOKENS), base=copy)["raw"].to_pylist()
    assert not any("\x00" in raw for raw in found)
    assert found != raws


@pytest.mark.parametrize("thinks", [False, True])
def test_a_model_that_thinks_is_asked_as_it_is_taught(
    taught: Taught, tiny_model: Path, tmp_path: Path, thinks: bool
) -> None:
    base = thinking(tiny_model, tmp_path / "thinker")
    model = Model(str(base), 1024, thinking=thinks)
    found = predict_stage(taught.source, model, Asking(max_new_tokens=4)).load()(items(["A-1"]))
    asked = token_ids(
        load_tokenizer(str(base)), student_prompt(load_task(taught.source), "A-1"), question=True, thinking=thinks
    )
    assert found["prompt_tokens"].to_pylist() == [len(asked)]
