"""What is explained: a score of a network, with the network held still meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

Score = Callable[[torch.Tensor], torch.Tensor]
"""From what a network gives, ``(batch, ...)``, to the number of each case that is explained, ``(batch,)``."""


def class_score(index: int) -> Score:
    """The logit of a class: ``(batch, classes)`` to ``(batch,)``."""

    def score(output: torch.Tensor) -> torch.Tensor:
        return output[:, index]

    return score


@contextmanager
def held_still(network: nn.Module) -> Iterator[None]:
    """``network`` in evaluation mode and without gradients of its weights; as it was afterwards."""
    modes = [(module, module.training) for module in network.modules()]
    wanted = [(parameter, parameter.requires_grad) for parameter in network.parameters()]
    try:
        network.eval()
        for parameter, _ in wanted:
            parameter.requires_grad_(False)
        with torch.enable_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode
        for parameter, flag in wanted:
            parameter.requires_grad_(flag)
