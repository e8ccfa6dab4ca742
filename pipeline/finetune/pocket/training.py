"""Training from nothing: next-token loss on what the assistant says, with a checkpoint to go on from."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy
from transformers import LlamaForCausalLM

from pipeline.finetune.pocket.batches import BATCHES, IGNORED, Batch, window
from pipeline.finetune.pocket.corpus.domains import training_domains
from pipeline.finetune.pocket.corpus.examples import example, level
from pipeline.finetune.pocket.muon import muon_step
from pipeline.finetune.pocket.network import load_network, new_network, save_network
from pipeline.finetune.pocket.tokenizer import SIZE, train_tokenizer

CHECKPOINT = "training.pt"
_WARM_UP, _DECAYED, _CLIP, _WEIGHT_DECAY = 60, 0.35, 1.0, 0.02
_SMALL_UNTIL = 0.25
"""Share of the training with half the tokens a step: many small steps bring copying about sooner than few large."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What shapes the weights (and `save_every`, which does not). tokens: per step."""

    steps: int = 2600
    tokens: int = 4000
    rate: float = 2.5e-3
    seed: int = 20
    vocabulary: int = SIZE
    tokenizer_texts: int = 6000
    save_every: int = 160


@dataclass(slots=True)
class _State:
    """A training under way."""

    network: LlamaForCausalLM
    adam: torch.optim.Optimizer
    momenta: list[torch.Tensor]
    step: int


def train(folder: Path, plan: Plan, resume: bool, log: Callable[[str], None]) -> LlamaForCausalLM:
    """Trains in `folder`, or goes on from its checkpoint; the weights there can be used after every save."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    going_on = resume and (folder / CHECKPOINT).exists()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json")) if going_on else new_tokenizer(plan)
    network = new_network(tokenizer, plan.seed).to(device)
    state = _State(network, _adam(network, plan), [torch.zeros_like(one) for one in _matrices(network)], 0)
    if going_on:
        _restore(state, folder / CHECKPOINT, device)
    started, seen = time.monotonic(), 0
    while state.step < plan.steps:
        progress = state.step / plan.steps
        tokens = plan.tokens // 2 if progress < _SMALL_UNTIL else plan.tokens
        batches = window(tokenizer, plan.seed, state.step // BATCHES, progress, tokens)
        for batch in batches[: plan.steps - state.step]:
            loss, right = _one_step(state, plan, batch, device)
            seen += batch.ids.numel()
            if state.step % 20 == 0:
                pace = seen / (time.monotonic() - started)
                log(f"step {state.step} loss {loss:.3f} right {right:.3f} tokens/s {pace:.0f} rows {len(batch.ids)}")
        if state.step % plan.save_every < BATCHES:
            _save(state, tokenizer, folder)
    _save(state, tokenizer, folder)
    return network


def new_tokenizer(plan: Plan) -> Tokenizer:
    rng, domains, hardest = Random(plan.seed), training_domains(), level(1.0)
    rows = (example(domains, rng, hardest) for _ in range(plan.tokenizer_texts))
    return train_tokenizer((message["content"] for row in rows for message in row), plan.vocabulary)


def rate_at(step: int, plan: Plan) -> float:
    """Warm-up, then level, then straight down to nothing.

    >>> plan = Plan(steps=1000, rate=1.0)
    >>> rate_at(0, plan) < rate_at(500, plan) == 1.0 > rate_at(999, plan)
    True
    """
    left = (plan.steps - step) / (plan.steps * _DECAYED)
    return plan.rate * min(1.0, (step + 1) / _WARM_UP, left)


def _one_step(state: _State, plan: Plan, batch: Batch, device: str) -> tuple[float, float]:
    """(mean loss, share of the tokens guessed right). Only what is learnt from goes through the output layer."""
    ids, targets = batch.ids.to(device), batch.targets.to(device)
    learnt = targets != IGNORED
    hidden = state.network.model(input_ids=ids, use_cache=False).last_hidden_state[learnt]
    scores = state.network.lm_head(hidden)
    loss = cross_entropy(scores, targets[learnt])
    state.network.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(state.network.parameters(), _CLIP)
    rate = rate_at(state.step, plan)
    for group in state.adam.param_groups:
        group["lr"] = rate
    state.adam.step()
    muon_step(_matrices(state.network), state.momenta, rate, _WEIGHT_DECAY)
    state.step += 1
    return loss.item(), (scores.argmax(-1) == targets[learnt]).float().mean().item()


def _matrices(network: LlamaForCausalLM) -> list[torch.Tensor]:
    return [weight for name, weight in network.named_parameters() if weight.ndim == 2 and "embed" not in name]


def _adam(network: LlamaForCausalLM, plan: Plan) -> torch.optim.Optimizer:
    """For what is no layer's matrix: the embeddings and the norms."""
    others = [weight for name, weight in network.named_parameters() if weight.ndim != 2 or "embed" in name]
    return torch.optim.AdamW(others, lr=plan.rate, betas=(0.9, 0.97), weight_decay=0.0)


def _save(state: _State, tokenizer: Tokenizer, folder: Path) -> None:
    save_network(state.network, tokenizer, folder)
    kept = {
        "step": state.step,
        "network": state.network.state_dict(),
        "adam": state.adam.state_dict(),
        "momenta": state.momenta,
    }
    partial = folder / (CHECKPOINT + ".partial")
    torch.save(kept, partial)
    partial.replace(folder / CHECKPOINT)


def _restore(state: _State, file: Path, device: str) -> None:
    kept = torch.load(file, map_location=device, weights_only=True)
    state.network.load_state_dict(kept["network"])
    state.adam.load_state_dict(kept["adam"])
    state.momenta = kept["momenta"]
    state.step = kept["step"]


__all__ = ["CHECKPOINT", "Plan", "load_network", "new_tokenizer", "rate_at", "train"]
