"""Grad-CAM in two and three dimensions.

Selvaraju et al. 2017 (https://arxiv.org/abs/1610.02391); in three dimensions Pereira et al. 2018.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from GliomaRadiomicsLib.explain.scoring import Score, held_still

_MODES = {1: "linear", 2: "bilinear", 3: "trilinear"}


def grad_cam(network: nn.Module, layer: nn.Module, images: torch.Tensor, score: Score) -> torch.Tensor:
    """Where the features of a layer speak for a score.

    Each feature map of the layer is weighted by the mean of its gradient; the sum is cut at zero. Nothing below the
    layer is kept for the gradient, so that the memory is that of a prediction plus the layers above.

    Args:
        network: Any network; it is left as it was.
        layer: A module of it that is run once and gives ``(batch, channels, ...)``.
        images: Shape ``(batch, sequences, ...)``, two or three spatial axes.
        score: What is explained, such as `class_score(1)`.

    Returns:
        Shape ``(batch, 1, ...)`` with the spatial axes of the layer, not negative, in no unit; `upsampled` brings it to
        those of the images.

    Raises:
        ValueError: If the layer is not run exactly once, or does not influence the score.
    """
    seen: list[torch.Tensor] = []

    def cut(_module: nn.Module, _inputs: Any, output: torch.Tensor) -> torch.Tensor:
        seen.append(output.detach().requires_grad_())
        return seen[-1].clone()  # the next layer may work in place

    with held_still(network):
        handle = layer.register_forward_hook(cut)
        try:
            value = score(network(images)).sum()
        finally:
            handle.remove()
        if len(seen) != 1:
            msg = f"the layer {type(layer).__name__} was run {len(seen)} times; Grad-CAM needs one that is run once"
            raise ValueError(msg)
        (gradient,) = torch.autograd.grad(value, seen[0], allow_unused=True) if value.requires_grad else (None,)
    if gradient is None:
        msg = f"the layer {type(layer).__name__} does not influence the score; choose one before the output"
        raise ValueError(msg)
    spatial = tuple(range(2, gradient.ndim))
    weights = gradient.mean(spatial, keepdim=True)
    return (weights * seen[0].detach()).sum(1, keepdim=True).relu()


def upsampled(heat: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
    """``heat`` of shape ``(batch, 1, ...)`` on ``shape`` voxels over the same field of view, by linear interpolation.

    Where a network's convolutions are not padded its feature maps cover less than the images: place such a map by its
    stride and offset instead (`back_to_patient.feature_grid`).
    """
    return functional.interpolate(heat, size=shape, mode=_MODES[len(shape)], align_corners=False)
