"""Embeddings for the stages that compare by them: in this process, or on the cluster for many texts."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from jobs.console import say, step_progress
from jobs.standalone import RAY_FROM

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.config import Settings
    from pipeline.embedding.encoder import Encoder
    from pipeline.embedding.vectors import Vectors


def embedded(
    texts: "pa.ChunkedArray",
    encoder: "Encoder",
    *,
    what: str,
    address: str | None = None,
    on_ray: bool | None = None,
    tell: Callable[[str], None] = say,
) -> tuple["Vectors", int]:
    """The vectors of the texts, and how many texts are longer than the model reads, which is said."""
    from pipeline.embedding.vectors import embed

    through = on_ray if on_ray is not None else bool(address) or len(texts) >= RAY_FROM
    with step_progress() as watch:
        done = partial(watch, f"embedding {what}", total=len(texts))
        if not through:
            vectors, cut = embed(texts, encoder, done)
        else:
            from cluster.embedding import embed_on_ray
            from cluster.session import session

            with session(address):
                vectors, cut = embed_on_ray(texts, encoder, done)
    if cut:
        tell(f"  {cut:,} of {len(texts):,} {what} are longer than the {encoder.tokens} tokens that the model reads")
    return vectors, cut


def texts_column(texts: Any) -> "pa.ChunkedArray":
    import pyarrow as pa

    return pa.chunked_array([pa.array(texts, pa.large_string())])


def find_encoders(settings: "Settings") -> dict[str, "Encoder"]:
    """The models of the settings dedup.embedding and contamination.embedding, by section.

    Raises InputError for one that cannot be used.
    """
    named = {name: getattr(settings, name).embedding for name in ("dedup", "contamination")}
    if not any(named.values()):
        return {}
    from pipeline.embedding.encoder import find_encoder

    return {name: find_encoder(model, where=f"{name}.embedding") for name, model in named.items() if model}
