"""Grad-CAM is MONAI's, and leaves the network as it was."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from GliomaRadiomicsLib.explain.grad_cam import grad_cam, upsampled
from GliomaRadiomicsLib.explain.scoring import class_score
from GliomaRadiomicsLib.networks.grading_cnn import GradingCNN


@pytest.mark.parametrize("layer", ["0", "1", "3"])
@pytest.mark.parametrize("label", [0, 1])
def test_it_is_monais(network: nn.Sequential, images: torch.Tensor, layer: str, label: int) -> None:
    peer = pytest.importorskip("monai.visualize", reason="SKIPPED: needs monai to compare with")
    ours = grad_cam(network, network[int(layer)], images, class_score(label))
    network.eval()
    network[2].inplace = False
    cam = peer.GradCAM(network, layer, postprocessing=lambda heat: heat)
    for number in range(2):
        theirs = cam(images[number : number + 1], class_idx=label)
        assert torch.allclose(upsampled(ours, images.shape[2:])[number], theirs[0], atol=1e-5)
    assert ours.max() > 0.01


@pytest.mark.parametrize("block", ["res3", "res4"])
def test_on_the_grading_network_it_is_monais(block: str) -> None:
    peer = pytest.importorskip("monai.visualize", reason="SKIPPED: needs monai to compare with")
    torch.manual_seed(0)
    network = GradingCNN(sequences=1, channels=(4, 4, 4, 4)).eval()
    images = torch.randn(1, 1, 74, 74, 74)
    ours = upsampled(grad_cam(network, network.blocks[block], images, class_score(1)), (74, 74, 74))
    theirs = peer.GradCAM(network, f"blocks.{block}", postprocessing=lambda heat: heat)(images, class_idx=1)
    assert torch.allclose(ours, theirs, atol=1e-5)
    assert ours.shape == images.shape


def test_by_hand() -> None:
    """Gradients 2/4 and -1/4 per pixel: half of the first map minus a quarter of the second, cut at zero."""
    network = nn.Sequential(nn.Identity(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 1))
    with torch.no_grad():
        network[3].weight.copy_(torch.tensor([[2.0, -1.0]]))
    images = torch.tensor([[[[1.0, 0.0], [0.0, 4.0]], [[0.0, 4.0], [0.0, 4.0]]]])
    assert grad_cam(network, network[0], images, class_score(0)).tolist() == [[[[0.5, 0.0], [0.0, 1.0]]]]


def test_the_network_is_left_as_it_was(network: nn.Sequential, images: torch.Tensor) -> None:
    network.train()
    network[1].eval()
    network[0].weight.requires_grad_(False)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with torch.no_grad():
        grad_cam(network, network[3], images, class_score(0))
    assert [module.training for module in network] == [True, False, True, True, True, True, True, True]
    assert [p.requires_grad for p in network.parameters()] == [False, *[True] * 7]
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert all(p.grad is None for p in network.parameters())
    assert not network[3]._forward_hooks


def test_a_layer_that_says_nothing_about_the_score_is_refused(network: nn.Sequential, images: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="does not influence"):
        grad_cam(network, network[3], images, lambda output: output[:, 0].detach())
    with pytest.raises(ValueError, match="0 times"):
        grad_cam(network, nn.ReLU(), images, class_score(0))


def test_nothing_below_the_layer_is_kept_for_the_gradient(network: nn.Sequential, images: torch.Tensor) -> None:
    seen: list[bool] = []
    handle = network[2].register_forward_hook(lambda _m, _i, out: seen.append(out.requires_grad))
    grad_cam(network, network[3], images, class_score(0))
    handle.remove()
    assert seen == [False]
