"""AlexNet on one device (Krizhevsky 2014, https://arxiv.org/abs/1404.5997), names of torchvision."""

from __future__ import annotations

import torch
from torch import nn

from GliomaRadiomicsLib.networks.blocks.conv2d import initialise

_FULLY_CONNECTED = 4096
_POOLED = 6


class AlexNet(nn.Module):
    """Five convolutions and three fully connected layers.

    Args:
        classes: Number of logits.
        channels_in: Channels of the image.
    """

    embedding_size = _FULLY_CONNECTED

    def __init__(self, classes: int = 1000, channels_in: int = 3) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(channels_in, 64, 11, stride=4, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(64, 192, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(192, 384, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(_POOLED)
        self.classifier = nn.Sequential(
            nn.Dropout(0.5),
            nn.Linear(256 * _POOLED**2, _FULLY_CONNECTED),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(_FULLY_CONNECTED, _FULLY_CONNECTED),
            nn.ReLU(),
            nn.Linear(_FULLY_CONNECTED, classes),
        )
        initialise(self)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits, shape (batch, classes), of images (batch, channels, rows, columns), at least 63x63."""
        return self.classifier[-1](self.embed(image))

    def embed(self, image: torch.Tensor) -> torch.Tensor:
        """Output of the second fully connected layer after its ReLU, shape (batch, 4096)."""
        return self.classifier[:-1](self.avgpool(self.features(image)).flatten(1))
