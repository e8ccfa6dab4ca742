"""Prices from a dated file that a person can override, for one model or with a file of their own."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from pipeline.config import Teacher
from pipeline.errors import InputError
from pipeline.strict_yaml import parse
from pipeline.teacher.price_settings import PriceList, PriceSettings
from pipeline.teacher.usage import Usage

PRICES = Path(__file__).with_name("prices.yaml")
WRITING, WRITING_1H = 1.25, 2.0
"""What writing a prompt to a cache for five minutes, or an hour, costs at most, in prices of input, where nobody has
said.
"""


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars per million tokens; `source` says where the figures come from. A null is the price of input, for
    writing to a cache a quarter more, and for an hour twice as much, or the price of five minutes if that is higher.
    """

    input: float
    output: float
    source: str
    cache_read: float | None = None
    cache_write: float | None = None
    batch: float = 1.0
    """What a request costs in a batch, as a share of its price online."""
    long_over: int | None = None
    long_times: float = 1.0
    """All of a request with a prompt of more than `long_over` tokens costs so many times as much."""
    cache_from: int | None = None
    """The fewest tokens of a prefix that are kept in a cache, where that is known."""
    cache_write_1h: float | None = None

    def dollars(self, used: Usage, *, batch: bool = False) -> float:
        """What one request costs.

        >>> Price(2, 10, "list", cache_read=0.1, cache_write=2.5, batch=0.5).dollars(Usage(10**6, 0, 10**6), batch=True)
        1.05
        """
        read = self.input if self.cache_read is None else self.cache_read
        write = WRITING * self.input if self.cache_write is None else self.cache_write
        lasting = max(WRITING_1H * self.input, write) if self.cache_write_1h is None else self.cache_write_1h
        total = used.input * self.input + used.cache_read * read + used.output * self.output
        total += (used.cache_write - used.cache_write_1h) * write + used.cache_write_1h * lasting
        is_long = self.long_over is not None and used.prompt > self.long_over
        return total * (self.long_times if is_long else 1) * (self.batch if batch else 1) / 1e6

    def most(self, size: int, written: int, *, marked: bool, hour: bool = False, batch: bool = False) -> float:
        """The most that a request of `size` bytes can cost with a reply of `written` tokens: no tokenizer makes more
        tokens than there are bytes, and where a part is marked for the cache, all may be written to it, for an `hour`
        if the mark says so, or read from it.

        >>> price = Price(2, 10, "list", cache_write=2.5)
        >>> price.most(10**6, 0, marked=True), price.most(10**6, 0, marked=True, hour=True)
        (2.5, 4.0)
        """
        ways = [Usage(size, written)]
        if marked:
            ways += [Usage(0, written, size), Usage(0, written, 0, size), Usage(0, written, 0, size, size * hour)]
        return max(self.dollars(used, batch=batch) for used in ways)


def price_of(teacher: Teacher) -> Price | None:
    """The price of the teacher's model; None when nobody has said what it costs.

    teacher.price comes first, then the file of teacher.prices, then the list that comes along; from how many tokens on
    a prefix is cached is no price, and the first of them that says it is asked. Raises InputError for a file that is no
    price file.
    """
    given = list(_given(teacher))
    if not given:
        return None
    caches = next((one.cache_from for one, _ in given if one.cache_from is not None), None)
    return replace(_price(*given[0]), cache_from=caches)


def _given(teacher: Teacher) -> Iterator[tuple[PriceSettings, str]]:
    """What is said of the model, and where, first what comes first."""
    if teacher.price is not None:
        yield teacher.price, f"{teacher.section}.price"
    for path in (Path(teacher.prices) if teacher.prices else None, PRICES):
        listed = read_prices(path, teacher.section) if path else None
        if listed and teacher.model in listed.models:
            name = "price file" if path == PRICES else str(path)
            yield listed.models[teacher.model], f"{name} of {listed.as_of}"


def read_prices(path: Path, section: str = "teacher") -> PriceList:
    try:
        return _listed(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check {section}.prices") from error
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise InputError(
            f"{path}: is no price file ({'; '.join(problems)}); write `as_of: DATE` and `models: {{NAME: {{input: 1, "
            "output: 5}}}`"
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: is not YAML ({error}); mend it") from error


@lru_cache(maxsize=4)
def _listed(text: str, where: str) -> PriceList:
    """The list that a text is; kept, since a run asks for prices dozens of times."""
    values: Any = parse(text, where)
    if isinstance(values, dict) and "as_of" in values:
        values["as_of"] = str(values["as_of"])  # YAML reads it as a date
    return PriceList.model_validate(values)


def _price(given: PriceSettings, source: str) -> Price:
    long = given.long_prompt
    return Price(
        given.input,
        given.output,
        source,
        given.cache_read,
        given.cache_write,
        given.batch,
        long.over if long else None,
        long.times if long else 1.0,
        cache_write_1h=given.cache_write_1h,
    )
