"""The simulated teacher's settings: which models and key it accepts, how fast it is, and how often it fails."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.teacher.simulated.faults import FAULTS
from pipeline.teacher.simulated.judging import JUDGE_FAULTS
from pipeline.teacher.simulated.odd import ODD

FINAL = ("refused", "unpaid", "spend_limit")
BATCH_FAULTS = ("expired", "errored", "invalid", "spend_limit")
SERVER_FAULTS = (
    "rate_limited",
    "overloaded",
    "server_error",
    "slow",
    "dropped",
    "half_sent",
    *ODD,
    *FINAL,
    "forbidden",
    "gateway_timeout",
)

Limit = Annotated[int, Field(ge=1)] | None
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class SimulatedSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)

    models: Annotated[tuple[str, ...], Field(min_length=1)] = ("simulated-teacher", "simulated-judge")
    """Model names that it answers to; any other is a 404."""
    api_key: Annotated[str, Field(min_length=1, repr=False)] = "simulated"
    """The one key that it accepts, as `Authorization: Bearer` or `x-api-key`; no error or repr shows it."""
    requests_per_minute: Limit = None
    """For each model, as all three limits; none by default."""
    input_tokens_per_minute: Limit = None
    """See `responder.input_tokens` for what a token is here."""
    output_tokens_per_minute: Limit = None
    """Tokens of the reply that is sent, not of `max_tokens`."""
    limit_headers: bool = True
    """Whether replies say the limits in `anthropic-ratelimit-*` headers."""
    burst_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    """How much a limit may be used at once, in seconds of it: 1.0 lets 10 through at once of 600 a minute."""
    latency_ms: tuple[Seconds, Seconds] = (0, 0)
    """The delay of every reply, uniform between these two, in milliseconds."""
    rates: dict[str, float] = Field(default_factory=dict)
    """Share of the drafts that carry each fault of content, by its name in `faults.FAULTS`; at most 1 in all."""
    judge_rates: dict[str, float] = Field(default_factory=dict)
    """Share of the judgements that carry each fault, by its name in `judging.JUDGE_FAULTS`; at most 1 in all."""
    server_rates: dict[str, float] = Field(default_factory=dict)
    """Share of the attempts that meet each fault of the server, by its name in `SERVER_FAULTS`; at most 1 in all."""
    slow_s: Seconds = 2.0
    """How much later than usual a `slow` reply comes."""
    retry_after_s: Seconds = 1.0
    """The `retry-after` of a `rate_limited` reply; one that a limit refuses says how long that limit really needs."""
    batch_s: Seconds = 0.5
    """How long after its submission a Message Batch is processed; no limit of a minute holds for its requests."""
    batch_rates: dict[str, float] = Field(default_factory=dict)
    """Share of the requests in batches that meet each of `BATCH_FAULTS`; at most 1 in all."""
    batch_requests: Annotated[int, Field(ge=1)] = 100_000
    """The most requests that a batch may hold."""
    batch_bytes: Annotated[int, Field(ge=1)] = 256_000_000
    """The longest body that a batch may have."""

    cache_minimum: Annotated[int, Field(ge=1)] | None = 1024
    """Tokens that a marked prefix must have to be cached; null for a server without a cache."""
    structured: Literal["accepts", "refuses", "ignores"] = "accepts"
    """What becomes of `output_config.format`: its schema is held to, but for faults; a 400; or nothing at all."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.latency_ms[0] > self.latency_ms[1]:
            raise ValueError(f"latency_ms {self.latency_ms} falls; give the shorter delay first")
        _check_rates("rates", self.rates, FAULTS)
        _check_rates("judge_rates", self.judge_rates, JUDGE_FAULTS)
        _check_rates("server_rates", self.server_rates, SERVER_FAULTS)
        _check_rates("batch_rates", self.batch_rates, BATCH_FAULTS)
        return self

    @property
    def erring(self) -> dict[str, Any]:
        """What makes it another teacher, whose replies are others."""
        return {**self.rates, **({"judge": self.judge_rates} if self.judge_rates else {})}


def _check_rates(where: str, rates: Mapping[str, float], known: tuple[str, ...]) -> None:
    if unknown := sorted(set(rates) - set(known)):
        raise ValueError(f"{where} has the unknown fault {unknown[0]!r}; choose from {', '.join(known)}")
    if not all(0 <= rate <= 1 for rate in rates.values()) or sum(rates.values()) > 1 + 1e-9:
        raise ValueError(f"{where} {dict(rates)} are not shares; give each from 0 to 1 and at most 1 in all")
