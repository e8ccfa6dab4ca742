"""Comparable words, and phrases among them."""

from pipeline.tasks.tokens import contains_tokens, words


def test_case_punctuation_and_ampersands_do_not_matter() -> None:
    assert words("“Ames & Sons”, L.L.C.") == ["ames", "and", "sons", "llc"]


def test_a_phrase_is_found_across_a_line_break() -> None:
    assert contains_tokens("made by HARBOR  LANE\n   Foods, Inc. today", "Harbor Lane Foods, Inc")


def test_a_word_broken_at_a_line_end_is_found() -> None:
    assert contains_tokens("between Hamil-\nton Mills and others", "Hamilton Mills")
    assert contains_tokens("of Stratford-\nupon-Avon", "Stratford-upon-Avon")


def test_part_of_a_word_is_not_the_word() -> None:
    assert not contains_tokens("Harbor Lane Foodservice", "Harbor Lane Foods")


def test_words_in_another_order_are_another_phrase() -> None:
    assert not contains_tokens("Foods of Harbor Lane", "Harbor Lane Foods")


def test_synonyms_count_on_both_sides() -> None:
    assert contains_tokens("Acme Limited", "Acme Ltd.", {"limited": "ltd"})


def test_an_empty_phrase_is_nowhere() -> None:
    assert not contains_tokens("anything", " , ")
