import torch
from transformers import LlamaConfig, LlamaForCausalLM

from pipeline.finetune.base_model import odd_widths
from pipeline.finetune.pocket.widen import widened


def small(hidden: int) -> LlamaForCausalLM:
    torch.manual_seed(1)
    heads = hidden // 32
    config = LlamaConfig(
        vocab_size=50,
        hidden_size=hidden,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        max_position_embeddings=64,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=None,
    )
    network = LlamaForCausalLM(config).eval()
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if "norm" in name:
                weight.uniform_(0.5, 2.0)
    return network


def test_a_wider_network_says_the_same_and_fits_4_bit_layers() -> None:
    network = small(160)
    wide = widened(network).eval()
    ids = torch.randint(0, 50, (3, 20))
    with torch.no_grad():
        assert torch.allclose(network(input_ids=ids).logits, wide(input_ids=ids).logits, atol=1e-5)
    assert wide.config.hidden_size == 192
    assert wide.config.head_dim == network.config.head_dim == 32
    widths = {name: tuple(one.weight.shape) for name, one in wide.model.named_modules() if hasattr(one, "in_features")}
    assert len(widths) == 14
    assert odd_widths(widths) == {}


def test_what_fits_is_left_as_it_is() -> None:
    network = small(128)
    assert widened(network) is network
