"""Three-dimensional residual block with pre-activations (He et al. 2016, https://arxiv.org/abs/1603.05027)."""

from __future__ import annotations

import torch
from torch import nn


class PreactivationBlock(nn.Module):
    """Twice batch normalisation, ReLU and 3x3x3 convolution, added to the shortcut.

    Args:
        channels_in: Channels before.
        channels_out: Channels after; where they differ the shortcut is a 1x1x1 convolution.
        padded: Keep the shape. Otherwise every axis loses 2 voxels at both ends and the shortcut is cropped to that.
        dropout: Probability of spatial dropout (whole feature maps) before the second convolution.
    """

    def __init__(self, channels_in: int, channels_out: int, *, padded: bool, dropout: float = 0.0) -> None:
        super().__init__()
        self.margin = 0 if padded else 2
        padding = 1 if padded else 0
        self.norm1, self.relu1 = nn.BatchNorm3d(channels_in), nn.ReLU()
        self.conv1 = nn.Conv3d(channels_in, channels_out, kernel_size=3, padding=padding, bias=False)
        self.norm2, self.relu2 = nn.BatchNorm3d(channels_out), nn.ReLU()
        self.dropout = nn.Dropout3d(dropout)
        self.conv2 = nn.Conv3d(channels_out, channels_out, kernel_size=3, padding=padding, bias=False)
        same = channels_in == channels_out
        self.shortcut = nn.Identity() if same else nn.Conv3d(channels_in, channels_out, kernel_size=1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape ``(batch, channels_in, i, j, k)`` to ``(batch, channels_out, i, j, k)``, smaller by 4 if unpadded."""
        inner = self.conv1(self.relu1(self.norm1(x)))
        inner = self.conv2(self.dropout(self.relu2(self.norm2(inner))))
        return self.shortcut(cropped(x, self.margin)) + inner


def cropped(x: torch.Tensor, margin: int) -> torch.Tensor:
    """``(batch, channels, i, j, k)`` without ``margin`` voxels at both ends of every axis."""
    if margin == 0:
        return x
    inside = slice(margin, -margin)
    return x[:, :, inside, inside, inside]
