"""2-D ResNet-10, -18 and -50 (He et al. 2016, https://arxiv.org/abs/1512.03385), names of torchvision.

As in torchvision the stride of a bottleneck lies in its 3x3 convolution. ResNet-10 has one basic block per stage.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

from GliomaRadiomicsLib.networks.blocks.conv2d import ConvNormActivation, initialise

_STEM = 64
_WIDTHS = (64, 128, 256, 512)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut."""

    expansion = 1

    def __init__(self, channels_in: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = _shortcut(channels_in, width, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (batch, width, rows / stride, columns / stride)."""
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """Convolutions 1x1, 3x3 and 1x1 to four times the width, and a shortcut."""

    expansion = 4

    def __init__(self, channels_in: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, width * self.expansion, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width * self.expansion)
        self.downsample = _shortcut(channels_in, width * self.expansion, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (batch, 4 x width, rows / stride, columns / stride)."""
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        return torch.relu(self.bn3(self.conv3(y)) + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """A 7x7 convolution, four stages of residual blocks, the average over the image, one fully connected layer.

    Args:
        blocks: Number of blocks of each stage.
        block: `BasicBlock` or `Bottleneck`.
        classes: Number of logits.
        channels_in: Channels of the image.
        widths: Width of each stage.
    """

    def __init__(
        self,
        blocks: tuple[int, int, int, int] = (2, 2, 2, 2),
        block: type[BasicBlock] | type[Bottleneck] = BasicBlock,
        classes: int = 1000,
        channels_in: int = 3,
        widths: tuple[int, int, int, int] = _WIDTHS,
    ) -> None:
        super().__init__()
        self.embedding_size = widths[-1] * block.expansion
        self.conv1 = nn.Conv2d(channels_in, _STEM, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(_STEM)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inputs = (_STEM, *(width * block.expansion for width in widths))
        stages = [
            _stage(block, before, width, count, stride=1 if index == 0 else 2)
            for index, (before, width, count) in enumerate(zip(inputs, widths, blocks, strict=False))
        ]
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.fc = nn.Linear(self.embedding_size, classes)
        initialise(self)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logits, shape (batch, classes), of images (batch, channels, rows, columns)."""
        return self.fc(self.embed(image))

    def embed(self, image: torch.Tensor) -> torch.Tensor:
        """Averages of the last stage, shape (batch, embedding_size): 512 for ResNet-10 and -18, 2048 for ResNet-50."""
        return self.maps(image).mean(dim=(2, 3))

    def maps(self, image: torch.Tensor) -> torch.Tensor:
        """Maps of the last stage, shape (batch, embedding_size, rows / 32, columns / 32)."""
        x = self.maxpool(torch.relu(self.bn1(self.conv1(image))))
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


def _stage(
    block: type[BasicBlock] | type[Bottleneck], channels_in: int, width: int, count: int, stride: int
) -> nn.Sequential:
    channels = (channels_in, *[width * block.expansion] * count)
    return nn.Sequential(
        *(block(before, width, 1 if i else stride) for i, (before, _) in enumerate(pairwise(channels)))
    )


def _shortcut(channels_in: int, channels_out: int, stride: int) -> ConvNormActivation | None:
    if stride == 1 and channels_in == channels_out:
        return None
    return ConvNormActivation(channels_in, channels_out, stride=stride)


def resnet10(classes: int = 1000, channels_in: int = 3) -> ResNet:
    """ResNet-10: one basic block per stage."""
    return ResNet((1, 1, 1, 1), BasicBlock, classes, channels_in)


def resnet18(classes: int = 1000, channels_in: int = 3) -> ResNet:
    """ResNet-18: two basic blocks per stage."""
    return ResNet((2, 2, 2, 2), BasicBlock, classes, channels_in)


def resnet50(classes: int = 1000, channels_in: int = 3) -> ResNet:
    """ResNet-50: 3, 4, 6 and 3 bottlenecks."""
    return ResNet((3, 4, 6, 3), Bottleneck, classes, channels_in)
