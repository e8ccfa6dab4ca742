"""Texts to unit vectors: batches of like length through the transformer, pooled over what is no padding, in float32.

Texts are taken in pieces of a fixed size, in the order of their lengths, and batches are cut inside a piece. So a text
is always computed beside the same others, whatever does it: the number of blocks, actors or nodes changes no bit.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.embedding.encoder import Encoder, found_here
from pipeline.errors import InputError
from pipeline.finetune.base_model import in_short
from pipeline.stage import Stage, Step

Vectors = NDArray[np.float32]

PIECE = 512
"""Texts that are handed over together."""
BATCH_TEXTS, BATCH_TOKENS = 64, 8_192
"""The most texts, and tokens with padding, that are computed together."""
NUMBER, VECTOR, WHOLE = "number", "vector", "whole"


def pieces(texts: pa.ChunkedArray) -> list[pa.Table]:
    """The texts with their numbers, from the shortest to the longest, in pieces."""
    whole = pa.table({NUMBER: pa.array(range(len(texts)), pa.int64()), "text": texts.cast(pa.large_string())})
    lengths = pa.table({"length": pc.binary_length(whole["text"]), NUMBER: whole[NUMBER]})
    ordered = whole.take(pc.sort_indices(lengths, [("length", "ascending"), (NUMBER, "ascending")]))
    return [ordered.slice(start, PIECE) for start in range(0, len(ordered), PIECE)]


def embedding_stage(encoder: Encoder, device: str) -> Stage:
    """The stage that makes (number, vector, whole) of a piece; `whole` is false where a text was cut short.

    `device` is "cpu", or "cuda" for the GPU that the worker was given.
    """
    return Stage("embedding", (NUMBER, "text"), (VECTOR, WHOLE), partial(load, encoder, device))


def load(encoder: Encoder, device: str) -> Step:
    """Raises InputError when the model cannot be loaded, or when what it gives is not finite."""
    encoder = found_here(encoder)
    model, tokenizer = _loaded(encoder, device)

    def step(table: pa.Table) -> pa.Table:
        vectors, whole = _embedded(encoder, model, tokenizer, table["text"].to_pylist())
        return pa.table({NUMBER: table[NUMBER], VECTOR: as_column(vectors), WHOLE: whole})

    return step


def as_column(vectors: Vectors) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])


def as_matrix(column: pa.ChunkedArray | pa.Array) -> Vectors:
    """[rows, dimension] of a FixedSizeList column."""
    flat = (column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column).flatten()
    found: Vectors = flat.to_numpy(zero_copy_only=False).reshape(len(column), column.type.list_size)
    return found


def collected(found: Sequence[pa.Table]) -> tuple[Vectors, int]:
    """The vectors in the order of the texts, and how many texts were cut short."""
    whole = pa.concat_tables(found)
    vectors = np.empty((len(whole), whole[VECTOR].type.list_size), np.float32)
    for table in found:
        vectors[table[NUMBER].to_numpy()] = as_matrix(table[VECTOR])
    return vectors, len(whole) - int(pc.sum(whole[WHOLE]).as_py())


def embed(
    texts: pa.ChunkedArray, encoder: Encoder, tell: Callable[[int], None] = lambda _: None
) -> tuple[Vectors, int]:
    """Unit vectors [texts, dimension] and how many texts were cut short, computed in this process.

    `tell` is given the number of texts that are done, now and then. Raises InputError as `load` does.
    """
    import torch

    step = load(encoder, "cuda" if torch.cuda.is_available() else "cpu")
    found: list[pa.Table] = []
    for piece in pieces(texts):
        found.append(step(piece))
        tell(sum(map(len, found)))
    return collected(found) if found else (np.empty((0, 0), np.float32), 0)


def _loaded(encoder: Encoder, device: str) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModel, AutoTokenizer

    from pipeline.finetune.loading import quiet_libraries

    with quiet_libraries():
        try:
            tokenizer = AutoTokenizer.from_pretrained(encoder.path)
            model = AutoModel.from_pretrained(encoder.path, dtype=torch.float32)
        except Exception as error:  # each library below raises its own
            raise InputError(
                f"{encoder.path}: cannot be loaded as an embedding model ({in_short(error)}); save it again, or take "
                "another"
            ) from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    return model.to(device).eval(), tokenizer


def _embedded(encoder: Encoder, model: Any, tokenizer: Any, texts: Sequence[str]) -> tuple[Vectors, NDArray[np.bool_]]:
    """A text of which the tokenizer leaves nothing has the zero vector, which resembles nothing."""
    said = [encoder.prompt + text for text in texts]
    said = [text.lower() for text in said] if encoder.lower_case else said
    found = tokenizer(said, truncation=True, max_length=encoder.tokens + 1)["input_ids"]
    lengths = np.array([len(ids) for ids in found], np.int64)
    vectors = np.zeros((len(texts), model.config.get_text_config().hidden_size), np.float32)
    for rows in _batches(np.minimum(lengths, encoder.tokens)):
        vectors[rows] = _pooled(encoder, model, tokenizer, [said[row] for row in rows])
    if not np.isfinite(vectors).all():
        raise InputError(
            f"{encoder.path}: gives vectors that are not finite; its weights are broken, take another model"
        )
    return vectors, lengths <= encoder.tokens


def _batches(lengths: NDArray[np.int64]) -> Iterator[list[int]]:
    """Rows that have tokens, in the order of their lengths, as many as fit into a batch."""
    batch: list[int] = []
    for row in (row for row in np.argsort(lengths, kind="stable").tolist() if lengths[row]):
        if batch and (len(batch) == BATCH_TEXTS or (len(batch) + 1) * lengths[row] > BATCH_TOKENS):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _pooled(encoder: Encoder, model: Any, tokenizer: Any, texts: Sequence[str]) -> Vectors:
    """As sentence-transformers pools: over the attention mask, then each vector to length 1."""
    import torch

    inputs = tokenizer(texts, padding=True, truncation=True, max_length=encoder.tokens, return_tensors="pt")
    inputs = inputs.to(model.device)
    mask = inputs["attention_mask"]
    with torch.inference_mode():
        states = model(**inputs).last_hidden_state.float()
        if encoder.pooling == "mean":
            pooled = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        else:
            places = torch.arange(mask.shape[1], device=mask.device) + 1
            place = mask.argmax(1) if encoder.pooling == "cls" else (mask * places).argmax(1)
            pooled = states[torch.arange(len(states), device=mask.device), place]
        unit = torch.nn.functional.normalize(pooled, dim=1)
    found: Vectors = unit.cpu().numpy()
    return found
