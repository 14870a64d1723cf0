"""What the 2-D backbones share: convolution, normalisation and activation in one; and their first weights."""

from __future__ import annotations

from torch import nn


class ConvNormActivation(nn.Sequential):
    """2-D convolution without bias, batch normalisation and, if asked for, an activation.

    Members are numbered 0, 1 and 2, which are their names in published state dicts. The padding keeps the size of the
    image but for the stride.
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: int = 1,
        stride: int = 1,
        groups: int = 1,
        activation: type[nn.Module] | None = None,
    ) -> None:
        convolution = nn.Conv2d(channels_in, channels_out, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False)
        super().__init__(convolution, nn.BatchNorm2d(channels_out))
        if activation is not None:
            self.append(activation(inplace=True))


def initialise(network: nn.Module) -> None:
    """First weights of every layer: He's normal for convolutions, N(0, .01) for fully connected layers, biases 0.

    Source: He et al. 2015, https://arxiv.org/abs/1502.01852.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, 0.0, 0.01)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.ones_(layer.weight)
        if isinstance(layer, nn.Conv2d | nn.Linear | nn.BatchNorm2d) and layer.bias is not None:
            nn.init.zeros_(layer.bias)


def divisible(channels: float, by: int = 8) -> int:
    """``channels`` rounded to a multiple of ``by``, but never down by more than a tenth."""
    rounded = max(by, int(channels + by / 2) // by * by)
    return rounded if rounded >= 0.9 * channels else rounded + by
