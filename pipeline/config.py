"""The run's settings: frozen, unknown keys refused, every mistake reported at once.

A task folder's task.yaml, the --config file and --set pairs are laid over each other in that order. A path in a file is
relative to that file's folder, a path given with --set to the current one; ${VARIABLE} in a path is taken from the
environment. A model is a path where it begins with ., /, ~ or $, and a name otherwise.
"""

import re
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipeline.curate.settings import Consistency, Contamination, Dedup, Filters, Split, Thresholds
from pipeline.generate.matrix_settings import Dimension, Partial, check_cells
from pipeline.generate.settings import Generation
from pipeline.seeds.settings import Real, Seeds
from pipeline.teacher.batches.settings import BatchSettings
from pipeline.teacher.price_settings import PriceGiven
from pipeline.teacher.simulated.settings import SimulatedSettings

STRICT = ConfigDict(frozen=True, extra="forbid")
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Teacher(BaseModel):
    """Who writes the samples. Any server that speaks the Anthropic Messages API."""

    model_config = STRICT
    section: ClassVar[str] = "teacher"
    """By what name its settings, its errors and, where it is built in, its log go."""
    base_url: str | None = "simulated"
    """`simulated` starts the built-in teacher; null is the SDK's own default (ANTHROPIC_BASE_URL or Anthropic)."""
    model: str = "simulated-teacher"
    family: str = "simulated"
    """Who made the model; a judge of the same family is refused."""
    api_key_env: str | None = "ANTHROPIC_API_KEY"
    """The environment variable that holds the key; null for a server that wants none."""
    max_tokens: Annotated[int, Field(gt=0, le=21_000)] = 1024
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    caching: Literal["auto"] | bool = "auto"
    """Whether the prompt's shared prefix is marked for the server's cache. `auto` does where it may pay, until the
    server refuses a mark; true always does, and false never."""
    structured: Literal["auto"] | bool = "auto"
    """Whether the server shall hold replies to the schema. `auto` asks for it where the schema can be expressed, until
    the server refuses; true stops the run there, and false never asks."""
    timeout_s: Positive = 120
    attempts: Annotated[int, Field(gt=0)] = 6
    """Failures of one request, while others succeed, before its sample is given up; waiting is never a failure."""
    patience_s: Positive = 600
    """How long nothing at all may succeed before the run stops, to be taken up again later."""
    refusals: Annotated[int, Field(gt=0)] = 20
    """So many different requests that the server will not take, one after the other and with no reply between them,
    stop the run: the fault is hardly theirs. Give more where it may be."""
    price: PriceGiven = None
    """Dollars per million tokens, [IN, OUT] or a mapping as in the price file, which it overrides."""
    prices: str | None = None
    """A price file of one's own, of the form of pipeline/teacher/prices.yaml, which it comes before."""
    transport: Literal["online", "batch"] = "online"
    """`batch` sends Message Batches: half the price, replies within a day. Both read and write the same ledger."""
    batches: BatchSettings = BatchSettings()
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


class Judge(Teacher):
    """Who scores the samples; asked as the teacher is, of another family, through the same ledger and budget."""

    section: ClassVar[str] = "judge"
    model: str = "simulated-judge"
    family: str = "simulated-rules"
    simulated: SimulatedSettings = SimulatedSettings(
        judge_rates={
            "malformed_scores": 0.01,
            "refused_scores": 0.005,
            "out_of_range": 0.005,
            "lenient": 0.02,
            "strict": 0.01,
        }
    )
    limits: Limits = Limits()
    thresholds: Thresholds = Thresholds()
    same_family: Annotated[str, Field(min_length=8)] | None = None
    """Why a judge of the teacher's own family is good enough, in writing; goes on record and into the report."""
    control: Annotated[int, Field(ge=0)] = 20
    """Samples that the grounding filter or the verifier refuted, and real calibration rows with their human answers,
    up to so many of each, that the judge scores as well: how far its word on correctness can be trusted.
    """
    unscored: Annotated[float, Field(ge=0, le=1)] = 0.2
    """The share without a score above which the run warns."""


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
    thinking: bool = False
    """Whether a model whose chat template knows `enable_thinking` may think before it answers; it is asked as it was
    trained, and the baseline like the student."""
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
    dollars_per_hour: Positive | None = None
    """What an hour of one worker's machine costs: the report tells by it what a thousand answers of a student cost."""


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
    forbid: tuple[Partial, ...] = ()
    """Combinations of values that no sample has."""
    normalise: str | None = None
    verify: str | None = None
    demonstration: bool = False

    teacher: Teacher = Teacher()
    limits: Limits = Limits()
    generation: Generation = Generation()
    filters: Filters = Filters()
    judge: Judge | None = None
    """Null asks no judge; `{}` is the built-in one."""
    consistency: Consistency | None = None
    dedup: Dedup = Dedup()
    contamination: Contamination = Contamination()
    split: Split = Split()
    finetune: Finetune = Finetune()
    evaluation: Evaluation = Evaluation()
    budget: Positive | None = None
    """Hard cap in dollars on what the teacher may cost, over all runs on the same folder."""
    cluster: Cluster = Cluster()

    @model_validator(mode="after")
    def _cells_are_left(self) -> Self:
        check_cells(self.kind, self.matrix, self.forbid, self.generation.cross)
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
        for key in ("target", "asides"):
            values["generation"].pop(key)
        for key in ("path", "calibration", "dev", "final"):
            values["real"].pop(key)
        values["teacher"] = _answering(self.teacher)
        if self.judge:
            values["judge"] = _answering(self.judge) | {"thresholds": values["judge"]["thresholds"]}
            values["judge"] |= {"control": self.judge.control}
        return values


def _answering(model: Teacher) -> dict[str, Any]:
    """What of a model's settings shapes its answers."""
    return {
        "model": model.model,
        "family": model.family,
        "max_tokens": model.max_tokens,
        "effort": model.effort,
        "structured": model.structured is not False,
        "simulated": model.simulated.erring if model.base_url == "simulated" else None,
    }
