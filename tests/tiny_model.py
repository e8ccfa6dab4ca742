"""A base model of a few thousand weights, made on the spot: for what does not depend on how well a model answers."""

import shutil
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPECIAL = ["<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<|pad|>"]


def thinking(base: Path, folder: Path) -> Path:
    """A copy of a model with a chat template that opens answers with a thought: Qwen3's, as TRL brings it along."""
    spec = find_spec("trl")
    assert spec
    assert spec.origin
    shutil.copytree(base, folder)
    shutil.copyfile(Path(spec.origin).with_name("chat_templates") / "qwen3.jinja", folder / "chat_template.jinja")
    return folder


def make_tiny_model(
    folder: Path,
    *,
    hidden: int = 64,
    intermediate: int = 128,
    context: int = 1024,
    seed: int = 0,
    texts: Sequence[str] = (),
) -> Path:
    """Its tokens are bytes, or what is frequent in `texts`, of which such texts then take a third as many."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    bare = Tokenizer(models.BPE())
    bare.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bare.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    size = 1000 if texts else 300
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    bare.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bare, eos_token="<|end|>", pad_token="<|pad|>", model_max_length=context, padding_side="left"
    )
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=intermediate,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=context,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder
