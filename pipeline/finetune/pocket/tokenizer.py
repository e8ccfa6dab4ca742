"""The pocket tokenizer: byte-level BPE in which a word has the same tokens wherever it stands.

A model this small learns to copy only if what it copies looks the same in the document and in the answer. So words,
digits and punctuation are split from one another before BPE, and a NUL (which no text may contain) ends every word and
stands for the space after it, if a word follows: `"Acme Ltd"` is `"`, `Acme\\0`, `Ltd\\0`, `"`.
"""

from collections.abc import Iterable
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

SIZE = 2048
PAD, END, SYSTEM, USER, ASSISTANT = "<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"
SPECIAL = (PAD, END, SYSTEM, USER, ASSISTANT)
LONGEST = 1024

_LETTER = r"[\p{L}\p{M}]"
_JSON = r'":null\x00,"|":null\x00\}|":\{"|":\["|":"|","|\{"|"\}|"\]|":'
_PIECE = rf"{_LETTER}+\x00|\d|{_JSON}|[,:;] (?! )|\n+| \((?!\s)| +|[^\x00\s\d\p{{L}}\p{{M}}]|\s"

CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message['role'] not in ['system', 'user', 'assistant'] -%}"
    "{{ raise_exception('a message is of system, user or assistant, not ' + message['role']) }}"
    "{%- endif -%}"
    "{{ '<|' + message['role'] + '|>' + (message['content'] | replace('<|', '< |')) + '<|end|>' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|assistant|>' }}{%- endif -%}"
)
"""Text that looks like a special token is broken up ("< |end|>"), so it cannot end a turn or open another."""


def train_tokenizer(texts: Iterable[str], size: int = SIZE) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(rf"(?<={_LETTER})(?!{_LETTER})"), "\x00"),
            normalizers.Replace(Regex(rf"\x00 (?={_LETTER})"), "\x00"),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECE), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.ByteLevel(),
            decoders.Replace(Regex(rf"\x00(?={_LETTER})"), " "),
            decoders.Replace("\x00", ""),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[AddedToken(token, normalized=False, special=True) for token in SPECIAL],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def special_id(tokenizer: Tokenizer, token: str) -> int:
    number: int | None = tokenizer.token_to_id(token)
    assert number is not None, token
    return number


def save_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """Writes what AutoTokenizer reads without code of ours."""
    from transformers import PreTrainedTokenizerFast

    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=[SYSTEM, USER, ASSISTANT],
        model_max_length=LONGEST,
        padding_side="left",
        clean_up_tokenization_spaces=False,
        chat_template=CHAT_TEMPLATE,
    )
    wrapped.save_pretrained(str(folder))
