import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import InputError
from pipeline.generate.human import wilson
from pipeline.generate.plan import plan_requests
from pipeline.generate.register import VALUES, measure, measured_register, with_measured
from pipeline.generate.traits import TRAITS, traits_of
from pipeline.records import SEED
from pipeline.tasks.task import Task

PLAIN = "I would like to know where the card is that you sent me on Monday."


def seeds(*texts: str) -> pa.Table:
    return pa.Table.from_pylist([{"seed_id": str(n), "text": text} for n, text in enumerate(texts)], schema=SEED)


@pytest.mark.parametrize("name", TRAITS)
def test_every_trait_holds_of_its_example_and_of_no_plain_sentence(name: str) -> None:
    assert name in traits_of(TRAITS[name].example)
    assert name not in traits_of(PLAIN)


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        ("The U.S. rules apply to R&D work done in Ohio...", "texting"),
        ("The cause was complete, and it competed with the rally.", "misspelt"),
        ("iPhone 12 is what I would like to have, please.", "lower_case"),
        ("Its end is near, and we were ill.", "no_apostrophe"),
        ("NDA 5", "shouting"),
        ("١٢٣", "no_capital"),
        ("My order number is 4471, and it has been late for a week, so what is going on?", "indirect"),
        ("word " * 80 + "is it? Is it?", "several_requests"),
    ],
)
def test_what_only_looks_like_a_trait_is_none(text: str, absent: str) -> None:
    assert absent not in traits_of(text)


@pytest.mark.parametrize("text", ["", "   ", "!!!", "漢字だけ", "e\u0301" * 9, "\u200b", "🙂 🙂"])
def test_any_text_at_all_can_be_measured(text: str) -> None:
    assert traits_of(text) <= set(TRAITS)


def test_proportions_carry_count_and_interval() -> None:
    found = {one.trait: one for one in measure([PLAIN, "where is it", "WHERE IS MY CARD"])}
    assert (found["short"].count, found["short"].n, found["short"].share) == (2, 3, 2 / 3)
    rate = wilson(2, 3)
    assert (found["short"].low, found["short"].high) == (rate.low, rate.high)
    assert (found["texting"].count, found["texting"].low) == (0, 0.0)
    assert 0.5 < found["texting"].high < 0.6


def test_wilson_agrees_with_published_values() -> None:
    known = {(15, 148): (0.0624, 0.1605), (1, 29): (0.0061, 0.1718)}  # Newcombe 1998, method 3
    for (count, of), ends in known.items():
        assert (wilson(count, of).low, wilson(count, of).high) == pytest.approx(ends, abs=1e-4)
    assert wilson(20, 20).high == 1.0


def test_the_register_counts_every_seed_once_under_what_is_most_telling() -> None:
    found = measured_register(seeds(PLAIN, PLAIN, "pls where is it", "where is it", "WHERE IS MY CARD"))
    assert found == {"texting": 1, "lower_case": 1, "shouting": 1, "plain": 2}
    assert set(VALUES) <= set(TRAITS)


def test_a_dimension_that_says_measured_is_drawn_as_the_seeds_are(load: Callable[..., Task]) -> None:
    task = load("matrix={register: measured, complexity: {one_fact: 1}}", "generation.samples=300")
    table = seeds("where is it", PLAIN, PLAIN, PLAIN)
    with pytest.raises(InputError, match=r"matrix\.register: is `measured`"):
        plan_requests(task, table)
    cells = plan_requests(with_measured(task, table), table)["cell"].to_pylist()
    share = sum('"register":"lower_case"' in cell for cell in cells) / len(cells)
    assert share == pytest.approx(0.25, abs=0.04)
    assert with_measured(load(), table).settings.matrix == load().settings.matrix


@pytest.mark.parametrize(
    "pair", ["matrix.complexity=measured", "matrix={noise: {a: 1}}", "generation.noise.typo=0.1", "generation.noise=on"]
)
def test_what_cannot_be_measured_or_made_is_refused(load: Callable[..., Task], pair: str) -> None:
    with pytest.raises(InputError, match=r"noise|measured"):
        load("generation.noise={typos: 0.1}", pair)


def test_people_who_type_are_told_from_a_template_on_real_turns() -> None:
    folder = Path(os.environ.get("SEEDWRIGHT_DATA", "nowhere"))
    if not (folder / "support_turns").is_dir():
        pytest.skip("SEEDWRIGHT_DATA names no folder with support_turns")
    texts = pq.read_table(folder / "support_turns/multidogo.parquet")["text"].to_pylist()
    found = {one.trait: one.share for one in measure(texts[:3000])}
    assert found["lower_case"] > 0.9
    assert found["misspelt"] > 0.0005
