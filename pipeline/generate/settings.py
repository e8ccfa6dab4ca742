"""The settings of generation: how many samples of which cells, refills, and the shares of noise."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidatorFunctionWrapHandler, WrapValidator, model_validator

STRICT = ConfigDict(frozen=True, extra="forbid")
Chance = Annotated[float, Field(ge=0, le=1)]


class Noise(BaseModel):
    """In which share of the samples each kind of noise is made, see pipeline/generate/noise_kinds.py."""

    model_config = STRICT
    clipped: Chance = 0
    """Greetings, thanks and polite ways round go."""
    several_requests: Chance = 0
    """One of the requests in the file `asides` is added."""
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


class Generation(BaseModel):
    model_config = STRICT
    samples: Annotated[int, Field(gt=0)] = 4
    """Samples for each seed and each value of the crossed dimensions."""
    per_stratum: Annotated[int, Field(gt=0)] | None = None
    """Samples for each stratum instead, dealt evenly over its seeds, so that no genre outweighs another."""
    target: Annotated[int, Field(gt=0)] | None = None
    """Samples wanted once all is curated: the plan says how many requests there are for each of them."""
    cross: tuple[str, ...] = ()
    """Matrix dimensions of which every value is asked of every seed; the others are drawn by weight."""
    output_tokens: Annotated[int, Field(gt=0)] = 300
    """Expected tokens of one reply, for the estimate of cost and the first reservation."""
    starved: Annotated[float, Field(ge=0, lt=1)] = 0.5
    """A value is starved whose share among the samples kept is below this part of its share among those planned."""
    refills: Annotated[int, Field(ge=0, le=20)] = 2
    """How often, at most, more samples are asked for the starved values."""
    noise: NoiseGiven = None
    """Noise made in the texts after parsing: shares by kind, or `measured` for what the real seeds show."""
    asides: str | None = None
    """A file of short requests, one a line, that no label and no field covers: what `several_requests` adds."""

    @model_validator(mode="after")
    def _has_what_it_adds(self) -> Self:
        if isinstance(self.noise, Noise) and self.noise.several_requests and self.asides is None:
            raise ValueError(
                "noise.several_requests adds a request of yours to a text; name a file of them, one a line, in "
                "generation.asides"
            )
        return self
