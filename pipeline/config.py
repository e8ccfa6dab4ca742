"""The run's settings: frozen, unknown keys refused, every mistake reported at once.

A task folder's task.yaml, the --config file and --set pairs are laid over each other in that order. A path in a file is
relative to that file's folder, a path given with --set to the current one; ${VARIABLE} in a path is taken from the
environment.
"""

import re
from collections import Counter
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from pipeline.errors import InputError
from pipeline.generate.settings import Dimension, NoiseGiven
from pipeline.teacher.simulated.settings import SimulatedSettings

STRICT = ConfigDict(frozen=True, extra="forbid")
Share = Annotated[float, Field(gt=0, lt=1)]
Threshold = Annotated[float, Field(gt=0, le=1)]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _shingle(spelling: str) -> str:
    from pipeline.curate.shingles import Shingling  # brings numpy and pyarrow, for which `--help` shall not wait

    try:
        return str(Shingling.parse(spelling))
    except InputError as error:
        raise ValueError(str(error).removeprefix("shingle: ")) from None


Shingle = Annotated[str, AfterValidator(_shingle)]


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


class Teacher(BaseModel):
    """Who writes the samples. Any server that speaks the Anthropic Messages API."""

    model_config = STRICT
    base_url: str | None = "simulated"
    """`simulated` starts the built-in teacher; null is the SDK's own default (ANTHROPIC_BASE_URL or Anthropic)."""
    model: str = "simulated-teacher"
    family: str = "simulated"
    """Who made the model; a judge of the same family is refused."""
    api_key_env: str | None = "ANTHROPIC_API_KEY"
    """The environment variable that holds the key; null for a server that wants none."""
    max_tokens: Annotated[int, Field(gt=0, le=21_000)] = 1024
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    timeout_s: Positive = 120
    attempts: Annotated[int, Field(gt=0)] = 6
    """Failures of one request, while others succeed, before its sample is given up; waiting is never a failure."""
    patience_s: Positive = 600
    """How long nothing at all may succeed before the run stops, to be taken up again later."""
    price: tuple[Weight, Weight] | None = None
    """Dollars per million input and output tokens; overrides the dated price file."""
    simulated: SimulatedSettings = SimulatedSettings()

    @field_validator("api_key_env")
    @classmethod
    def _a_name(cls, name: str | None) -> str | None:
        if name is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise ValueError(
                "is no name of an environment variable; give the name, such as ANTHROPIC_API_KEY, never the key itself"
            )
        return name

    @field_validator("base_url")
    @classmethod
    def _without_password(cls, url: str | None) -> str | None:
        if url is not None and "@" in url:
            raise ValueError("holds a user or password before an @; take it out and name the key in api_key_env")
        return url


class Limits(BaseModel):
    """What the whole run may take from the teacher; what is null is learnt from the server's headers."""

    model_config = STRICT
    requests_per_minute: Annotated[int, Field(gt=0)] | None = None
    input_tokens_per_minute: Annotated[int, Field(gt=0)] | None = None
    output_tokens_per_minute: Annotated[int, Field(gt=0)] | None = None
    in_flight: Annotated[int, Field(gt=0)] = 64


class Generation(BaseModel):
    model_config = STRICT
    samples: Annotated[int, Field(gt=0)] = 4
    """Samples for each seed and each value of the crossed dimensions."""
    cross: tuple[str, ...] = ()
    """Matrix dimensions of which every value is asked of every seed; the others are drawn by weight."""
    output_tokens: Annotated[int, Field(gt=0)] = 300
    """Expected tokens of one reply, for the estimate of cost and the first reservation."""
    noise: NoiseGiven = None
    """Noise made in the texts after parsing: shares by kind, or `measured` for what the real seeds show."""


class Filters(BaseModel):
    model_config = STRICT
    confidence: Annotated[float, Field(ge=0, le=1)] = 0.85
    verbatim_words: Annotated[int, Field(gt=0)] = 8
    """The longest run of words that a sample may share with its seed."""


class Dedup(BaseModel):
    model_config = STRICT
    threshold: Threshold = 0.8
    shingle: Shingle = "word:5"


class Contamination(BaseModel):
    model_config = STRICT
    cut: Threshold = 0.65
    containment: Threshold = 0.8
    shingle: Shingle = "word:5"


class Split(BaseModel):
    model_config = STRICT
    validation: Share = 0.1


class Finetune(BaseModel):
    """The student's recipe: QLoRA (https://arxiv.org/abs/2305.14314) unless a value here says otherwise."""

    model_config = STRICT
    model: Annotated[str, Field(min_length=1)] = "pocket"
    """`pocket`, the base model that comes with seedwright; a folder; or a name on the Hugging Face hub."""
    four_bit: bool = True
    """NF4 with double quantisation; false trains the adapter over the base in full precision."""
    rank: Annotated[int, Field(gt=0)] = 16
    alpha: Annotated[int, Field(gt=0)] = 32
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.05
    learning_rate: Positive | None = None
    """Null is 2e-4, and 2e-3 for the pocket model."""
    epochs: Positive = 3
    batch: Annotated[int, Field(gt=0)] = 16
    """Rows of one step, over all workers together."""
    device_batch: Annotated[int, Field(gt=0)] = 16
    """The most rows that one worker holds at a time; the rest of its share of a step is accumulated."""
    max_length: Annotated[int, Field(gt=0)] | None = None
    """Tokens of prompt and completion together; null is what the model can take, 4096 at most."""
    drop_long: bool = False
    """Whether samples that are longer may be left out (counted and told); otherwise they stop the run."""
    merge: bool = False
    """Whether to write the adapter merged into the full-precision base as well, and to evaluate that too."""
    checkpoints: Annotated[int, Field(gt=0)] = 5
    """How often a run saves where it is, from which it goes on after a crash."""
    seed: Annotated[int, Field(ge=0)] = 0


class Evaluation(BaseModel):
    """Who is asked about which real rows."""

    model_config = STRICT
    sets: Annotated[tuple[Literal["dev", "final"], ...], Field(min_length=1)] = ("final",)
    shots: Annotated[int, Field(ge=0)] = 3
    """Examples that the baseline is shown, as many of them as fit."""
    batch: Annotated[int, Field(gt=0)] = 16
    max_new_tokens: Annotated[int, Field(gt=0)] = 256
    teacher: bool = False
    """Whether the teacher is asked the same, with the guidelines; its answers are paid like any other."""


class Cluster(BaseModel):
    """Where the work runs; shapes no result."""

    model_config = STRICT
    address: str | None = None
    generation_actors: Annotated[int, Field(gt=0)] = 2
    shards: Annotated[int, Field(gt=0)] = 2
    block_rows: Annotated[int, Field(gt=0)] = 500
    gpu: bool | None = None
    """Whether students are trained and asked on GPUs; null is yes where the cluster has any."""
    training_workers: Annotated[int, Field(gt=0)] | None = None
    """Processes that train side by side; null is one a GPU, and one on the CPU."""
    evaluation_actors: Annotated[int, Field(gt=0)] | None = None
    """Null is one a GPU, and one on the CPU."""


class Settings(BaseModel):
    """Everything a run is told: the task's own keys first, then one section a room."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    kind: Literal["extraction", "classification"]
    seeds: Seeds
    real: Real
    schema_path: Annotated[str, Field(alias="schema")]
    guidelines: str
    passes: Annotated[tuple[str, ...], Field(min_length=1)]
    """Prompts in the order in which they are asked; a later one sees the objects that the earlier ones gave."""
    student_prompt: str
    matrix: dict[str, Dimension] = {}
    normalise: str | None = None
    verify: str | None = None
    demonstration: bool = False

    teacher: Teacher = Teacher()
    limits: Limits = Limits()
    generation: Generation = Generation()
    filters: Filters = Filters()
    dedup: Dedup = Dedup()
    contamination: Contamination = Contamination()
    split: Split = Split()
    finetune: Finetune = Finetune()
    evaluation: Evaluation = Evaluation()
    budget: Positive | None = None
    """Hard cap in dollars on what the teacher may cost, over all runs on the same folder."""
    cluster: Cluster = Cluster()

    @model_validator(mode="after")
    def _crossed_dimensions_exist(self) -> Self:
        for name in self.generation.cross:
            if name not in self.matrix:
                raise ValueError(
                    f"generation.cross names {name!r}, which is no dimension of matrix ({', '.join(self.matrix)})"
                )
        if repeated := [name for name, count in Counter(self.generation.cross).items() if count > 1]:
            raise ValueError(f"generation.cross names {repeated[0]!r} twice; name each dimension once")
        for name, values in self.matrix.items():
            if values == "measured" and (name != "register" or name in self.generation.cross):
                raise ValueError(f"matrix.{name} is `measured`, which only a register that is not crossed can be")
            if values != "measured" and not sum(values.values()):
                raise ValueError(f"matrix.{name} has no value with a weight above 0; give at least one")
        if self.generation.noise and "noise" in self.matrix:
            raise ValueError("matrix.noise has the name under which generation.noise is noted; choose another")
        return self

    def shaping(self) -> dict[str, Any]:
        """The part that shapes results: no addresses, paces, budgets or worker counts, and no paths (files count by
        content).
        """
        values = self.model_dump(mode="json", exclude={"limits", "budget", "cluster"})
        for key in ("schema_path", "guidelines", "passes", "student_prompt", "normalise", "verify"):
            values.pop(key)
        values["seeds"].pop("path")
        for key in ("path", "calibration", "dev", "final"):
            values["real"].pop(key)
        values["teacher"] = {
            "model": self.teacher.model,
            "family": self.teacher.family,
            "max_tokens": self.teacher.max_tokens,
            "effort": self.teacher.effort,
            "simulated": self.teacher.simulated.rates if self.teacher.base_url == "simulated" else None,
        }
        return values
