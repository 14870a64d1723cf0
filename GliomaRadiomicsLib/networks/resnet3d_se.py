"""Three-dimensional ResNet-18 with squeeze-and-excitation after its fourth stage: 512 features of a tumour patch.

Jinling et al. 2023 (grading and survival of lower-grade glioma) after He et al. 2016
(https://arxiv.org/abs/1512.03385), patches of 96x128x96. The paper's classification from the network alone has two
fully connected layers, whose width it does not state; 64 is chosen.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from GliomaRadiomicsLib.networks.blocks.initialisation import he_initialise
from GliomaRadiomicsLib.networks.blocks.squeeze_excitation import SqueezeExcitation

PATCH = (96, 128, 96)
"""Voxels of the patch the paper's network takes."""


class BasicBlock3d(nn.Module):
    """Two 3x3x3 convolutions with batch normalisation and a shortcut; ``stride`` is that of the first."""

    def __init__(self, channels_in: int, channels_out: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(channels_in, channels_out, kernel_size=3, stride=stride, padding=1, bias=False)
        self.norm1, self.relu1 = nn.BatchNorm3d(channels_out), nn.ReLU()
        self.conv2 = nn.Conv3d(channels_out, channels_out, kernel_size=3, padding=1, bias=False)
        self.norm2, self.relu2 = nn.BatchNorm3d(channels_out), nn.ReLU()
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels_in != channels_out:
            projection = nn.Conv3d(channels_in, channels_out, kernel_size=1, stride=stride, bias=False)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm3d(channels_out))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape ``(batch, channels_in, i, j, k)`` to ``(batch, channels_out, i, j, k)``, divided by the stride."""
        inner = self.norm2(self.conv2(self.relu1(self.norm1(self.conv1(x)))))
        return self.relu2(self.shortcut(x) + inner)


class ResNet3dSE(nn.Module):
    """Deep features of a patch, and a classification from them alone.

    Args:
        sequences: Number of input sequences.
        grades: Number of classes.
        width: Channels of the first stage; ``8 * width`` features come out (64 and 512 in the paper).
        hidden: Units between the two fully connected layers.
    """

    def __init__(self, sequences: int = 4, grades: int = 2, width: int = 64, hidden: int = 64) -> None:
        super().__init__()
        self.n_features = 8 * width
        self.stem = nn.Sequential(
            nn.Conv3d(sequences, width, kernel_size=7, stride=2, padding=3, bias=False),
            nn.BatchNorm3d(width),
            nn.ReLU(),
            nn.MaxPool3d(kernel_size=3, stride=2, padding=1),
        )
        self.stages = nn.Sequential(
            _stage(width, width, 1),
            _stage(width, 2 * width, 2),
            _stage(2 * width, 4 * width, 2),
            _stage(4 * width, 8 * width, 2),
        )
        self.recalibration = SqueezeExcitation(8 * width)
        self.classifier = nn.Sequential(nn.Linear(8 * width, hidden), nn.ReLU(), nn.Linear(hidden, grades))
        he_initialise(self)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Shape ``(batch, sequences, i, j, k)`` to ``(batch, n_features)``."""
        maps = self.recalibration(self.stages(self.stem(images)))
        return functional.adaptive_avg_pool3d(maps, 1).flatten(1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits of shape ``(batch, grades)``."""
        return self.classifier(self.features(images))


def _stage(channels_in: int, channels_out: int, stride: int) -> nn.Sequential:
    return nn.Sequential(BasicBlock3d(channels_in, channels_out, stride), BasicBlock3d(channels_out, channels_out))
