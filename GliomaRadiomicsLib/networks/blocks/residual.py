"""Convolution, normalisation, activation; and the residual block made of two of them."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class ConvNormAct(nn.Module):
    """3x3x3 convolution, group normalisation, leaky ReLU; keeps the shape ``(batch, channels, i, j, k)``."""

    def __init__(self, channels_in: int, channels_out: int, groups: int = 8) -> None:
        super().__init__()
        self.conv = nn.Conv3d(channels_in, channels_out, kernel_size=3, padding=1, bias=False)
        self.norm = nn.GroupNorm(groups, channels_out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply the three in order."""
        return functional.leaky_relu(self.norm(self.conv(x)), 0.01)


class ResidualBlock(nn.Module):
    """Two `ConvNormAct` with an identity shortcut (He et al. 2016, https://arxiv.org/abs/1512.03385)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvNormAct(channels, channels)
        self.second = ConvNormAct(channels, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``x`` plus the two convolutions of it."""
        return x + self.second(self.first(x))
