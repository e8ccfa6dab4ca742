"""The settings of curation: filters, judgement and consistency, duplicates, contamination, split."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from pipeline.errors import InputError

STRICT = ConfigDict(frozen=True, extra="forbid")
Share = Annotated[float, Field(gt=0, lt=1)]
Threshold = Annotated[float, Field(gt=0, le=1)]
Action = Literal["reject", "tag", "off"]
"""What becomes of a sample that a check finds: it goes, it stays with a tag, or it is not looked for."""
Score = Annotated[float, Field(ge=1, le=5)] | None


def _shingle(spelling: str) -> str:
    from pipeline.curate.shingles import Shingling  # brings numpy and pyarrow, for which `--help` shall not wait

    try:
        return str(Shingling.parse(spelling))
    except InputError as error:
        raise ValueError(str(error).removeprefix("shingle: ")) from None


Embedding = Annotated[str, Field(min_length=1)] | None
Shingle = Annotated[str, AfterValidator(_shingle)]


class Filters(BaseModel):
    model_config = STRICT
    confidence: Annotated[float, Field(ge=0, le=1)] = 0.85
    verbatim_words: Annotated[int, Field(gt=0)] = 8
    """The longest run of words that a sample may share with its seed."""
    words: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(gt=0)]] | None = None
    """The fewest and the most words of a text; null only tags what is half as long as the shortest seed, or twice as
    long as the longest.
    """
    refusal_text: Action = "reject"
    """Words by which a model declines, inside a reply that has the right form."""
    language: Action = "reject"
    """Another script than the seeds', or none of the seeds' common words."""
    hedging: Action = "tag"
    flattery: Action = "tag"
    shallow: Action = "tag"
    """Right form without content: an answer of nulls alone, or a text that repeats itself."""

    @model_validator(mode="after")
    def _words_rise(self) -> Self:
        if self.words and self.words[0] > self.words[1]:
            raise ValueError(f"words {self.words} falls; give the fewest first")
        return self


class Thresholds(BaseModel):
    """The lowest score, of 1 to 5, with which a sample stays; null never rejects."""

    model_config = STRICT
    relevance: Score = 3
    correctness: Score = 3
    depth: Score = 3
    instruction_following: Score = 3


class Consistency(BaseModel):
    """The teacher labels its own texts again, several times."""

    model_config = STRICT
    k: Annotated[int, Field(ge=2, le=20)] = 3
    share: Threshold = 1.0
    """The share of the samples that are read again, drawn by their ids."""
    agreement: Threshold = 0.7
    """A field of which a smaller share of the readings agrees is ambiguous: of three, one that differs is enough."""
    reject: tuple[Literal["ambiguous", "contradicted"], ...] = ()
    """Tags that are verdicts; hard samples are kept unless named here."""


class Dedup(BaseModel):
    model_config = STRICT
    threshold: Threshold = 0.8
    shingle: Shingle = "word:5"
    embedding: Embedding = None
    """An embedding model, a folder or a name on the hub, by which texts that mean the same are found; null does not."""
    cosine: Threshold = 0.92


class Contamination(BaseModel):
    model_config = STRICT
    cut: Threshold = 0.65
    containment: Threshold = 0.8
    shingle: Shingle = "word:5"
    ngram: Annotated[int, Field(ge=3, le=1000)] | None = None
    """Words in a row in common with a real row that are enough to remove a sample; null only counts runs of 13."""
    embedding: Embedding = None
    """The model that looks for rephrased real rows; null leaves them unchecked, which is said."""
    false_alarm: Annotated[float, Field(ge=0, lt=1)] = 0.01
    """The share of the seeds, which are known to be clean, that the cut on its cosine may flag."""


class Split(BaseModel):
    model_config = STRICT
    validation: Share = 0.1
