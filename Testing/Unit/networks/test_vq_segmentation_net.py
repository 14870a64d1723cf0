"""The codebook network has the paper's shapes and learns through its codebook."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from GliomaRadiomicsLib.networks.vq_segmentation_net import VQSegmentationNet

SMALL = {"channels": (8, 16), "codewords": 6, "size": 5}


def small(**options: object) -> VQSegmentationNet:
    torch.manual_seed(0)
    return VQSegmentationNet(**{**SMALL, **options})  # type: ignore[arg-type]


def test_the_shapes_are_the_papers() -> None:
    torch.manual_seed(0)
    network = VQSegmentationNet().eval()
    slices = torch.randn(1, 4, 256, 256)
    with torch.no_grad():
        found = network(slices)
    assert found.latent.shape == found.quantised.shape == (1, 64, 8, 8)
    assert found.codes.shape == (1, 8, 8)
    assert found.logits.shape == (1, 4, 256, 256)
    assert network.quantizer.codebook.shape == (512, 64)
    assert network.multiple == 32
    widths = [block.first[0].out_channels for block in network.encoder if hasattr(block, "first")]
    assert widths == [32, 64, 128, 128, 128, 128]
    back = [block.first[0].out_channels for block in network.decoder if hasattr(block, "first")]
    assert back == widths[::-1]


def test_encoding_then_decoding_the_codes_is_the_network() -> None:
    network, slices = small().eval(), torch.randn(2, 4, 8, 8)
    with torch.no_grad():
        found = network(slices)
        assert torch.equal(network.encode(slices), found.codes)
        assert torch.allclose(network.decode_codes(found.codes), found.logits, atol=1e-5)
        assert torch.equal(network.decode(network.quantizer.embed(found.codes)), network.decode_codes(found.codes))


def test_the_segmentation_loss_reaches_the_encoder_and_the_codeword_loss_the_codebook() -> None:
    network = small()
    found = network(torch.randn(2, 4, 8, 8))
    found.logits.square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.encoder.parameters())
    assert network.quantizer.codebook.grad is None
    found = network(torch.randn(2, 4, 8, 8))
    (found.quantised - found.latent.detach()).square().mean().backward()
    assert network.quantizer.codebook.grad is not None


def test_the_moving_average_codebook_has_no_gradient_and_moves() -> None:
    network = small(moving_average=True)
    before = network.quantizer.codebook.clone()
    network(torch.randn(2, 4, 8, 8))
    assert not network.quantizer.codebook.requires_grad
    assert not torch.equal(before, network.quantizer.codebook)


def test_he_initialisation() -> None:
    torch.manual_seed(0)
    network = VQSegmentationNet()
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d) and m.in_channels == 128]
    assert len(convolutions) > 10
    for convolution in convolutions:
        fan_in = convolution.in_channels * convolution.kernel_size[0] ** 2
        assert float(convolution.weight.detach().std()) == pytest.approx((2.0 / fan_in) ** 0.5, rel=0.05)
        assert convolution.bias is not None
        assert not convolution.bias.any()
