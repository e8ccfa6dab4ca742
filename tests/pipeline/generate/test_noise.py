import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from pipeline.generate.gold import facts, gold_spans, strings
from pipeline.generate.noise import drawn, noise_counts, noise_stages, noisy
from pipeline.generate.noise_kinds import KINDS
from pipeline.generate.traits import traits_of
from pipeline.layers import BUILT_IN
from pipeline.records import SAMPLE, SEED
from pipeline.stage import compose
from pipeline.tasks.extraction import grounded
from pipeline.tasks.task import Task

pytestmark = pytest.mark.slow

CHAT = "Hi there, could you please tell me where my order is? I don't have it, and that's a pity. Thanks in advance!"


def real_rows() -> list[dict[str, Any]]:
    files = [BUILT_IN / f"contracts/{name}.jsonl" for name in ("seeds", "calibration", "dev", "final")]
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def samples(rows: list[dict[str, Any]]) -> pa.Table:
    made = [
        {
            "sample_id": f"id-{number}",
            "stratum": "all",
            "cell": '{"register":"plain"}',
            "text": row["text"],
            "answer": json.dumps(row["answer"]),
        }
        for number, row in enumerate(rows)
    ]
    return pa.Table.from_pylist(made, schema=SAMPLE)


def stage(task: Task, seeds: pa.Table, table: pa.Table) -> pa.Table:
    return compose(noise_stages(task.source, seeds))(table)


SEEDS = pa.Table.from_pylist(
    [
        {"seed_id": "a", "stratum": "all", "text": "where is my order with the two garden chairs"},
        {
            "seed_id": "b",
            "stratum": "all",
            "text": "I would like to know where my order is, since it was sent on Monday.",
        },
        {"seed_id": "c", "stratum": "other", "text": "Nothing has come, and I have waited for three weeks now!!"},
    ],
    schema=SEED,
)


def test_gold_is_never_touched_on_real_sections_whatever_noise_is_made(contracts: Task) -> None:
    done: Counter[str] = Counter()
    rows = real_rows()[::5]
    for number, row in enumerate(rows):
        text, kinds = noisy(contracts, row["text"], row["answer"], list(KINDS), str(number))
        done.update(kinds)
        before, after = row["text"], text
        for field, value in row["answer"].items():
            assert grounded(contracts, field, value, after) == grounded(contracts, field, value, before), (field, after)
        assert facts(contracts, row["answer"], after) == facts(contracts, row["answer"], before)
        for value in strings(row["answer"]):
            assert after.count(value) == before.count(value)
        assert contracts.verify is not None
        assert contracts.verify(after, row["answer"]) == contracts.verify(before, row["answer"])
    assert done["typos"] > 0.9 * len(rows)
    assert done["lower_case"] > 0.9 * len(rows)
    assert done["unpunctuated"] > 0.9 * len(rows)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "?!",
        "Ünlü Straße İstanbul, naïve café! Ça va? Dǆ ǅ.",
        "e\u0301le\u0300ve cafe\u0301s, resume\u0301s and nai\u0308ve people.",
        "日本語の文章です。Please send it to Kyōto.",
        "مرحبا، أين طلبي؟ Hello there.",
        "नमस्ते दुनिया, where is it?",
        "👩‍👩‍👧 family, please! 🇩🇪 flags…",
        "a\u00adb soft\u00adhyphen and zero\u200bwidth words here.",
        "{{ seed }} <b>bold</b> mail me@example.com or https://example.com/Where?x=Hello.",
        "x" * 5000,
    ],
)
def test_any_text_survives_and_letters_of_other_scripts_are_left_as_they_are(
    contracts: Task, kind: str, text: str
) -> None:
    out, done = noisy(contracts, text, {}, [kind], "x")
    assert (out != text) == bool(done)
    assert out.encode("utf-8").decode("utf-8") == out
    assert [one for one in out if ord(one) > 0x2FF] == [one for one in text if ord(one) > 0x2FF] or kind in (
        "lower_case",
        "no_capital",
        "unpunctuated",
        "no_end",
        "repeated_punctuation",
    )
    for whole in ("me@example.com", "https://example.com/Where?x=Hello", "{{ seed }}", "<b>bold</b>"):
        assert (whole in out) == (whole in text)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("clipped", "where my order is? I don't have it, and that's a pity"),
        ("no_apostrophe", CHAT.replace("don't", "dont").replace("that's", "thats")),
        ("lower_case", CHAT.lower()),
        ("no_capital", CHAT.replace("Hi", "hi").replace("? I", "? i").replace("Thanks", "thanks")),
        ("unpunctuated", CHAT.replace(",", "").replace("?", "").replace(".", "").replace("!", "")),
        ("no_end", CHAT[:-1]),
    ],
)
def test_each_kind_does_what_it_says(load: Callable[..., Task], kind: str, expected: str) -> None:
    assert noisy(load(), CHAT, {}, [kind], "x") == (expected, [kind])


def test_each_kind_makes_its_trait(load: Callable[..., Task]) -> None:
    for kind in set(KINDS) - {"clipped", "typos"}:
        assert kind in traits_of(noisy(load(), CHAT, {}, [kind], "x", ["And do you sell lamps?"])[0])
    assert "polite" not in traits_of(noisy(load(), CHAT, {}, ["clipped"], "x")[0])


def test_typos_are_few_and_leave_first_letters_and_turning_words_alone(load: Callable[..., Task]) -> None:
    text = "Never deliver without calling before Monday, because nothing stands there except boxes. " * 3
    for number in range(60):
        words = zip(text.split(), noisy(load(), text, {}, ["typos"], str(number))[0].split(), strict=True)
        changed = [(one, other) for one, other in words if one != other]
        assert 1 <= len(changed) <= 1 + 36 // 15
        assert all(one[0] == other[0] and abs(len(one) - len(other)) <= 1 for one, other in changed)
        assert not {one for one, _ in changed} & {"Never", "without", "before", "nothing", "except"}


def test_values_of_the_answer_stand_as_they_were_wherever_they_stand(load: Callable[..., Task]) -> None:
    text = "Send the Blue Garden Chair, please, the blue garden chair of order KX-4471, to Ada."
    answer = {"item": "Blue Garden Chair", "to": ["Ada"], "order_number": "KX-4471"}
    spans = [text[start:end] for start, end in gold_spans(text, answer)]
    assert spans == ["Blue Garden Chair", "blue garden chair", "KX-4471", "Ada"]
    out, _ = noisy(load(), text, answer, ["typos", "lower_case", "unpunctuated"], "x")
    assert all(one in out for one in spans)


def test_noise_after_which_the_verifier_says_otherwise_is_taken_back(contracts: Task) -> None:
    text = "This agreement may be ended by either party without cause on thirty days' notice."
    answer = {"termination_clause_type": "for_convenience"}
    assert contracts.verify is not None
    assert contracts.verify(text, answer) is None
    outs = {noisy(contracts, text, answer, ["typos"], str(number))[0] for number in range(80)}
    assert len(outs) > 20
    assert all(contracts.verify(out, answer) is None for out in outs)


@pytest.mark.parametrize(
    "text", ["x" * 40_000, "{{" * 20_000, "!" * 40_000, "a." * 20_000, "Hello, " * 6000, "9" * 40_000]
)
def test_long_runs_of_anything_take_no_time(load: Callable[..., Task], text: str) -> None:
    started = time.process_time()
    traits_of(text)
    noisy(load(), text, {"item": "x y"}, list(KINDS), "x")
    assert time.process_time() - started < 5


def test_shares_are_met_and_a_sample_gets_the_same_in_any_block(load: Callable[..., Task]) -> None:
    task = load("generation.noise={lower_case: 0.3, no_end: 0.1}")
    table = samples([{"text": f"{CHAT} It is number {number}.", "answer": {}} for number in range(600)])
    whole = stage(task, SEEDS, table)
    blocks = [stage(task, SEEDS, table.slice(start, 37)) for start in range(0, 600, 37)]
    assert whole.to_pylist() == pa.concat_tables(blocks).to_pylist()
    turned = list(range(599, -1, -1))
    assert whole.take(turned).to_pylist() == stage(task, SEEDS, table.take(turned)).to_pylist()
    tags = [json.loads(cell).get("noise", "") for cell in whole["cell"].to_pylist()]
    assert sum("lower_case" in tag for tag in tags) / 600 == pytest.approx(0.3, abs=0.06)
    assert sum("no_end" in tag for tag in tags) / 600 == pytest.approx(0.1, abs=0.04)
    assert noise_counts(whole) == Counter(kind for tag in tags for kind in tag.split("+") if kind)
    for tag, text, raw, before in zip(
        tags, whole["text"].to_pylist(), whole["raw"].to_pylist(), table["text"].to_pylist(), strict=True
    ):
        assert (text != before, raw) == ((True, before) if tag else (False, None))


def test_measured_noise_gives_samples_the_traits_of_real_seeds_of_their_stratum(load: Callable[..., Task]) -> None:
    task = load("generation.noise=measured")
    rows = [{"text": f"Number {number} of the orders is late. Where is it now?", "answer": {}} for number in range(400)]
    found = [traits_of(text) for text in stage(task, SEEDS, samples(rows))["text"].to_pylist()]
    lower, bare = ({at for at, one in enumerate(found) if trait in one} for trait in ("lower_case", "unpunctuated"))
    assert lower == bare
    assert len(lower) / 400 == pytest.approx(0.5, abs=0.08)
    assert not any("repeated_punctuation" in one for one in found)


def test_rows_that_are_rejected_already_and_a_task_without_noise_are_left_alone(load: Callable[..., Task]) -> None:
    table = pa.Table.from_pylist(
        [{"sample_id": "x", "stage": "parse", "reason": "refusal", "raw": "No.", "cell": "{}"}], schema=SAMPLE
    )
    assert stage(load("generation.noise={lower_case: 1}"), SEEDS, table).equals(table)
    assert noise_stages(load().source, SEEDS) == []


def test_what_a_sample_gets_depends_on_its_id_alone() -> None:
    assert drawn("a", [], {"typos": 1.0}) == ["typos"]
    assert drawn("a", [], {}) == []
    assert drawn("a", [["typos"]], {}) == ["typos"]
