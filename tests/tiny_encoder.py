"""An embedding model without layers, made on the spot: a text's vector is the mean of its words' random vectors.

So texts of the same words in another order have the cosine 1, and it falls with every word that differs.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers


def make_tiny_encoder(folder: Path, texts: Iterable[str], *, width: int = 64, tokens: int = 64) -> Path:
    """It knows the words of `texts`; all others are one word to it."""
    import torch
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    bare = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    bare.normalizer = normalizers.Lowercase()
    bare.pre_tokenizer = pre_tokenizers.Whitespace()
    bare.train_from_iterator(texts, trainers.WordLevelTrainer(special_tokens=["[PAD]", "[UNK]"], show_progress=False))
    PreTrainedTokenizerFast(
        tokenizer_object=bare, pad_token="[PAD]", unk_token="[UNK]", model_max_length=tokens
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=bare.get_vocab_size(),
        hidden_size=width,
        num_hidden_layers=0,
        num_attention_heads=1,
        intermediate_size=8,
        max_position_embeddings=tokens,
    )
    model = BertModel(config, add_pooling_layer=False)
    with torch.no_grad():
        model.embeddings.word_embeddings.weight.normal_()
        model.embeddings.position_embeddings.weight.zero_()
        model.embeddings.token_type_embeddings.weight.zero_()
    model.save_pretrained(folder)
    return folder


def as_sentence_transformers(folder: Path, pooling: dict[str, object], *more: str, **own: object) -> Path:
    """The files that sentence-transformers lays beside such a model."""
    kinds = ["sentence_transformers.models.Transformer", "sentence_transformers.models.Pooling", *more]
    listed = [
        {"idx": number, "path": f"{number}_Module" if number else "", "type": kind} for number, kind in enumerate(kinds)
    ]
    (folder / "modules.json").write_text(json.dumps(listed))
    (folder / "1_Module").mkdir(exist_ok=True)
    (folder / "1_Module" / "config.json").write_text(json.dumps(pooling))
    (folder / "sentence_bert_config.json").write_text(json.dumps(own))
    return folder
