"""Tumour segmentation: 3-D U-Net of recombination blocks with squeeze-and-excitation.

Jinling et al. 2023 (grading and survival of lower-grade glioma), section "Tumor segmentation": four recombination
blocks, each followed by maximum pooling; four steps up of transposed convolution (2x2x2, stride 2) and recombination
block; softmax. The 1x1x1 convolution of a block has 64 kernels. Where the text is silent: channels 16 to 128 after the
blocks, normalisation and ReLU after the 3x3x3 convolution too, concatenated skips, reduction 16.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from GliomaRadiomicsLib.networks.blocks.initialisation import he_initialise
from GliomaRadiomicsLib.networks.blocks.squeeze_excitation import SqueezeExcitation

EXPANSION = 64
"""Kernels of the 1x1x1 convolution in every recombination block."""


class RecombinationBlock(nn.Sequential):
    """1x1x1 convolution, normalisation, ReLU, 3x3x3 convolution, normalisation, ReLU, squeeze-and-excitation."""

    def __init__(self, channels_in: int, channels_out: int, expansion: int = EXPANSION) -> None:
        super().__init__(
            nn.Conv3d(channels_in, expansion, kernel_size=1, bias=False),
            nn.BatchNorm3d(expansion),
            nn.ReLU(),
            nn.Conv3d(expansion, channels_out, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm3d(channels_out),
            nn.ReLU(),
            SqueezeExcitation(channels_out),
        )


class RecombinationUNet(nn.Module):
    """Logits of background and tumour; their softmax is the paper's last layer.

    Args:
        sequences: Number of input sequences.
        labels: Number of labels with the background.
        channels: After each level's block; the image is halved once per level, so four levels need multiples of 16.
        expansion: Kernels of the 1x1x1 convolutions.
    """

    def __init__(
        self,
        sequences: int = 4,
        labels: int = 2,
        channels: tuple[int, ...] = (16, 32, 64, 128),
        expansion: int = EXPANSION,
    ) -> None:
        super().__init__()
        self.multiple = 2 ** len(channels)
        self.context = nn.ModuleList(
            RecombinationBlock(before, after, expansion)
            for before, after in zip((sequences, *channels[:-1]), channels, strict=True)
        )
        self.up = nn.ModuleList(
            nn.ConvTranspose3d(below, here, kernel_size=2, stride=2)
            for here, below in zip(channels, (*channels[1:], channels[-1]), strict=True)
        )
        self.location = nn.ModuleList(RecombinationBlock(2 * here, here, expansion) for here in channels)
        self.head = nn.Conv3d(channels[0], labels, kernel_size=1)
        he_initialise(self)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Segment ``(batch, sequences, i, j, k)``, multiples of ``self.multiple``; ``(batch, labels, i, j, k)``."""
        x, skips = images, []
        for block in self.context:
            skips.append(block(x))
            x = functional.max_pool3d(skips[-1], 2)
        for level in reversed(range(len(self.location))):
            x = self.location[level](torch.cat([self.up[level](x), skips[level]], dim=1))
        return self.head(x)
