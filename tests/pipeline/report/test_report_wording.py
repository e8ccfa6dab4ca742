import pytest
from markupsafe import Markup

from pipeline.report.wording import (
    breakable,
    change,
    count,
    dollars,
    figure,
    flat,
    plain,
    seconds,
    value_text,
    visible,
    without_secrets,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b\x1b", "a⟨U+0000⟩b⟨U+001B⟩"),
        ("\x7f", "⟨U+007F⟩"),
        ("pay\u202eEUR", "pay⟨U+202E⟩EUR"),
        ("zero\u200bwidth", "zero⟨U+200B⟩width"),
        ("\ud800", "⟨U+D800⟩"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("a\r\nb\rc\td", "a\nb\nc\td"),
        ("שלום 👩\u200d🚀 naïve", "שלום 👩\u200d🚀 naïve"),
    ],
)
def test_what_a_reader_cannot_see_is_named_and_what_scripts_need_is_left(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_markup_of_our_own_passes_and_nothing_is_a_dash() -> None:
    assert visible(Markup("<b>")) == Markup("<b>")
    assert (visible(None), visible(0)) == ("–", "0")


def test_a_name_may_break_after_underscores_or_within_a_very_long_word_and_stays_escaped() -> None:
    assert breakable("a_<b>") == Markup("a_<wbr>&lt;b&gt;")
    assert breakable("x" * 20 + " " + "y" * 41) == Markup(f"{'x' * 20} {'y' * 20}<wbr>{'y' * 20}<wbr>y")
    assert breakable(None) == "–"


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), "0.5", True])
def test_what_is_no_finite_number_is_a_dash_everywhere(value: object) -> None:
    assert {spell(value) for spell in (figure, change, count, seconds, dollars)} == {"–"}


def test_numbers_have_one_spelling() -> None:
    assert [figure(0.71234), change(0.19), change(-0.15), change(-0.0001), change(0)] == [
        "0.712", "+0.190", "−0.150", "0.000", "0.000",
    ]  # fmt: skip
    assert [count(1234567), seconds(0.0421), seconds(2.314), seconds(7200), dollars(1.5), dollars(1234.5)] == [
        "1,234,567", "0.042", "2.31", "7,200", "$1.5000", "$1,234.50",
    ]  # fmt: skip


def test_a_string_that_could_be_taken_for_another_value_is_quoted() -> None:
    assert [value_text(value) for value in ("Ghana", "280", 280, "null", None, "", ["é"])] == [
        "Ghana", '"280"', "280", '"null"', "null", '""', '["é"]',
    ]  # fmt: skip


def test_settings_are_flattened_and_spelt_in_words() -> None:
    assert dict(flat({"lora": {"r": 16, "bias": {}}, "four_bit": True, "rate": 2e-4, "sets": [], "max": None})) == {
        "lora.r": "16", "lora.bias": "none", "four_bit": "yes", "rate": "0.0002", "sets": "none", "max": "–",
    }  # fmt: skip
    assert plain(2_401_233) == "2,401,233"
    assert plain([*range(99)]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … (99 in all)"


def test_secrets_are_dropped_at_any_depth_and_their_names_in_other_words_are_kept() -> None:
    given = {"teacher": [{"API_KEY": "x", "api_key_env": "NAME"}], "tokens": 3, "password": "x"}
    assert without_secrets(given) == {"teacher": [{"api_key_env": "NAME"}], "tokens": 3}
