"""Tests of the simulated teacher's drafts and of how it reads a prompt."""

import random
import re
from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from pipeline.teacher.simulated.dates_money import number_words
from pipeline.teacher.simulated.grammar import Draft, draft, words_of
from pipeline.teacher.simulated.prompt import DraftPrompt, LabelPrompt, read_prompt
from pipeline.teacher.simulated.reading import dates, spelt_number, sums

TYPES = ("NDA", "SaaS", "services", "employment")
DIMENSIONS = {
    "complexity": ("single_clause", "several", "overriding"),
    "register": ("formal", "plain", "terse"),
    "layout": ("paragraph", "numbered", "letter", "key_terms"),
    "date_style": ("month_first", "day_first", "ordinal", "iso"),
    "amount_style": ("figures", "words", "both"),
    "omits": ("nothing", "parties", "effective_date", "termination", "payment", "governing_law"),
}
SEED = "This lease number {n} binds the tenant of the old mill for as long as the roof holds and no longer than that."


def user_text(cell: dict[str, str], variation: int = 1, seed: str = SEED) -> str:
    lines = "\n".join(f"{name}: {value}" for name, value in cell.items())
    return (
        f"Write one section.\n<cell>\n{lines}\n</cell>\n<variation>{variation} of 15</variation>\n"
        f"The reference shows the style:\n<style_reference>\n{seed}\n</style_reference>"
    )


def prompt(cell: dict[str, str], variation: int = 1, seed: str = SEED) -> DraftPrompt:
    read = read_prompt(user_text(cell, variation, seed))
    assert isinstance(read, DraftPrompt)
    return read


def any_cell(rng: random.Random) -> dict[str, str]:
    return {"contract_type": rng.choice(TYPES)} | {name: rng.choice(values) for name, values in DIMENSIONS.items()}


@pytest.fixture(scope="module")
def many() -> list[tuple[DraftPrompt, Draft]]:
    rng = random.Random(7)
    prompts = [prompt(any_cell(rng), n % 15 + 1, SEED.format(n=n // 15)) for n in range(600)]
    return [(one, draft(one)) for one in prompts]


def test_a_prompt_is_read_with_markup_inside_its_seed() -> None:
    seed = (
        "x\n<cell>\nlayout: letter\n</cell>\n<variation>9 of 9</variation>\n</style_reference>\n<document>y</document>"
    )
    read = prompt({"contract_type": "NDA", "tone": "a: b"}, 3, seed)
    assert read.cell == {"contract_type": "NDA", "tone": "a: b"}
    assert (read.variation, read.variations, read.seed) == (3, 15, seed)


def test_a_document_is_read_up_to_its_last_closing_tag() -> None:
    document = "a </document> b\n<cell>\nlayout: letter\n</cell>"
    assert read_prompt(f"Label it: <document>{document}</document> now") == LabelPrompt(
        f"Label it: <document>{document}</document> now", document, "now"
    )


@pytest.mark.parametrize(
    "text", ["", "hello", "<cell> layout: letter </cell>", "<cell>\nlayout: letter", "</document><document>"]
)
def test_a_text_without_the_blocks_is_no_prompt(text: str) -> None:
    assert read_prompt(text) is None


def test_the_same_prompt_gets_the_same_draft_and_another_prompt_another() -> None:
    one, two = prompt({"contract_type": "SaaS"}), prompt({"contract_type": "SaaS"}, 2)
    assert draft(one) == draft(one)
    assert len({draft(one).text, draft(two).text, draft(one, "salt").text}) == 3


def test_drafts_keep_their_length_and_confidence(many: list[tuple[DraftPrompt, Draft]]) -> None:
    for _, made in many:
        assert min(len(words_of(made.text)), len(made.text.split())) >= 45
        assert max(len(words_of(made.text)), len(made.text.split())) <= 118
        assert 0.86 <= made.confidence <= 0.99


def test_every_answer_stands_in_its_text(many: list[tuple[DraftPrompt, Draft]]) -> None:
    for _, made in many:
        answer, text = made.answer, made.text
        parties = answer["parties"] or []
        assert [text.index(name) for name in parties] == sorted(text.index(name) for name in parties)
        assert answer["effective_date"] in (None, *(day.value for day in dates(text)))
        assert answer["governing_law"] is None or answer["governing_law"] in text
        paid = answer["payment_amount"]
        assert paid is None or (paid["amount"], paid["currency"]) in [(one.amount, one.currency) for one in sums(text)]


def test_the_omitted_field_is_null_and_all_values_arise(many: list[tuple[DraftPrompt, Draft]]) -> None:
    fields = {"termination": "termination_clause_type", "payment": "payment_amount"}
    for asked, made in many:
        omits = asked.cell["omits"]
        assert made.answer.get(fields.get(omits, omits)) is None
        assert omits != "nothing" or None not in made.answer.values()
    kinds = Counter(made.answer["termination_clause_type"] for _, made in many)
    assert set(kinds) == {"for_convenience", "for_cause", "mutual_consent", "expiry", None}
    assert len({made.answer["payment_amount"]["currency"] for _, made in many if made.answer["payment_amount"]}) >= 8


def test_an_overriding_draft_also_states_what_it_overrides(many: list[tuple[DraftPrompt, Draft]]) -> None:
    overriding = [made for asked, made in many if asked.cell["complexity"] == "overriding"]
    assert overriding
    assert all(made.distractors for made in overriding)


def test_the_cell_decides_layout_and_date_style(many: list[tuple[DraftPrompt, Draft]]) -> None:
    for asked, made in many:
        if asked.cell["layout"] == "key_terms":
            assert "\n" in made.text
        if asked.cell["layout"] == "numbered":
            assert "2" in re.findall(r"\d+", made.text)
        if asked.cell["date_style"] == "iso" and made.answer["effective_date"]:
            assert made.answer["effective_date"] in made.text


def test_no_two_of_1200_drafts_are_alike() -> None:
    cells = [{"contract_type": TYPES[n % 4]} for n in range(1200)]
    texts = [draft(prompt(cell, n // 4 % 15 + 1, SEED.format(n=n // 60))).text for n, cell in enumerate(cells)]
    assert closest(texts) < 0.3


def closest(texts: list[str]) -> float:
    """The highest Jaccard similarity of the word 5-grams of any two texts, exactly, through an inverted index."""
    index: dict[tuple[str, ...], list[int]] = defaultdict(list)
    sizes: list[int] = []
    best = 0.0
    for text in texts:
        words = words_of(text)
        shingles = set(zip(*(words[start:] for start in range(5)), strict=False))
        shared = Counter(other for shingle in shingles for other in index[shingle])
        best = max([best, *(n / (len(shingles) + sizes[other] - n) for other, n in shared.items())])
        for shingle in shingles:
            index[shingle].append(len(sizes))
        sizes.append(len(shingles))
    return best


def test_a_draft_that_copies_words_or_parties_of_its_seed_is_drawn_again() -> None:
    asked = prompt({"contract_type": "services", "layout": "paragraph", "omits": "nothing"})
    made = draft(asked)
    words = made.text.split()
    for seed in (" ".join(words[10:24]), made.answer["parties"][1]):
        again = draft(replace(asked, seed=seed))
        assert again.text != made.text
        assert seed not in again.text


@pytest.mark.parametrize("number", [7, 40, 99, 100, 4525, 17_000, 120_305, 2_000_001])
def test_numbers_are_spelt_so_that_they_read_back(number: int) -> None:
    assert spelt_number(number_words(number)) == number
