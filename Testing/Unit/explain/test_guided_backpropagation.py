"""Guided backpropagation: a case worked out by hand, MONAI's, and networks it is not defined for."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from GliomaRadiomicsLib.explain.guided_backpropagation import guided_backpropagation
from GliomaRadiomicsLib.explain.scoring import class_score


def test_by_hand() -> None:
    """Inputs (1, 2, 3) to units 1+2=3, 1-2=-1, 3 and 2+3=5 with output weights 1, 1, -1, 2.

    The second unit is off, the third passes a negative gradient: both are cut. What is left is 1 through the first and
    2 through the fourth: (1, 1 + 2, 2). The plain gradient would be (1, 3, 1).
    """
    network = nn.Sequential(nn.Linear(3, 4, bias=False), nn.ReLU(), nn.Linear(4, 1, bias=False))
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor([[1.0, 1, 0], [1, -1, 0], [0, 0, 1], [0, 1, 1]]))
        network[2].weight.copy_(torch.tensor([[1.0, 1, -1, 2]]))
    images = torch.tensor([[1.0, 2.0, 3.0]])
    assert guided_backpropagation(network, images, class_score(0)).tolist() == [[1.0, 3.0, 2.0]]
    plain = images.clone().requires_grad_()
    network(plain).sum().backward()
    assert plain.grad is not None
    assert plain.grad.tolist() == [[1.0, 3.0, 1.0]]


@pytest.mark.parametrize("label", [0, 1])
def test_it_is_monais(network: nn.Sequential, images: torch.Tensor, label: int) -> None:
    peer = pytest.importorskip("monai.visualize", reason="SKIPPED: needs monai to compare with")
    ours = guided_backpropagation(network, images, class_score(label))
    assert network[2].inplace
    named = nn.Sequential()
    for number, module in enumerate(network.eval()):
        named.add_module(f"relu{number}" if isinstance(module, nn.ReLU) else f"layer{number}", module)
    for number in range(2):
        theirs = peer.GuidedBackpropGrad(named)(images[number : number + 1], index=label)
        assert torch.allclose(ours[number], theirs[0], atol=1e-6)
    assert ours.shape == images.shape
    assert ours.abs().max() > 1e-4


def test_the_network_is_left_as_it_was(network: nn.Sequential, images: torch.Tensor) -> None:
    plain = images.clone().requires_grad_()
    network.eval()(plain)[:, 0].sum().backward()
    before = plain.grad
    network.train()
    guided_backpropagation(network, images, class_score(0))
    assert all(module.training for module in network)
    assert not network[4]._backward_hooks
    again = images.clone().requires_grad_()
    network.eval()(again)[:, 0].sum().backward()
    assert before is not None
    assert again.grad is not None
    assert torch.equal(before, again.grad)
    assert images.grad is None


def test_a_network_without_relu_modules_is_refused() -> None:
    network = nn.Sequential(nn.Linear(3, 2), nn.LeakyReLU())
    with pytest.raises(ValueError, match="no torch.nn.ReLU"):
        guided_backpropagation(network, torch.randn(1, 3), class_score(0))
