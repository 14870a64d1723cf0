"""Small networks to explain."""

from __future__ import annotations

import pytest
import torch
from torch import nn


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def small_network(dimensions: int) -> nn.Sequential:
    """Two convolutions with batch normalisation, an in-place ReLU, and two logits."""
    torch.manual_seed(0)
    conv = nn.Conv3d if dimensions == 3 else nn.Conv2d
    norm = nn.BatchNorm3d if dimensions == 3 else nn.BatchNorm2d
    network = nn.Sequential(
        conv(2, 4, 3, padding=1),
        norm(4),
        nn.ReLU(inplace=True),
        conv(4, 6, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool3d(1) if dimensions == 3 else nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(6, 2),
    )
    with torch.no_grad():
        network[1].running_mean.normal_()
        network[7].weight.mul_(3000.0)  # so that the maps are far above the tolerance
    return network


@pytest.fixture(params=[2, 3])
def network(request: pytest.FixtureRequest) -> nn.Sequential:
    return small_network(request.param)


@pytest.fixture
def images(network: nn.Sequential) -> torch.Tensor:
    return torch.randn(2, 2, *[8] * (network[0].weight.ndim - 2), generator=torch.Generator().manual_seed(1))
