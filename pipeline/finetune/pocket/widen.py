"""The pocket network as it is shipped: widened by channels and a head of zeros, which change no answer.

4-bit weights on a CPU want layer inputs in multiples of 64 (see pipeline.finetune.base_model); training is a third
faster without that. A channel of zeros stays zero through every layer, and a head whose values are zero adds nothing.
What the zeros do change is the mean in each RMS norm, which its weights and epsilon make good.
"""

from math import sqrt

import torch
from transformers import LlamaConfig, LlamaForCausalLM

MULTIPLE = 64


def widened(network: LlamaForCausalLM) -> LlamaForCausalLM:
    """A network with the same outputs, up to rounding, whose hidden size is a multiple of 64. Heads keep their size."""
    old = network.config
    hidden = -(-old.hidden_size // MULTIPLE) * MULTIPLE
    if hidden == old.hidden_size:
        return network
    share = old.hidden_size / hidden
    values = old.to_dict() | {
        "hidden_size": hidden,
        "num_attention_heads": hidden // old.head_dim,
        "num_key_value_heads": hidden // old.head_dim,
        "rms_norm_eps": old.rms_norm_eps * share,
    }
    wide = LlamaForCausalLM(LlamaConfig(**values))
    with torch.no_grad():
        for (name, target), source in zip(wide.named_parameters(), network.parameters(), strict=True):
            target.zero_()
            factor = sqrt(share) if "norm" in name else 1.0
            target[tuple(slice(0, size) for size in source.shape)] = source * factor
    return wide
