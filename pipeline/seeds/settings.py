"""The settings of seeds and real rows: where they come from and how they are dealt."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

STRICT = ConfigDict(frozen=True, extra="forbid")
Share = Annotated[float, Field(gt=0, lt=1)]


class Seeds(BaseModel):
    """The examples that the teacher is shown, as references of style."""

    model_config = STRICT
    path: str
    format: Literal["rows", "cuad"] = "rows"
    strata: tuple[str, ...] = ()
    share: Share | None = None
    """Share of the documents that become seeds, where seeds and real sets come from one source."""


class Shares(BaseModel):
    """How one file of real rows is dealt to the three sets, by document."""

    model_config = STRICT
    calibration: Share = 0.25
    dev: Share = 0.25
    final: Share = 0.5


class Real(BaseModel):
    """Human-verified rows: three files, or one file and shares."""

    model_config = STRICT
    calibration: str | None = None
    dev: str | None = None
    final: str | None = None
    path: str | None = None
    format: Literal["rows", "cuad"] = "rows"
    shares: Shares = Shares()

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        files = [name for name in ("calibration", "dev", "final") if getattr(self, name)]
        if self.path and files:
            raise ValueError(f"both path and {', '.join(files)} are given; give one file with shares, or three files")
        if not self.path and len(files) < 3:
            raise ValueError(
                "calibration, dev and final are all needed; or give path, one file that is split by document"
            )
        return self
