"""Settings that are measured where a person says so: the weights of a dimension, and the shares of noise."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidatorFunctionWrapHandler, WrapValidator

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Chance = Annotated[float, Field(ge=0, le=1)]
_WEIGHTS = TypeAdapter(dict[str, Weight])


def _weights(given: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    return handler(given) if given == "measured" else _WEIGHTS.validate_python(given)


Dimension = Annotated[dict[str, Weight] | Literal["measured"], WrapValidator(_weights)]
"""Weights by value, or `measured`: the register, as it is found among the seeds."""


class Noise(BaseModel):
    """In which share of the samples each kind of noise is made, see pipeline/generate/noise_kinds.py."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    clipped: Chance = 0
    """Greetings, thanks and polite ways round go."""
    typos: Chance = 0
    no_apostrophe: Chance = 0
    lower_case: Chance = 0
    no_capital: Chance = 0
    """Sentences begin with a small letter."""
    unpunctuated: Chance = 0
    no_end: Chance = 0
    """The last mark goes."""
    repeated_punctuation: Chance = 0


def _noise(given: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    return handler(given) if given in (None, "measured") else Noise.model_validate(given)


NoiseGiven = Annotated[Noise | Literal["measured"] | None, WrapValidator(_noise)]
"""Shares by kind, or `measured`: what the real seeds show."""
