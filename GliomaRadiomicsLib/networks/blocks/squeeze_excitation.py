"""Squeeze-and-excitation (Hu et al. 2018, https://arxiv.org/abs/1709.01507) for feature maps of any dimension."""

from __future__ import annotations

import torch
from torch import nn


class SqueezeExcitation(nn.Module):
    """Scales each channel by a gate between 0 and 1 that is computed from the means of all channels.

    Args:
        channels: Channels in and out.
        reduction: The hidden layer has ``channels / reduction`` units, at least 4.
    """

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        hidden = max(channels // reduction, 4)
        self.gate = nn.Sequential(nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels), nn.Sigmoid())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``(batch, channels, ...)``, same shape."""
        gate = self.gate(x.flatten(2).mean(2))
        return x * gate.reshape(*gate.shape, *[1] * (x.ndim - 2))
