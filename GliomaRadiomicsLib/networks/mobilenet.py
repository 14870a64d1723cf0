"""MobileNetV2 (Sandler et al. 2018, https://arxiv.org/abs/1801.04381), names of torchvision."""

from __future__ import annotations

import torch
from torch import nn

from GliomaRadiomicsLib.networks.blocks.conv2d import ConvNormActivation, initialise

_STEM, _HEAD = 32, 1280
STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Expansion, channels out, number of blocks and stride of the first block, by stage."""


class InvertedResidual(nn.Module):
    """Expansion, depthwise convolution, projection without activation; a shortcut where the shape stays."""

    def __init__(self, channels_in: int, channels_out: int, expansion: int, stride: int) -> None:
        super().__init__()
        inner = channels_in * expansion
        layers: list[nn.Module] = []
        if expansion != 1:
            layers.append(ConvNormActivation(channels_in, inner, activation=nn.ReLU6))
        layers += [
            ConvNormActivation(inner, inner, 3, stride, groups=inner, activation=nn.ReLU6),
            nn.Conv2d(inner, channels_out, 1, bias=False),
            nn.BatchNorm2d(channels_out),
        ]
        self.conv = nn.Sequential(*layers)
        self.has_shortcut = stride == 1 and channels_in == channels_out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (batch, channels_out, rows / stride, columns / stride)."""
        return x + self.conv(x) if self.has_shortcut else self.conv(x)


class MobileNetV2(nn.Module):
    """A stem, 17 inverted residual blocks, a head; average over the image; dropout and one fully connected layer.

    Args:
        classes: Number of logits.
        channels_in: Channels of the image.
        dropout: Before the last layer.
    """

    embedding_size = _HEAD

    def __init__(self, classes: int = 1000, channels_in: int = 3, dropout: float = 0.2) -> None:
        super().__init__()
        layers: list[nn.Module] = [ConvNormActivation(channels_in, _STEM, 3, 2, activation=nn.ReLU6)]
        before = _STEM
        for expansion, channels, count, stride in STAGES:
            for position in range(count):
                layers.append(InvertedResidual(before, channels, expansion, 1 if position else stride))
                before = channels
        layers.append(ConvNormActivation(before, _HEAD, activation=nn.ReLU6))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(_HEAD, classes))
        initialise(self)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits, shape (batch, classes), of images (batch, channels, rows, columns)."""
        return self.classifier(self.embed(image))

    def embed(self, image: torch.Tensor) -> torch.Tensor:
        """Averages of the head's maps, shape (batch, 1280)."""
        return self.features(image).mean(dim=(2, 3))
