import pytest

from pipeline.generate.slips import COMMON, known_slips, slips


def test_letters_left_out_halved_and_changed_over_are_slips() -> None:
    assert slips("Teh acount was not recieved, plese refnd me tommorow") == ["acount", "recieved", "plese", "refnd"]


@pytest.mark.parametrize(
    "text",
    [
        "The cause is later than the letter, and rest with the police till the price is quiet.",
        "They revered a fiend, sipping reused plea and prices; the pone was a trail and went untied.",
        "Change, charge, claim and clean; form, from, their, there; stile, still, through, tough, though.",
    ],
)
def test_other_words_are_none(text: str) -> None:
    assert slips(text) == []


def test_no_slip_is_a_common_word() -> None:
    assert known_slips().isdisjoint(COMMON)
    assert len(known_slips()) > 1500
