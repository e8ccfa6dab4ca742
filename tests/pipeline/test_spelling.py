import pytest

from pipeline.spelling import meant, slipped


@pytest.mark.parametrize(
    ("name", "found"), [("txt", "text"), ("Text", "text"), (" TEXT", "text"), ("body", None), ("temperature", None)]
)
def test_only_what_is_spelt_almost_alike_is_suggested(name: str, found: str | None) -> None:
    assert meant(name, ["id", "text", "patience_s", "attempts"]) == found


def test_a_suggestion_is_spelt_as_it_stands() -> None:
    assert meant("text", ["ID", "Text"]) == "Text"


@pytest.mark.parametrize(
    ("name", "known", "is_slip"),
    [
        ("complexty", "complexity", True),
        ("formel", "formal", True),
        ("plian", "plain", True),
        ("Single-clause", "single_clause", True),
        ("single_cluase", "single_clause", True),
        ("informal", "formal", False),
        ("month_first", "day_first", False),
        ("level_2", "level_1", False),
        ("level2", "level1", False),
        ("side_b", "side_a", False),
        ("low", "law", False),
        ("formal", "formal", False),
        ("several", "several_more", False),
    ],
)
def test_a_name_that_people_make_up_is_a_slip_only_where_one_letter_is_amiss_in_a_word(
    name: str, known: str, is_slip: bool
) -> None:
    assert slipped(name, ["other", known]) == (known if is_slip else None)
