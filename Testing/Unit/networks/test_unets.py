"""The two 3-D U-Nets: shapes, skips, and what their blocks are made of."""

from __future__ import annotations

import torch
from torch import nn

from GliomaRadiomicsLib.networks.blocks.squeeze_excitation import SqueezeExcitation
from GliomaRadiomicsLib.networks.preactivation_unet import PreactivationUNet
from GliomaRadiomicsLib.networks.recombination_unet import RecombinationBlock, RecombinationUNet


def first_weights_matter(network: nn.Module, images: torch.Tensor, first: nn.Conv3d, deepest: nn.Module) -> bool:
    """Whether fine detail of the input reaches the result although the deepest level is cut off (so: by a skip)."""
    handle = deepest.register_forward_hook(lambda _m, _i, out: torch.zeros_like(out))
    network.eval()
    with torch.no_grad():
        before = network(images)
        changed = images.clone()
        changed[:, :, 3, 3, 3] += 5.0
        after = network(changed)
    handle.remove()
    return bool((before - after)[:, :, 3, 3, 3].abs().max() > 1e-4)


def test_preactivation_unet_keeps_the_shape_and_halves_three_times() -> None:
    torch.manual_seed(0)
    network = PreactivationUNet(channels=(4, 6, 8, 10))
    assert network.multiple == 8
    images = torch.randn(1, 4, 16, 8, 24)
    assert network(images).shape == (1, 2, 16, 8, 24)
    assert [m.p for m in network.modules() if isinstance(m, nn.Dropout3d)] == [0.05] * 7
    assert first_weights_matter(network, images, network.stem, network.encoder[-1])
    assert len(PreactivationUNet().encoder) == 4


def test_its_skips_are_sums() -> None:
    """A decoder block takes as many channels as its level has, not twice as many."""
    network = PreactivationUNet(channels=(4, 6))
    assert network.decoder[0].conv1.in_channels == 4


def test_recombination_unet_has_four_levels_and_keeps_the_shape() -> None:
    torch.manual_seed(0)
    network = RecombinationUNet(channels=(4, 6, 8, 10), expansion=6)
    assert network.multiple == 16
    assert len(network.context) == len(network.location) == len(network.up) == 4
    images = torch.randn(1, 4, 32, 16, 16)
    assert network(images).shape == (1, 2, 32, 16, 16)
    assert first_weights_matter(network, images, network.context[0][0], network.context[-1])
    assert all(up.kernel_size == up.stride == (2, 2, 2) for up in network.up)


def test_a_recombination_block_is_made_as_the_paper_says() -> None:
    block = RecombinationBlock(4, 16)
    kinds = [type(part) for part in block]
    assert kinds[:4] == [nn.Conv3d, nn.BatchNorm3d, nn.ReLU, nn.Conv3d]
    assert kinds[-1] is SqueezeExcitation
    assert block[0].kernel_size == (1, 1, 1)
    assert block[0].out_channels == 64
    assert block[3].kernel_size == (3, 3, 3)


def test_squeeze_and_excitation_scales_channels_by_a_gate_of_their_means() -> None:
    torch.manual_seed(0)
    block = SqueezeExcitation(32)
    for shape in [(2, 32, 5), (2, 32, 4, 5), (2, 32, 3, 4, 5)]:
        images = torch.randn(shape)
        ratio = (block(images) / images).flatten(2)
        assert torch.allclose(ratio, ratio[:, :, :1].expand_as(ratio), atol=1e-5)
        assert bool(((ratio > 0) & (ratio < 1)).all())
        shuffled = images.flatten(2).flip(2).reshape(shape)
        assert torch.allclose(block(shuffled), block(images).flatten(2).flip(2).reshape(shape), atol=1e-5)
    assert block.gate[0].out_features == 4
    assert SqueezeExcitation(512).gate[0].out_features == 32
