"""Two-dimensional residual block of convolution, group normalisation and leaky ReLU, with a change of channels."""

from __future__ import annotations

import torch
from torch import nn

SLOPE = 0.01
"""Negative slope of every leaky ReLU here."""


class ConvNormAct2d(nn.Sequential):
    """3x3 convolution with padding 1, group normalisation, leaky ReLU; ``stride`` 2 halves ``(batch, c, i, j)``."""

    def __init__(self, channels_in: int, channels_out: int, stride: int = 1, groups: int = 8) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels_out, kernel_size=3, stride=stride, padding=1),
            nn.GroupNorm(groups, channels_out),
            nn.LeakyReLU(SLOPE),
        )


class ResidualBlock2d(nn.Module):
    """Two `ConvNormAct2d` and a shortcut, which is a 1x1 convolution where the number of channels changes."""

    def __init__(self, channels_in: int, channels_out: int, groups: int = 8) -> None:
        super().__init__()
        self.first = ConvNormAct2d(channels_in, channels_out, groups=groups)
        self.second = ConvNormAct2d(channels_out, channels_out, groups=groups)
        same = channels_in == channels_out
        self.shortcut = nn.Identity() if same else nn.Conv2d(channels_in, channels_out, kernel_size=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape ``(batch, channels_in, i, j)`` to ``(batch, channels_out, i, j)``."""
        return self.shortcut(x) + self.second(self.first(x))
