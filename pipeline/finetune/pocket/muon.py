"""The Muon update for weight matrices: momentum made orthogonal, which a small model learns faster from than Adam.

After Keller Jordan's "Muon" (https://kellerjordan.github.io/posts/muon/), scaled as in https://arxiv.org/abs/2502.16982
so that Adam's learning rates fit; in float32, because many CPUs are slow at bfloat16.
"""

from collections import defaultdict

import torch
from torch import Tensor

_MOMENTUM = 0.95


def muon_step(weights: list[Tensor], momenta: list[Tensor], rate: float, decay: float) -> None:
    """One step in place, for matrices whose gradients are there; matrices of one shape are done together."""
    shapes: dict[torch.Size, list[int]] = defaultdict(list)
    for place, weight in enumerate(weights):
        shapes[weight.shape].append(place)
    with torch.no_grad():
        for shape, places in shapes.items():
            updates = []
            for place in places:
                gradient = weights[place].grad
                assert gradient is not None
                momenta[place].lerp_(gradient, 1 - _MOMENTUM)
                updates.append(gradient.lerp(momenta[place], _MOMENTUM))
            scale = 0.2 * max(shape) ** 0.5
            for place, update in zip(places, orthogonal(torch.stack(updates)), strict=True):
                weights[place].mul_(1 - rate * decay).add_(update, alpha=-rate * scale)


def orthogonal(matrices: Tensor) -> Tensor:
    """The nearest matrices [n, rows, columns] with all singular values about one, by five Newton-Schulz steps."""
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.mT if tall else matrices
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        square = x @ x.mT
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x.mT if tall else x
