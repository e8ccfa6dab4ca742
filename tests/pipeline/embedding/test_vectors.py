from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tiny_encoder import as_sentence_transformers
from tiny_model import make_tiny_model

from pipeline.embedding import vectors
from pipeline.embedding.encoder import find_encoder
from pipeline.embedding.neighbours import cosines
from pipeline.embedding.vectors import as_matrix, collected, embed, embedding_stage, pieces
from pipeline.errors import InputError

TEXTS = ["the cat sat", "sat the cat", "pay the bill now", "", "cat", "a much longer text about nothing at all"]


REFERENCE = [0.120813, -0.023536, -0.036689, 0.056463]
"""The first four values for one text, computed with sentence-transformers 6.2.0."""


def column(texts: list[str]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(texts, pa.string())])


def test_vectors_have_length_one_and_stand_in_the_order_of_the_texts(tiny_encoder: Path) -> None:
    found, cut = embed(column(TEXTS), find_encoder(str(tiny_encoder)))
    assert found.shape == (6, 64)
    assert found.dtype == np.float32
    assert np.linalg.norm(found, axis=1).round(5).tolist() == [1, 1, 1, 0, 1, 1]
    assert cosines(found[:1], found[1:2]) == pytest.approx(1, abs=1e-6)
    assert cosines(found[:1], found[2:3])[0] < 0.9
    assert cut == 0


def test_a_text_is_the_same_whatever_stands_beside_it(tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = find_encoder(str(tiny_encoder))
    whole = embed(column(TEXTS), encoder)[0]
    monkeypatch.setattr(vectors, "PIECE", 2)
    monkeypatch.setattr(vectors, "BATCH_TOKENS", 8)
    assert np.allclose(embed(column(TEXTS), encoder)[0], whole, atol=1e-6)


def test_texts_longer_than_the_model_reads_are_cut_and_counted(tiny_encoder: Path) -> None:
    folder = as_sentence_transformers(tiny_encoder, {}, max_seq_length=2)
    found, cut = embed(column(["the cat", "the cat sat", "the cat on a mat"]), find_encoder(str(folder)))
    assert cut == 2
    assert np.allclose(found[0], found[1])


def test_the_first_or_the_last_token_stands_for_a_text_where_the_model_says_so(tiny_encoder: Path) -> None:
    first = find_encoder(str(as_sentence_transformers(tiny_encoder, {"pooling_mode": "cls"})))
    found = embed(column(["cat sat", "cat", "the bill sat", "sat"]), first)[0]
    assert np.allclose(found[0], found[1])
    last = find_encoder(str(as_sentence_transformers(tiny_encoder, {"pooling_mode": "lasttoken"})))
    found = embed(column(["cat sat", "cat", "the bill sat", "sat"]), last)[0]
    assert np.allclose(found[[0, 2]], found[3])


def test_a_tokenizer_that_pads_on_the_left_changes_nothing(tmp_path: Path) -> None:
    encoder = find_encoder(str(make_tiny_model(tmp_path / "llama")))
    alone = embed(column(["short"]), encoder)[0]
    beside = embed(column(["short", "a much longer text than that one"]), encoder)[0]
    assert np.allclose(alone[0], beside[0], atol=1e-5)


def test_a_stage_gives_the_vectors_as_an_arrow_list_of_fixed_size(tiny_encoder: Path) -> None:
    step = embedding_stage(find_encoder(str(tiny_encoder)), "cpu").load()
    parts = [step(piece) for piece in pieces(column(TEXTS))]
    assert parts[0].schema.field("vector").type == pa.list_(pa.float32(), 64)
    assert as_matrix(parts[0]["vector"]).shape == (6, 64)
    assert np.array_equal(collected(parts)[0], embed(column(TEXTS), find_encoder(str(tiny_encoder)))[0])


def test_no_texts_have_no_vectors(tiny_encoder: Path) -> None:
    assert embed(column([]), find_encoder(str(tiny_encoder)))[0].shape == (0, 0)


def test_progress_reaches_the_number_of_texts(tiny_encoder: Path) -> None:
    told: list[int] = []
    embed(column(TEXTS), find_encoder(str(tiny_encoder)), told.append)
    assert told == [6]


def test_weights_that_are_broken_are_refused(tiny_encoder: Path) -> None:
    from safetensors.numpy import load_file, save_file

    weights = load_file(tiny_encoder / "model.safetensors")
    save_file(
        {name: weight * np.nan for name, weight in weights.items()},
        tiny_encoder / "model.safetensors",
        {"format": "pt"},
    )
    with pytest.raises(InputError, match="gives vectors that are not finite"):
        embed(column(["cat"]), find_encoder(str(tiny_encoder)))


def test_weights_that_cannot_be_read_are_refused(tiny_encoder: Path) -> None:
    (tiny_encoder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(InputError, match="cannot be loaded as an embedding model"):
        embed(column(["cat"]), find_encoder(str(tiny_encoder)))


def test_a_real_model_knows_what_means_the_same(minilm: Path) -> None:
    encoder = find_encoder(str(minilm))
    assert (encoder.pooling, encoder.tokens) == ("mean", 256)
    texts = [
        "How many eggs does Janet sell every day?",
        "What is the number of eggs that Janet sells daily?",
        "The contract is governed by the laws of Ghana.",
    ]
    found = embed(column(texts), encoder)[0]
    assert cosines(found[:1], found[1:2])[0] > 0.9
    assert cosines(found[:1], found[2:3])[0] < 0.2


def test_a_real_model_s_vectors_are_those_of_sentence_transformers(minilm: Path) -> None:
    found = embed(column(["A cat sat on the mat."]), find_encoder(str(minilm)))[0][0]
    assert found[:4] == pytest.approx(REFERENCE, abs=1e-5)
