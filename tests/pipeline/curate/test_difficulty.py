import json
from typing import Any

from pipeline.curate.difficulty import difficulties
from pipeline.curate.tags import add, counted


def row(words: int, numbers: int = 0, cell: Any = None, agreement: Any = None) -> dict[str, Any]:
    text = " ".join([*("word" for _ in range(words - numbers)), *map(str, range(numbers))])
    readings = json.dumps({"agreement": agreement}) if agreement else None
    return {"text": text, "cell": json.dumps(cell or {}), "relabelled": readings}


def test_each_reason_makes_a_sample_hard_and_is_named() -> None:
    usual = [row(50 + number % 10, 3) for number in range(40)]
    strange = [row(90, 3), row(55, 20), row(55, 3, {"difficulty": "hard"}), row(55, 3, None, {"a": 1.0, "b": 0.67})]
    found = difficulties([*usual, *strange])[-4:]
    assert [one["difficulty"] for one in found] == ["hard"] * 4
    assert [one["hard_because"] for one in found] == [["long"], ["many numbers"], ["cell"], ["readings differ"]]


def test_the_shortest_with_the_fewest_numbers_are_easy_and_most_are_neither() -> None:
    found = difficulties([row(50 + number % 10, 3 + number % 5) for number in range(100)])
    easy = [one for one in found if one.get("difficulty") == "easy"]
    assert 0 < len(easy) <= 10
    assert sum(not one for one in found) > 70
    assert difficulties([row(55, 3, {"difficulty": "easy"})])[0] == {"difficulty": "easy"}
    assert difficulties([]) == []


def test_a_short_text_of_which_readings_differ_is_not_easy() -> None:
    rows = [row(60, 5) for _ in range(20)] + [row(10, 0, None, {"a": 0.5})]
    assert difficulties(rows)[-1]["difficulty"] == "hard"


def test_tags_add_up_and_count_by_what_they_say() -> None:
    tags = [add('{"hedging":2.0}', {"difficulty": "hard", "hard_because": ["long", "cell"]}), add(None, {}), None]
    assert json.loads(tags[0] or "") == {"hedging": 2.0, "difficulty": "hard", "hard_because": ["long", "cell"]}
    assert tags[1] is None
    assert counted(tags) == {
        "difficulty: hard": 1,
        "hard_because: cell": 1,
        "hard_because: long": 1,
        "hedging": 1,
    }
