"""Guided backpropagation in any dimension.

Springenberg et al. 2015 (https://arxiv.org/abs/1412.6806); in three dimensions Pereira et al. 2018.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from GliomaRadiomicsLib.explain.scoring import Score, held_still


def guided_backpropagation(network: nn.Module, images: torch.Tensor, score: Score) -> torch.Tensor:
    """Gradient of a score to the images in which every ReLU passes back only what is positive.

    Args:
        network: A network whose activations are `torch.nn.ReLU` modules; it is left as it was.
        images: Shape ``(batch, sequences, ...)``; the cases must not influence each other, as in evaluation mode.
        score: What is explained, such as `class_score(1)`.

    Returns:
        Shape of ``images``; signed, score per unit of intensity. It does not depend much on the class explained.

    Raises:
        ValueError: If the network has no ReLU module, so that this would be the plain gradient under another name.
    """
    images = images.detach().clone().requires_grad_()
    with held_still(network), _guided(network):
        (gradient,) = torch.autograd.grad(score(network(images)).sum(), images)
    return gradient


@contextmanager
def _guided(network: nn.Module) -> Iterator[None]:
    rectifiers = [module for module in network.modules() if isinstance(module, nn.ReLU)]
    if not rectifiers:
        msg = f"{type(network).__name__} has no torch.nn.ReLU module; guided backpropagation is not defined for it"
        raise ValueError(msg)
    in_place = [module.inplace for module in rectifiers]
    handles = []
    try:
        for module in rectifiers:
            module.inplace = False
            handles.append(module.register_full_backward_hook(_only_positive))
        yield
    finally:
        for handle in handles:
            handle.remove()
        for module, flag in zip(rectifiers, in_place, strict=True):
            module.inplace = flag


def _only_positive(_module: nn.Module, to_input: Any, _from_output: Any) -> tuple[torch.Tensor]:
    return (to_input[0].clamp(min=0.0),)
