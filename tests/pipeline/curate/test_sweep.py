"""The sweep against counting by hand at every cut."""

import random
import re
from typing import Any

import pyarrow as pa
import pytest

from pipeline.curate.decontaminate import Cuts, check
from pipeline.curate.exam import Exam
from pipeline.curate.sweep import CUTS, shared_runs, sweep


def swept(samples: list[str], items: list[str]) -> list[dict[str, Any]]:
    exam = Exam.of(
        {"dev": pa.table({"id": [f"i{row}" for row in range(len(items))], "text": items})}, id="id", text="text"
    )
    names = [f"s{row}" for row in range(len(samples))]
    return sweep(check(samples, exam, Cuts()), ids=names, texts=samples, exam=exam)


def corpus(seed: int) -> tuple[list[str], list[str]]:
    generator = random.Random(seed)
    items = [" ".join(f"w{generator.randrange(900)}" for _ in range(40)) for _ in range(30)]
    samples = []
    for _ in range(200):
        found = generator.choice(items).split()
        for _ in range(generator.randrange(6)):
            found[generator.randrange(40)] = "changed"
        samples.append(" ".join(found[: generator.randrange(20, 41)]))
    return samples, items


def cut(one: str) -> set[str]:
    words = re.findall(r"\w+", one.lower())
    return {" ".join(words[at : at + 5]) for at in range(max(1, len(words) - 4))}


def test_the_cuts_are_the_decimal_fractions_themselves() -> None:
    assert CUTS == (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)


@pytest.mark.parametrize("seed", range(3))
def test_every_cut_counts_what_brute_force_counts(seed: int) -> None:
    samples, items = corpus(seed)
    ours, theirs = ([cut(text) for text in texts] for texts in (samples, items))
    figures = [max(len(own & item) / len(own | item) for item in theirs) for own in ours]
    found = swept(samples, items)
    for row, above in zip(found, [*CUTS[1:], 2.0], strict=True):
        assert row["removed"] == sum(figure >= row["cut"] for figure in figures)
        assert row["newly"] == sum(row["cut"] <= figure < above for figure in figures)
        expected = sorted(figure for figure in figures if row["cut"] <= figure < above)[:3]
        assert [example["jaccard"] for example in row["examples"]] == expected
    assert sum(row["newly"] for row in found) == found[0]["removed"] > 50


def test_seven_tenths_count_at_the_cut_of_seven_tenths() -> None:
    common = " ".join(f"c{number}" for number in range(11))
    removed = {row["cut"]: row["removed"] for row in swept([f"{common} x y"], [f"{common} z"])}
    assert removed == {cut: int(cut <= 0.7) for cut in CUTS}


def test_an_example_can_be_read_and_found_again() -> None:
    item = "the tenant pays the rent on the first day of each month by bank transfer"
    sample = "The tenant pays the rent on the first day of each month; that is by cheque!"
    (example,) = [example for row in swept(["clean", sample], ["other", item]) for example in row["examples"]]
    assert example == {
        "sample": "s1",
        "set": "dev",
        "item": "i1",
        "jaccard": 8 / 15,
        "sample_text": sample,
        "item_text": item,
        "shared": ["the tenant pays the rent on the first day of each month", "by"],
    }


def test_long_texts_are_shown_in_part() -> None:
    text = "word after word " * 500
    (row,) = [row for row in swept([text], [text]) if row["newly"]]
    assert len(row["examples"][0]["sample_text"]) == len(row["examples"][0]["item_text"]) == 2_000


def test_nothing_shared_means_no_runs() -> None:
    assert shared_runs("a b c", "d e f") == []
    assert shared_runs("", "") == []


def test_without_samples_every_cut_removes_none() -> None:
    assert [row["removed"] for row in swept([], ["an item of five words"])] == [0] * 9
