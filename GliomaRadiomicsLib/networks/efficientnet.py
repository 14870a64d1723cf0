"""EfficientNet-B0 and -B3 (Tan and Le 2019, https://arxiv.org/abs/1905.11946), names of torchvision."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import nn

from GliomaRadiomicsLib.networks.blocks.conv2d import ConvNormActivation, divisible, initialise

_STEM = 32
_HEAD_FACTOR = 4
_SQUEEZE = 4
_STOCHASTIC_DEPTH = 0.2


class Stage(NamedTuple):
    """Blocks of one stage of B0: expansion, kernel, stride of the first block, channels out, number of blocks."""

    expansion: int
    kernel: int
    stride: int
    channels: int
    blocks: int


STAGES = (
    Stage(1, 3, 1, 16, 1),
    Stage(6, 3, 2, 24, 2),
    Stage(6, 5, 2, 40, 2),
    Stage(6, 3, 2, 80, 3),
    Stage(6, 5, 1, 112, 3),
    Stage(6, 5, 2, 192, 4),
    Stage(6, 3, 1, 320, 1),
)


class SqueezeExcitation(nn.Module):
    """Weighs channels by what their averages say (Hu et al. 2018, https://arxiv.org/abs/1709.01507)."""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Keeps the shape."""
        squeezed = nn.functional.silu(self.fc1(x.mean(dim=(2, 3), keepdim=True)))
        return x * torch.sigmoid(self.fc2(squeezed))


class MBConv(nn.Module):
    """Expansion, depthwise convolution, squeeze and excitation, projection; a shortcut where the shape stays.

    While training the block is left out for a share ``drop`` of the images (stochastic depth, Huang et al. 2016).
    """

    def __init__(
        self, channels_in: int, channels_out: int, expansion: int, kernel: int, stride: int, drop: float
    ) -> None:
        super().__init__()
        inner = divisible(channels_in * expansion)
        layers: list[nn.Module] = []
        if inner != channels_in:
            layers.append(ConvNormActivation(channels_in, inner, activation=nn.SiLU))
        layers += [
            ConvNormActivation(inner, inner, kernel, stride, groups=inner, activation=nn.SiLU),
            SqueezeExcitation(inner, max(1, channels_in // _SQUEEZE)),
            ConvNormActivation(inner, channels_out),
        ]
        self.block = nn.Sequential(*layers)
        self.drop = drop
        self.has_shortcut = stride == 1 and channels_in == channels_out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (batch, channels_out, rows / stride, columns / stride)."""
        y = self.block(x)
        if not self.has_shortcut:
            return y
        if self.training and self.drop > 0:
            kept = torch.rand((len(y), 1, 1, 1), device=y.device) >= self.drop
            y = y * kept / (1 - self.drop)
        return x + y


class EfficientNet(nn.Module):
    """A stem, seven stages of `MBConv`, a head; average over the image; dropout and one fully connected layer.

    Args:
        width: Factor of the channels: 1 for B0, 1.2 for B3.
        depth: Factor of the number of blocks: 1 for B0, 1.4 for B3.
        dropout: Before the last layer: .2 for B0, .3 for B3.
        classes: Number of logits.
        channels_in: Channels of the image.
    """

    def __init__(
        self,
        width: float = 1.0,
        depth: float = 1.0,
        dropout: float = 0.2,
        classes: int = 1000,
        channels_in: int = 3,
    ) -> None:
        super().__init__()
        stem, last = divisible(_STEM * width), divisible(STAGES[-1].channels * width)
        self.embedding_size = _HEAD_FACTOR * last
        self.features = nn.Sequential(
            ConvNormActivation(channels_in, stem, 3, 2, activation=nn.SiLU),
            *_stages(stem, width, depth),
            ConvNormActivation(last, self.embedding_size, activation=nn.SiLU),
        )
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(self.embedding_size, classes))
        initialise(self)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits, shape (batch, classes), of images (batch, channels, rows, columns)."""
        return self.classifier(self.embed(image))

    def embed(self, image: torch.Tensor) -> torch.Tensor:
        """Averages of the head's maps, shape (batch, embedding_size): 1280 for B0, 1536 for B3."""
        return self.features(image).mean(dim=(2, 3))


def _stages(stem: int, width: float, depth: float) -> list[nn.Sequential]:
    counts = [math.ceil(stage.blocks * depth) for stage in STAGES]
    total, done, before = sum(counts), 0, stem
    stages = []
    for stage, count in zip(STAGES, counts, strict=True):
        channels, blocks = divisible(stage.channels * width), []
        for position in range(count):
            stride = 1 if position else stage.stride
            drop = _STOCHASTIC_DEPTH * done / total
            blocks.append(MBConv(before, channels, stage.expansion, stage.kernel, stride, drop))
            before, done = channels, done + 1
        stages.append(nn.Sequential(*blocks))
    return stages


def efficientnet_b0(classes: int = 1000, channels_in: int = 3) -> EfficientNet:
    """EfficientNet-B0."""
    return EfficientNet(1.0, 1.0, 0.2, classes, channels_in)


def efficientnet_b3(classes: int = 1000, channels_in: int = 3) -> EfficientNet:
    """EfficientNet-B3."""
    return EfficientNet(1.2, 1.4, 0.3, classes, channels_in)
