"""A model's price as a person writes it, in teacher.price or in a price file."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class LongPrompt(BaseModel):
    """What all of a request costs more whose prompt is longer than `over` tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    over: Annotated[int, Field(gt=0)]
    times: Annotated[float, Field(ge=1, allow_inf_nan=False)]


class PriceSettings(BaseModel):
    """Dollars per million tokens. What is not said is never taken to be cheaper, so that a budget holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    input: Dollars
    output: Dollars
    cache_read: Dollars | None = None
    """Input that is read from a cache; null is the price of input."""
    cache_write: Dollars | None = None
    """Input that is kept in a cache for five minutes; null is a quarter more than input."""
    cache_write_1h: Dollars | None = None
    """Input that is kept in a cache for an hour, as in batches; null is twice the price of input."""
    cache_from: Annotated[int, Field(ge=0)] | None = None
    """The fewest tokens of a prefix that are kept in a cache."""
    batch: Annotated[float, Field(gt=0, le=1)] = 1.0
    """What the same request costs in a batch, as a share of its price."""
    long_prompt: LongPrompt | None = None


def _pair(given: Any) -> Any:
    if not isinstance(given, list | tuple):
        return given
    if len(given) != 2:
        raise ValueError("should be [IN, OUT] in dollars per million tokens, or a mapping with input and output")
    return {"input": given[0], "output": given[1]}


PriceGiven = Annotated[PriceSettings | None, BeforeValidator(_pair)]
"""A price as a mapping or as [IN, OUT]."""


class PriceList(BaseModel):
    """A price file: the day it was written, and prices by the models' names."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    as_of: str
    models: dict[str, Annotated[PriceSettings, BeforeValidator(_pair)]]
