"""Grading network: unpadded pre-activation residual blocks, global average pooling, 1x1x1 convolutions.

Pereira et al. 2018, "Automatic brain tumor grading from MRI data using convolutional neural networks and quality
assessment", 96x96x96 in. The numbers of channels stand in a figure that is not in the text; small ones are chosen, as
are 3x3x3 kernels, one convolution before the first block, 2x2x2 maximum pooling between blocks, normalisation and ReLU
after the last, and one hidden 1x1x1 convolution with ReLU and dropout in the cascade.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from GliomaRadiomicsLib.networks.blocks.initialisation import he_initialise
from GliomaRadiomicsLib.networks.blocks.preactivation import PreactivationBlock

SIDE = 96
"""Voxels along each axis of the region the paper's network takes."""


class GradingCNN(nn.Module):
    """Logits of grades from a region of fixed size.

    Args:
        sequences: Number of input sequences.
        grades: Number of classes (LGG, HGG).
        channels: Of the residual blocks, which are ``self.blocks["res1"]``, ``["res2"]``, ...; the paper has four.
        hidden: Channels of the hidden 1x1x1 convolution.
        dropout: Before the last convolution.
    """

    def __init__(
        self,
        sequences: int = 4,
        grades: int = 2,
        channels: tuple[int, ...] = (16, 32, 48, 64),
        hidden: int = 32,
        dropout: float = 0.4,
    ) -> None:
        super().__init__()
        self.stem = nn.Conv3d(sequences, channels[0], kernel_size=3, bias=False)
        pairs = zip((channels[0], *channels[:-1]), channels, strict=True)
        blocks = [PreactivationBlock(before, after, padded=False) for before, after in pairs]
        self.blocks = nn.ModuleDict({f"res{number}": block for number, block in enumerate(blocks, start=1)})
        self.norm, self.relu = nn.BatchNorm3d(channels[-1]), nn.ReLU()
        self.cascade = nn.Sequential(
            nn.Conv3d(channels[-1], hidden, kernel_size=1),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Conv3d(hidden, grades, kernel_size=1),
        )
        he_initialise(self)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Grade.

        Args:
            images: Shape ``(batch, sequences, i, j, k)``; the paper's is 96 along each axis, four blocks need 70.

        Returns:
            Logits of shape ``(batch, grades)``.
        """
        x = self.stem(images)
        for number, block in enumerate(self.blocks.values()):
            x = block(functional.max_pool3d(x, 2) if number else x)
        pooled = self.relu(self.norm(x)).mean((2, 3, 4), keepdim=True)
        return self.cascade(pooled).flatten(1)

    def map_side(self, block: str, side: int) -> int:
        """Voxels of a block's feature maps along an axis on which the images have ``side``; `KeyError` if unknown."""
        left = side - 2
        for number, name in enumerate(self.blocks):
            left = (left // 2 if number else left) - 4
            if name == block:
                return left
        raise KeyError(self._unknown(block))

    def placement(self, block: str) -> tuple[float, float]:
        """Where the feature maps of a block lie: (stride, offset) in input voxels, the same along every axis.

        Voxel n of the map is centred on input voxel ``offset + stride * n``; what the unpadded convolutions take away
        at the edges is accounted for.
        """
        stride, offset = 1.0, 1.0
        for number, name in enumerate(self.blocks):
            if number:
                offset, stride = offset + stride / 2.0, stride * 2.0
            offset += 2.0 * stride
            if name == block:
                return stride, offset
        raise KeyError(self._unknown(block))

    def _unknown(self, block: str) -> str:
        return f"no block {block}; there are {', '.join(self.blocks)}"
