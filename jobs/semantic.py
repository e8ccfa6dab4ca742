"""The semantic tier of deduplication, as the command and the flow call it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobs.embedding import embedded

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.curate.dedup import Conflict, Rank
    from pipeline.embedding.encoder import Encoder
    from pipeline.embedding.vectors import Vectors

SEMANTIC = "semantic"


def chosen_encoder(model: str | None, cosine: float) -> "Encoder | None":
    """The model of --embed, if one is given. Raises InputError for one that cannot be used, before anything is read."""
    if model is None:
        return None
    from pipeline.curate.semantic import require_cosine
    from pipeline.embedding.encoder import find_encoder

    require_cosine(cosine)
    return find_encoder(model)


@dataclass(slots=True)
class Meaning:
    """The tier with its model, and how many texts went through it."""

    encoder: "Encoder"
    cosine: float
    address: str | None = None
    on_ray: bool | None = None
    embedded: int = 0
    cut_short: int = field(default=0)

    def verdicts(
        self,
        table: "pa.Table",
        lexical: Callable[["pa.Table"], "pa.Table"],
        *,
        id: str = "row",  # noqa: A002
        rank: "Rank" = (),
        conflict: "Conflict | None" = None,
        fixed: str | None = "stays",
    ) -> "pa.Table":
        """Those of all tiers; `lexical` gives the verdicts of the tiers before."""
        from pipeline.curate.semantic import find_semantic

        return find_semantic(
            table,
            lexical,
            self._embed,
            id=id,
            text="text",
            cosine=self.cosine,
            rank=rank,
            conflict=conflict,
            fixed=fixed,
        )

    def figures(self) -> dict[str, Any]:
        return {
            **self.encoder.described(),
            "cosine": self.cosine,
            "embedded": self.embedded,
            "cut_short": self.cut_short,
        }

    def _embed(self, texts: "pa.ChunkedArray") -> "Vectors":
        vectors, cut = embedded(texts, self.encoder, what="texts", address=self.address, on_ray=self.on_ray)
        self.embedded += len(texts)
        self.cut_short += cut
        return vectors
