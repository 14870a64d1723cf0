"""Residual 3-D U-Net that works on 2x2x2 voxel cells: full-resolution in and out at an eighth of the cost.

Encoder and decoder as in Myronenko 2018 (https://arxiv.org/abs/1810.11654) without its VAE branch; the cells are the
sub-pixel rearrangement of Shi et al. 2016 (https://arxiv.org/abs/1609.05158) in three dimensions.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from GliomaRadiomicsLib.networks.blocks.residual import ConvNormAct, ResidualBlock


class SegmentationNet(nn.Module):
    """Logits of overlapping tumour regions from any subset of the sequences.

    Args:
        sequences: Number of input sequences.
        regions: Number of output regions.
        channels: Channels per level; each level halves the resolution, the first works on 2x2x2 cells.
    """

    def __init__(self, sequences: int = 4, regions: int = 3, channels: tuple[int, ...] = (32, 64, 96, 128)) -> None:
        super().__init__()
        self.regions = regions
        self.multiple = 2 ** len(channels)
        self.stem = nn.Conv3d(sequences * 8, channels[0], kernel_size=1)
        self.presence = nn.Linear(sequences, channels[0])
        self.encoder = nn.ModuleList(ResidualBlock(c) for c in channels)
        pairs = list(zip(channels[:-1], channels[1:], strict=True))
        self.down = nn.ModuleList(nn.Conv3d(fine, coarse, kernel_size=2, stride=2) for fine, coarse in pairs)
        self.up = nn.ModuleList(nn.Conv3d(coarse, fine, kernel_size=1) for fine, coarse in pairs)
        self.decoder = nn.ModuleList(
            ConvNormAct(fine, fine) if level == 0 else ResidualBlock(fine) for level, (fine, _) in enumerate(pairs)
        )
        self.head = nn.Conv3d(channels[0], regions * 8, kernel_size=1)

    def forward(self, images: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """Segment.

        Args:
            images: Shape ``(batch, sequences, i, j, k)``, z-scored inside the brain, zero outside and where a
                sequence is missing; i, j, k multiples of ``self.multiple``.
            present: Shape ``(batch, sequences)``: 1 where the sequence is given, 0 where it is missing.

        Returns:
            Logits of shape ``(batch, regions, i, j, k)``.
        """
        x = self.stem(cells(images)) + self.presence(present.to(images.dtype))[:, :, None, None, None]
        skips = []
        for level, block in enumerate(self.encoder):
            x = block(x)
            if level < len(self.down):
                skips.append(x)
                x = self.down[level](x)
        for level in reversed(range(len(self.decoder))):
            x = functional.interpolate(self.up[level](x), scale_factor=2.0, mode="nearest") + skips[level]
            x = self.decoder[level](x)
        return voxels(self.head(x), self.regions)


def cells(images: torch.Tensor) -> torch.Tensor:
    """Gather each 2x2x2 cell of voxels into channels: ``(b, c, 2i, 2j, 2k)`` to ``(b, 8c, i, j, k)``."""
    b, c, i, j, k = images.shape
    split = images.reshape(b, c, i // 2, 2, j // 2, 2, k // 2, 2).permute(0, 1, 3, 5, 7, 2, 4, 6)
    gathered = split.reshape(b, c * 8, i // 2, j // 2, k // 2)
    return gathered.contiguous(memory_format=torch.channels_last_3d)


def voxels(features: torch.Tensor, channels: int) -> torch.Tensor:
    """The inverse of `cells`: ``(b, 8 * channels, i, j, k)`` to ``(b, channels, 2i, 2j, 2k)``."""
    b, _, i, j, k = features.shape
    split = features.reshape(b, channels, 2, 2, 2, i, j, k).permute(0, 1, 5, 2, 6, 3, 7, 4)
    return split.reshape(b, channels, 2 * i, 2 * j, 2 * k)
