"""The 3-D ResNet-18 with squeeze-and-excitation: 512 features, and the peer's size."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from GliomaRadiomicsLib.networks.resnet3d_se import PATCH, BasicBlock3d, ResNet3dSE


def test_a_patch_gives_512_features_and_two_logits() -> None:
    network = ResNet3dSE()
    assert network.n_features == 512
    assert PATCH == (96, 128, 96)
    assert [len(stage) for stage in network.stages] == [2, 2, 2, 2]
    small = ResNet3dSE(width=4).eval()
    images = torch.randn(1, 4, *PATCH)
    with torch.no_grad():
        found = small.stages(small.stem(images))
        assert found.shape == (1, 32, 3, 4, 3)
        assert small.features(images).shape == (1, 32)
        assert small(images).shape == (1, 2)
        assert torch.equal(small.classifier(small.features(images)), small(images))


def test_the_full_width_gives_512_on_a_small_patch() -> None:
    with torch.no_grad():
        assert ResNet3dSE().eval().features(torch.randn(1, 4, 16, 16, 16)).shape == (1, 512)


def test_the_trunk_has_as_many_parameters_as_monais_resnet18() -> None:
    monai = pytest.importorskip("monai.networks.nets", reason="SKIPPED: needs monai to compare with")
    peer = monai.resnet18(spatial_dims=3, n_input_channels=4, num_classes=2, shortcut_type="B", bias_downsample=False)
    expected = sum(p.numel() for name, p in peer.named_parameters() if not name.startswith("fc"))
    network = ResNet3dSE()
    trunk = [*network.stem.parameters(), *network.stages.parameters()]
    assert sum(p.numel() for p in trunk) == expected


def test_squeeze_and_excitation_stands_between_the_fourth_stage_and_the_average() -> None:
    torch.manual_seed(0)
    network = ResNet3dSE(width=4).eval()
    images = torch.randn(1, 4, 16, 16, 16)
    with torch.no_grad():
        maps = network.stages(network.stem(images))
        gated = network.recalibration(maps).mean((2, 3, 4))
        assert torch.allclose(network.features(images), gated, atol=1e-6)
        assert not torch.allclose(gated, maps.mean((2, 3, 4)))


def test_a_block_with_its_convolutions_at_zero_passes_what_is_positive() -> None:
    block = BasicBlock3d(3, 3).eval()
    nn.init.zeros_(block.conv2.weight)
    images = torch.randn(1, 3, 4, 4, 4)
    assert torch.equal(block(images), images.relu())
