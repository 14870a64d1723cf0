"""The grading network: the paper's region, unpadded blocks, cropped shortcuts, and where its feature maps lie."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from GliomaRadiomicsLib.networks.blocks.preactivation import PreactivationBlock, cropped
from GliomaRadiomicsLib.networks.grading_cnn import SIDE, GradingCNN

SMALL = (4, 4, 4, 4)


def maps(network: GradingCNN, images: torch.Tensor) -> dict[str, torch.Tensor]:
    """Output of every block."""
    seen: dict[str, torch.Tensor] = {}
    for name, block in network.blocks.items():
        block.register_forward_hook(lambda _m, _i, out, name=name: seen.__setitem__(name, out))
    with torch.no_grad():
        network(images)
    return seen


def test_a_region_of_96_gives_two_logits_and_four_blocks_shrink_it() -> None:
    network = GradingCNN(channels=SMALL).eval()
    seen = maps(network, torch.randn(1, 4, SIDE, SIDE, SIDE))
    assert SIDE == 96
    shapes = {name: found.shape[-1] for name, found in seen.items()}
    assert shapes == {"res1": 90, "res2": 41, "res3": 16, "res4": 4}
    assert {name: network.map_side(name, SIDE) for name in network.blocks} == shapes
    assert [network.map_side(name, 72) for name in network.blocks] == [66, 29, 10, 1]
    assert GradingCNN(channels=SMALL)(torch.randn(2, 4, 70, 70, 70)).shape == (2, 2)
    assert [m.p for m in GradingCNN().modules() if isinstance(m, nn.Dropout)] == [0.4]
    assert all(m.padding == (0, 0, 0) for m in GradingCNN().modules() if isinstance(m, nn.Conv3d))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_maps_lie_where_placement_says(axis: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The voxels of the input that reach one voxel of the map are centred on the place that is stated."""
    torch.manual_seed(0)
    monkeypatch.setattr(nn.functional, "max_pool3d", nn.functional.avg_pool3d)  # so that all of a cell is reached
    network = GradingCNN(sequences=1, channels=(2, 2, 2)).eval()
    images = torch.randn(1, 1, 40, 40, 40, requires_grad=True)
    layer: dict[str, torch.Tensor] = {}
    for name, block in network.blocks.items():
        block.register_forward_hook(lambda _m, _i, out, name=name: layer.__setitem__(name, out))
    network(images)
    for name, found in layer.items():
        stride, offset = network.placement(name)
        at = found.shape[-1] // 2
        (gradient,) = torch.autograd.grad(found[0, :, at, at, at].sum(), images, retain_graph=True)
        reached = gradient[0, 0].abs().amax(tuple(a for a in range(3) if a != axis)).nonzero().flatten()
        assert float(reached.min() + reached.max()) / 2.0 == offset + stride * at, name


def test_an_unknown_block_is_named() -> None:
    with pytest.raises(KeyError, match="res9"):
        GradingCNN(channels=SMALL).placement("res9")
    with pytest.raises(KeyError, match="res9"):
        GradingCNN(channels=SMALL).map_side("res9", SIDE)


def test_an_unpadded_block_is_the_middle_of_a_padded_one() -> None:
    torch.manual_seed(0)
    padded = PreactivationBlock(3, 5, padded=True).eval()
    unpadded = PreactivationBlock(3, 5, padded=False).eval()
    unpadded.load_state_dict(padded.state_dict())
    images = torch.randn(1, 3, 9, 8, 7)
    with torch.no_grad():
        assert unpadded(images).shape == (1, 5, 5, 4, 3)
        assert torch.allclose(unpadded(images), cropped(padded(images), 2), atol=1e-5)


def test_activation_comes_before_the_convolution() -> None:
    """With both convolutions at zero a pre-activation block is the identity, whatever the sign."""
    block = PreactivationBlock(2, 2, padded=True)
    nn.init.zeros_(block.conv2.weight)
    images = torch.randn(1, 2, 4, 4, 4)
    assert torch.equal(block(images), images)


def test_the_two_grades_can_be_told_apart_after_a_few_steps() -> None:
    torch.manual_seed(0)
    network = GradingCNN(sequences=1, channels=(4, 4), dropout=0.0)
    images = torch.randn(6, 1, 20, 20, 20)
    images[3:] += 1.0
    grades = torch.tensor([0, 0, 0, 1, 1, 1])
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(15):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(network(images), grades)
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < 0.2
