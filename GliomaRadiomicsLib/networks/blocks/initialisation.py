"""Weights to begin with."""

from __future__ import annotations

from torch import nn


def he_initialise(network: nn.Module, slope: float = 0.0) -> None:
    """Normal weights by He et al. 2015 (https://arxiv.org/abs/1502.01852) in every convolution and linear layer.

    Biases become zero. ``slope`` is that of the leaky ReLU which follows; 0 for a ReLU.
    """
    kinds = (nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.ConvTranspose3d, nn.Linear)
    for module in network.modules():
        if isinstance(module, kinds):
            nn.init.kaiming_normal_(module.weight, a=slope, nonlinearity="leaky_relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
