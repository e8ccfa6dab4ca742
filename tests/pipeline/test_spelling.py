import pytest

from pipeline.spelling import meant


@pytest.mark.parametrize(
    ("name", "found"), [("txt", "text"), ("Text", "text"), (" TEXT", "text"), ("body", None), ("temperature", None)]
)
def test_only_what_is_spelt_almost_alike_is_suggested(name: str, found: str | None) -> None:
    assert meant(name, ["id", "text", "patience_s", "attempts"]) == found


def test_a_suggestion_is_spelt_as_it_stands() -> None:
    assert meant("text", ["ID", "Text"]) == "Text"
