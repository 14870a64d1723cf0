"""VGG-16 and VGG-19 (Simonyan and Zisserman 2015, https://arxiv.org/abs/1409.1556), names of torchvision."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

from GliomaRadiomicsLib.networks.blocks.conv2d import initialise

VGG16 = (2, 2, 3, 3, 3)
VGG19 = (2, 2, 4, 4, 4)
_WIDTHS = (64, 128, 256, 512, 512)
_FULLY_CONNECTED = 4096
_POOLED = 7


class VGG(nn.Module):
    """Convolutions 3x3 in five stages, each followed by a maximum over 2x2; three fully connected layers.

    Args:
        convolutions: Number of convolutions of each stage, `VGG16` or `VGG19`.
        classes: Number of logits.
        channels_in: Channels of the image.
    """

    embedding_size = 2 * _FULLY_CONNECTED

    def __init__(self, convolutions: tuple[int, ...] = VGG19, classes: int = 1000, channels_in: int = 3) -> None:
        super().__init__()
        self.features = nn.Sequential(*_stages(convolutions, channels_in))
        self.avgpool = nn.AdaptiveAvgPool2d(_POOLED)
        self.classifier = nn.Sequential(
            nn.Linear(_WIDTHS[-1] * _POOLED**2, _FULLY_CONNECTED),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(_FULLY_CONNECTED, _FULLY_CONNECTED),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(_FULLY_CONNECTED, classes),
        )
        initialise(self)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits, shape (batch, classes), of images (batch, channels, rows, columns), at least 32x32."""
        return self.classifier(self._pooled(image))

    def embed(self, image: torch.Tensor) -> torch.Tensor:
        """Outputs of the first two fully connected layers after their ReLU, side by side, shape (batch, 2 x 4096)."""
        first = self.classifier[:2](self._pooled(image))
        second = self.classifier[2:5](first)
        return torch.cat([first, second], dim=1)

    def _pooled(self, image: torch.Tensor) -> torch.Tensor:
        return self.avgpool(self.features(image)).flatten(1)


def _stages(convolutions: tuple[int, ...], channels_in: int) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for (before, width), count in zip(pairwise((channels_in, *_WIDTHS)), convolutions, strict=True):
        for position in range(count):
            layers += [nn.Conv2d(width if position else before, width, 3, padding=1), nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
    return layers


def vgg16(classes: int = 1000, channels_in: int = 3) -> VGG:
    """VGG-16."""
    return VGG(VGG16, classes, channels_in)


def vgg19(classes: int = 1000, channels_in: int = 3) -> VGG:
    """VGG-19."""
    return VGG(VGG19, classes, channels_in)
