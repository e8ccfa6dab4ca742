from pathlib import Path

import pytest

from pipeline.config import Judge, Teacher
from pipeline.errors import InputError
from pipeline.layers import load_settings
from pipeline.teacher.prices import PRICES, Price, price_of, read_prices
from pipeline.teacher.usage import Usage

MILLION = 10**6


def test_every_kind_of_token_has_its_own_price_and_a_batch_its_share() -> None:
    price = price_of(Teacher(model="claude-sonnet-5-5"))
    assert price is not None
    assert price.dollars(Usage(MILLION, MILLION, MILLION, MILLION)) == pytest.approx(2 + 10 + 0.10 + 2.50)
    assert price.dollars(Usage(MILLION, MILLION, MILLION, MILLION), batch=True) == pytest.approx(14.6 / 2)
    assert price.source == "price file of 2026-10-31"


def test_writing_for_an_hour_has_a_price_of_its_own_and_twice_that_of_input_where_nobody_says() -> None:
    price = price_of(Teacher(model="claude-sonnet-5-5"))
    assert price is not None
    assert price.dollars(Usage(0, 0, 0, 3 * MILLION, MILLION)) == pytest.approx(2 * 2.50 + 4)
    lasting = Usage(0, 0, 0, MILLION, MILLION)
    assert Price(1, 5, "test").dollars(lasting) == 2
    assert Price(1, 5, "test", cache_write=3).dollars(lasting) == 3
    assert price_of(Teacher(price={"input": 1, "output": 5, "cache_write_1h": 1.5})).dollars(lasting) == 1.5  # type: ignore[union-attr]
    assert [price.most(MILLION, 0, marked=True, hour=hour) for hour in (False, True)] == [2.5, 4]
    assert price.most(MILLION, 0, marked=False) == 2


def test_a_long_prompt_costs_more_from_the_first_token_beyond() -> None:
    price = price_of(Teacher(model="claude-haiku-5-5"))
    assert price is not None
    assert price.dollars(Usage(100_000)) == pytest.approx(0.01)
    assert price.dollars(Usage(1, cache_read=100_000)) == pytest.approx(5 * (0.1 + 1000) / MILLION)


def test_what_nobody_has_said_is_never_cheaper() -> None:
    price = price_of(Teacher(model="unheard-of", price=[0.25, 1.5]))
    assert price == Price(0.25, 1.5, "teacher.price")
    assert price.dollars(Usage(0, 0, MILLION, MILLION)) == pytest.approx(0.25 + 0.25 * 1.25)
    assert price.dollars(Usage(MILLION), batch=True) == 0.25
    assert price.dollars(Usage(1)) == pytest.approx(2.5e-7)


def test_a_price_may_be_a_mapping_or_stand_in_a_file_of_ones_own(task_folder: Path, tmp_path: Path) -> None:
    given = load_settings(str(task_folder), None, ["teacher.price={input: 1, output: 5, cache_read: 0.1, batch: 0.5}"])
    assert price_of(given[0].teacher) == Price(1, 5, "teacher.price", 0.1, None, 0.5, cache_from=512)
    (tmp_path / "prices.yaml").write_text("as_of: 2027-01-01\nmodels: {claude-haiku-5-5: [0.2, 1]}\n")
    config = tmp_path / "config.yaml"
    config.write_text("teacher: {prices: prices.yaml}\n")
    teacher = load_settings(str(task_folder), config)[0].teacher
    assert price_of(teacher) == Price(0.2, 1, f"{tmp_path / 'prices.yaml'} of 2027-01-01", cache_from=512)
    other = price_of(teacher.model_copy(update={"model": "claude-opus-5"}))
    assert other is not None
    assert other.source == "price file of 2026-10-31"
    assert price_of(teacher.model_copy(update={"model": "unheard-of"})) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("models: {a: [1, 2]}", "as_of: Field required"),
        ("as_of: 2027-01-01\nmodels: {a: [1, -2]}", "models.a.output: Input should be greater than or equal to 0"),
        ("as_of: 2027-01-01\nmodels: {a: {input: 1, output: 2, tips: 3}}", "models.a.tips: Extra inputs"),
        ("as_of: [", "is not YAML"),
    ],
)
def test_a_file_that_is_no_price_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "prices.yaml").write_text(text)
    with pytest.raises(InputError, match=r"prices\.yaml.*" + message.replace(".", r"\.")):
        price_of(Teacher(model="a", prices=str(tmp_path / "prices.yaml")))
    with pytest.raises(InputError, match=r"none\.yaml: cannot be read"):
        price_of(Teacher(model="a", prices=str(tmp_path / "none.yaml")))


def test_the_price_of_a_judge_is_said_to_be_the_judges(tmp_path: Path) -> None:
    given = price_of(Judge(price=(1, 5)))
    assert given is not None
    assert given.source == "judge.price"
    with pytest.raises(InputError, match=r"cannot be read .*check judge\.prices"):
        price_of(Judge(prices=str(tmp_path / "none.yaml")))


def test_the_list_that_comes_along_prices_writing_above_input_and_reading_below() -> None:
    listed = read_prices(PRICES).models
    assert len(listed) >= 8
    for price in (one for one in listed.values() if one.input):
        assert price.cache_read is not None
        assert price.cache_read < price.input <= (price.cache_write or price.input)
        if price.cache_write is not None:
            assert price.cache_write_1h == pytest.approx(2 * price.input)
