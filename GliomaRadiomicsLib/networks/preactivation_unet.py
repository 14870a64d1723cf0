"""Whole-tumour segmentation: 3-D U-Net of pre-activation residual blocks with summed skips.

Pereira et al. 2018, "Automatic brain tumor grading from MRI data using convolutional neural networks and quality
assessment", after Ronneberger et al. 2015. Where the text is silent: four levels, channels doubling from 16, padded
convolutions (so that the result has the shape of the images), trilinear upsampling with a 1x1x1 convolution.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from GliomaRadiomicsLib.networks.blocks.initialisation import he_initialise
from GliomaRadiomicsLib.networks.blocks.preactivation import PreactivationBlock


class PreactivationUNet(nn.Module):
    """Logits of background and whole tumour; their softmax is the paper's last layer.

    Args:
        sequences: Number of input sequences.
        labels: Number of labels with the background.
        channels: Per level; a 2x2x2 maximum pooling between each two.
        dropout: Probability of spatial dropout in each block.
    """

    def __init__(
        self,
        sequences: int = 4,
        labels: int = 2,
        channels: tuple[int, ...] = (16, 32, 64, 128),
        dropout: float = 0.05,
    ) -> None:
        super().__init__()
        self.multiple = 2 ** (len(channels) - 1)
        self.stem = nn.Conv3d(sequences, channels[0], kernel_size=3, padding=1, bias=False)
        self.encoder = nn.ModuleList(
            PreactivationBlock(before, after, padded=True, dropout=dropout)
            for before, after in zip((channels[0], *channels[:-1]), channels, strict=True)
        )
        pairs = list(zip(channels[:-1], channels[1:], strict=True))
        self.up = nn.ModuleList(nn.Conv3d(coarse, fine, kernel_size=1) for fine, coarse in pairs)
        self.decoder = nn.ModuleList(PreactivationBlock(fine, fine, padded=True, dropout=dropout) for fine, _ in pairs)
        self.norm, self.relu = nn.BatchNorm3d(channels[0]), nn.ReLU()
        self.head = nn.Conv3d(channels[0], labels, kernel_size=1)
        he_initialise(self)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Segment ``(batch, sequences, i, j, k)``, multiples of ``self.multiple``; ``(batch, labels, i, j, k)``."""
        x = self.stem(images)
        skips = []
        for level, block in enumerate(self.encoder):
            x = block(functional.max_pool3d(x, 2) if level else x)
            skips.append(x)
        for level in reversed(range(len(self.decoder))):
            risen = functional.interpolate(self.up[level](x), scale_factor=2.0, mode="trilinear")
            x = self.decoder[level](risen + skips[level])
        return self.head(self.relu(self.norm(x)))
