"""The embedding tier of decontamination, as the command and the flow call it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.console import say
from jobs.embedding import embedded, texts_column
from jobs.standalone import read_whole
from pipeline.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.curate.embedding_tier import Texts
    from pipeline.curate.exam import Exam
    from pipeline.embedding.encoder import Encoder
    from pipeline.embedding.vectors import Vectors


@dataclass(slots=True)
class Rephrased:
    """The tier with its model and where its control comes from; `figures` say what it found, once it was asked."""

    encoder: "Encoder"
    false_alarm: float
    source: str
    address: str | None = None
    on_ray: bool | None = None
    figures: dict[str, Any] = field(default_factory=dict)
    cut_short: dict[str, int] = field(default_factory=dict)
    tell: Callable[[str], None] = say

    @property
    def path(self) -> Path:
        return Path(self.source)

    def read(self, text: str, eval_text: str | None) -> "Texts":
        """The control, from the column of the input's name or else of the evaluation set's."""
        from pipeline.curate.embedding_tier import Texts

        try:
            table, name = read_whole(self.path, text).table, text
        except InputError as error:
            if eval_text in (None, text) or f"no column {text!r}" not in str(error):
                raise
            try:
                table, name = read_whole(self.path, str(eval_text)).table, str(eval_text)
            except InputError:
                raise error from None
        return Texts(range(len(table)), table[name].to_pylist())

    def checked(
        self, checked: "pa.Table", ids: Sequence[Any], texts: Sequence[str], control: "Texts", exam: "Exam"
    ) -> "pa.Table":
        """The table of `check` with this tier's verdicts in it."""
        from pipeline.curate.embedding_tier import Texts, embedding_tier
        from pipeline.curate.rephrased import with_rephrased

        found = embedding_tier(
            Texts(ids, texts), control, exam, self._embed, false_alarm=self.false_alarm, where=self.source
        )
        result = with_rephrased(checked, found.cosine, found.items, found.calibrated.cut, exam)
        self.figures = {**self.encoder.described(), **found.figures, "cut_short": self.cut_short}
        return result

    def _embed(self, texts: Sequence[str], what: str) -> "Vectors":
        vectors, cut = embedded(
            texts_column(texts), self.encoder, what=what, address=self.address, on_ray=self.on_ray, tell=self.tell
        )
        self.cut_short[what] = cut
        return vectors


def chosen(model: str | None, control: Path | str | None, false_alarm: float, address: str | None) -> Rephrased | None:
    """The tier of --embed and --control, or none. Raises InputError for one without the other: a cut that no control
    has chosen flags half of the clean texts in one domain and misses half of the leaks in the next.
    """
    if model is None and control is None:
        return None
    if control is None:
        raise InputError(
            "--embed: has no --control, from which its cut is chosen; give a file of texts of the same kind that are "
            "known not to be in the evaluation set"
        )
    if model is None:
        raise InputError("--control: is for --embed, which is not given; give both or neither")
    from pipeline.curate.rephrased import require_false_alarm
    from pipeline.embedding.encoder import find_encoder

    require_false_alarm(false_alarm)
    return Rephrased(find_encoder(model), false_alarm, str(control), address)
