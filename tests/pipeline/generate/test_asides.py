"""Two intents in one text: a request of the user's own beside it, and an answer that stays as true as it was."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from jobs.init import init
from pipeline.errors import InputError
from pipeline.generate.asides import doubtful, holds, read_asides, usable
from pipeline.generate.noise import noise_counts, noise_stages, noisy, without_asides
from pipeline.generate.traits import traits_of
from pipeline.layers import load_settings
from pipeline.records import SAMPLE, SEED
from pipeline.stage import compose
from pipeline.tasks.task import Task, load_task, read_source

Load = Callable[..., Task]
LAMP = "Do you sell lamps as well?"
ASIDES = [LAMP, "and can you send me the catalogue", "Please tell me who runs the shop."]
TEXT = "Where is order KX-4471? It was to come to Ada Berg on 3 May 2024 and cost $20."
ANSWER = {"order_number": "KX-4471", "delivery_date": "2024-05-03"}


@pytest.fixture
def asking(load: Load, task_folder: Path) -> Callable[..., Task]:
    """The small task with a file of asides, and noise that makes all of its samples ask for more unless set."""

    def loaded(lines: Sequence[str] = ASIDES, noise: str = "{several_requests: 1}") -> Task:
        path = task_folder / "asides.txt"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return load(f"generation.asides={path}", f"generation.noise={noise}")

    return loaded


def mails(folder: Path, lines: Sequence[str], labels: dict[str, str]) -> Task:
    if not folder.exists():
        init(folder, "classification")
    (folder / "labels.json").write_text(json.dumps(labels))
    (folder / "asides.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    pairs = [f"generation.asides={folder / 'asides.txt'}", "generation.noise={several_requests: 1}"]
    return load_task(read_source(load_settings(str(folder), None, pairs)[0]))


def several(task: Task, text: str, answer: dict[str, Any], identity: str, asides: Sequence[str] = ASIDES) -> str:
    return noisy(task, text, answer, ["several_requests"], identity, asides)[0]


def samples(count: int) -> pa.Table:
    answer = json.dumps(ANSWER)
    rows = [
        {"sample_id": f"id-{number}", "stratum": "all", "cell": '{"tone":"dry"}', "text": TEXT, "answer": answer}
        for number in range(count)
    ]
    return pa.Table.from_pylist(rows, schema=SAMPLE)


def seeds(*texts: str) -> pa.Table:
    rows = [{"seed_id": str(number), "stratum": "all", "text": text} for number, text in enumerate(texts)]
    return pa.Table.from_pylist(rows, schema=SEED)


def mistakes(task: Task) -> list[str]:
    with pytest.raises(InputError) as found:
        read_asides(task)
    return [line.rpartition("/")[2] for line in str(found.value).splitlines()]


@pytest.mark.slow
def test_an_aside_stands_before_or_behind_a_text_that_is_left_as_it_was(asking: Callable[..., Task]) -> None:
    found = {several(asking(), TEXT, ANSWER, str(number)) for number in range(60)}
    gaps = {aside: " " if aside[-1] in "?." else "\n" for aside in ASIDES}
    assert found == {f"{TEXT} {aside}" for aside in ASIDES} | {aside + gap + TEXT for aside, gap in gaps.items()}
    assert all("several_requests" in traits_of(text) for text in found)


def test_a_greeting_stays_in_front_and_a_text_without_a_last_mark_gets_none(asking: Callable[..., Task]) -> None:
    found = {several(asking(), "Hello there, where is my order", {}, str(number), [LAMP]) for number in range(20)}
    assert found == {f"Hello there, {LAMP} where is my order", f"Hello there, where is my order\n{LAMP}"}


def test_a_sample_gets_the_same_aside_in_any_block_and_its_cell_and_raw_text_say_so(
    asking: Callable[..., Task],
) -> None:
    task, table = asking(noise="{several_requests: 0.4, lower_case: 0.2}"), samples(200)
    [stage] = noise_stages(task.source, seeds())
    whole = stage.load()(table)
    blocks = [stage.load()(table.slice(start, 37)) for start in range(0, 200, 37)]
    assert whole.to_pylist() == pa.concat_tables(blocks).to_pylist()
    assert noise_counts(whole)["several_requests"] / 200 == pytest.approx(0.4, abs=0.1)
    for row in whole.to_pylist():
        done = json.loads(row["cell"]).get("noise", "").split("+")
        assert ("several_requests" in done) == (len(row["text"]) > len(TEXT))
        assert (row["raw"] or row["text"]) == TEXT


def test_no_aside_that_holds_a_value_of_the_answer_is_added(asking: Callable[..., Task], tmp_path: Path) -> None:
    asides = ["Is the Blue Garden Chair on sale?", LAMP]
    assert usable(asides, {"item": "blue garden chair", "count": 2, "to": ["Ada", None]}) == [LAMP]
    answer = {"item": "Blue Garden Chair"}
    assert all(LAMP in several(asking(), "It came late.", answer, str(number), asides) for number in range(20))
    assert several(asking(), "It came late.", answer, "x", asides[:1]) == "It came late."
    labelled = mails(tmp_path / "mails", ["How do refunds work here?"], {"refund": "money", "delivery": "when"})
    assert several(labelled, "It came late.", {"label": "refund"}, "x", read_asides(labelled)) == "It came late."
    assert several(labelled, "It came late.", {"label": "delivery"}, "x", read_asides(labelled)) != "It came late."


def test_an_aside_after_which_the_verifier_or_a_reader_says_otherwise_is_taken_back(contracts: Task) -> None:
    text = "This agreement may be ended by either party without cause on thirty days' notice."
    answer = {"termination_clause_type": "for_convenience"}
    ending = "May it be ended only for cause, and not for convenience?"
    governing = "This agreement is governed by the laws of Ohio."
    assert contracts.verify is not None
    assert contracts.verify(text, answer) is None
    null = {"governing_law": None}
    assert contracts.verify(f"{text} {governing}", null) is not None
    assert several(contracts, text, null, "x", [governing]) == text
    assert several(contracts, text, answer, "x", [ending]) == text
    assert several(contracts, text, answer, "x", ["Can we meet on 3 May 2024?"]) == text
    assert several(contracts, text, answer, "x", [LAMP]) in (f"{text} {LAMP}", f"{LAMP} {text}")


def test_every_problem_of_the_file_is_told_with_its_line(asking: Callable[..., Task]) -> None:
    lines = [LAMP, "", LAMP.upper(), "Can you come on 3 May 2024?", "And order 5519?", "so " * 31, "Is <|end|> a tag?"]
    assert mistakes(asking(lines)) == [
        "asides.txt:3: repeats line 1; take it out",
        "asides.txt:4: holds '3 May 2024', and no date or amount is ever added to a text; word it without",
        "asides.txt:5: holds '5519?', which a field may be meant to hold; word it without a number",
        "asides.txt:6: has 31 words; an aside is one short request, of 30 at most",
        "asides.txt:7: holds '<|end|>', which no training text may; take it out",
    ]
    assert mistakes(asking([" "])) == [
        "asides.txt:1: holds no aside; write one request a line, or take generation.asides out"
    ]


def test_a_number_is_no_problem_where_no_field_may_be_meant_to_hold_it(tmp_path: Path) -> None:
    task = mails(tmp_path / "mails", ["Do you open before 8?"], {"refund": "money", "delivery": "when"})
    assert read_asides(task) == ["Do you open before 8?"]


def test_a_file_that_is_not_utf8_or_not_there_is_told_with_its_place(load: Load, task_folder: Path) -> None:
    (task_folder / "asides.txt").write_bytes(f"{LAMP}\nDo you speak fran\xe7ais?\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"asides\.txt:2: is not UTF-8 \(byte 44 of the file\)"):
        load(f"generation.asides={task_folder / 'asides.txt'}")
    with pytest.raises(InputError, match=r"nothing\.txt: asides cannot be read"):
        load(f"generation.asides={task_folder / 'nothing.txt'}")


def test_the_file_is_found_beside_the_settings_that_name_it_and_counts_by_content(task_folder: Path) -> None:
    (task_folder / "asides.txt").write_text(f"\ufeff{LAMP}\r\n", encoding="utf-8")
    config = task_folder / "task.yaml"
    config.write_text(config.read_text().replace("generation:\n", "generation:\n  asides: asides.txt\n"))
    settings = load_settings(str(task_folder))[0]
    assert settings.generation.asides == str(task_folder / "asides.txt")
    assert read_asides(load_task(read_source(settings))) == [LAMP]
    assert "asides" not in settings.shaping()["generation"]
    assert "asides" in read_source(settings).texts


def test_a_share_without_a_file_is_refused_and_measured_noise_without_one_says_what_is_missing(
    load: Load, asking: Callable[..., Task]
) -> None:
    with pytest.raises(InputError, match=r"several_requests adds a request of yours"):
        load("generation.noise={several_requests: 0.1}")
    table = seeds("Where is it? And can I pay later?", "Where is it?")
    said = without_asides(load("generation.noise=measured").source, table)
    assert said is not None
    assert said.startswith("1 of 2 seeds ask for several things")
    assert without_asides(asking(noise="measured").source, table) is None
    assert without_asides(load("generation.noise={typos: 1}").source, table) is None
    assert without_asides(load("generation.noise=measured").source, seeds("Where is it?")) is None


def test_measured_noise_adds_asides_as_often_as_seeds_ask_for_several_things(
    load: Load, asking: Callable[..., Task]
) -> None:
    table = seeds("Where is it? And can I pay later?", *["Where is it now?"] * 3)
    made = compose(noise_stages(asking(noise="measured").source, table))(samples(300))
    assert noise_counts(made)["several_requests"] / 300 == pytest.approx(0.25, abs=0.06)
    without = compose(noise_stages(load("generation.noise=measured").source, table))(samples(300))
    assert "several_requests" not in noise_counts(without)


def test_a_label_or_a_listed_value_in_an_aside_is_doubted(asking: Callable[..., Task], tmp_path: Path) -> None:
    labels = {"refund": "money", "card_arrival": "when"}
    [one, other] = doubtful(mails(tmp_path / "mails", [LAMP, "And my refund?", "Any card arrival news?"], labels))
    assert one.endswith("asides.txt:2: says 'refund', a label; an aside must ask for what none covers")
    assert "asides.txt:3: says 'card_arrival', a label" in other
    task = asking([LAMP, "Is it express?"])
    assert doubtful(task) == []
    Path(task.settings.schema_path).write_text(
        json.dumps({"properties": {"way": {"anyOf": [{"type": "null"}, {"enum": ["express", "post"]}]}}})
    )
    [line] = doubtful(asking([LAMP, "Is it express?"]))
    assert "asides.txt:2: says 'express', a value that the schema lists" in line


@pytest.mark.parametrize(
    ("aside", "value", "held"),
    [
        ("Is it refundable?", "refund", True),
        ("Is it ours?", "our_s", False),
        ("Is it no good?", "no", True),
        ("Nothing at all?", "no", False),
        ("Straße?", "STRASSE", True),
        ("What?", "?!", False),
        ("", "x", False),
        ("One two", "one two three", False),
    ],
)
def test_values_are_looked_for_as_words_that_follow_one_another(aside: str, value: str, held: bool) -> None:
    assert holds(aside, value) is held
