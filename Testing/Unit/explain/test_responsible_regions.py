"""Responsible regions: zero where a codeword is absent, the decoder's difference where it is there."""

from __future__ import annotations

import pytest
import torch

from GliomaRadiomicsLib.explain.responsible_regions import background_codeword, responsible_region
from GliomaRadiomicsLib.networks.vq_segmentation_net import VQSegmentationNet

BACKGROUND = 0


@pytest.fixture
def network() -> VQSegmentationNet:
    torch.manual_seed(0)
    return VQSegmentationNet(channels=(8, 8, 8), codewords=6, size=4).eval()


@pytest.fixture
def codes() -> torch.Tensor:
    """Five slices of 3 x 3 codes; codeword 1 in slices 1 and 3, codeword 2 in slice 3, codeword 5 nowhere."""
    codes = torch.zeros(5, 3, 3, dtype=torch.int64)
    codes[0], codes[1, 0, 0], codes[3, 1, 1], codes[3, 2, 0] = 3, 1, 1, 2
    return codes


def test_an_absent_codeword_gives_exactly_zero(network: VQSegmentationNet, codes: torch.Tensor) -> None:
    for absent in ([5], [BACKGROUND], []):
        region = responsible_region(network.decode_codes, codes, absent, BACKGROUND)
        assert region.shape == (5, 12, 12)
        assert not region.any()


def test_only_slices_with_the_codeword_respond(network: VQSegmentationNet, codes: torch.Tensor) -> None:
    region = responsible_region(network.decode_codes, codes, [1], BACKGROUND)
    assert region.flatten(1).any(1).tolist() == [False, True, False, True, False]
    assert bool((region >= 0).all())


def test_it_is_the_l1_difference_of_the_logits_summed_over_the_labels(
    network: VQSegmentationNet, codes: torch.Tensor
) -> None:
    replaced = codes.clone()
    replaced[1, 0, 0] = replaced[3, 1, 1] = BACKGROUND
    with torch.no_grad():
        expected = (network.decode_codes(codes) - network.decode_codes(replaced)).abs().sum(1)
    region = responsible_region(network.decode_codes, codes, [1], BACKGROUND)
    assert torch.allclose(region, expected, atol=1e-5)
    assert region.max() > 1e-3


def test_a_collected_region_is_the_sum_of_each_replaced_alone(network: VQSegmentationNet, codes: torch.Tensor) -> None:
    each = [responsible_region(network.decode_codes, codes, [word], BACKGROUND) for word in (1, 2)]
    assert torch.allclose(responsible_region(network.decode_codes, codes, [1, 2, 5], BACKGROUND), sum(each), atol=1e-5)


def test_few_slices_are_decoded_at_once_and_only_those_needed(network: VQSegmentationNet, codes: torch.Tensor) -> None:
    sizes: list[int] = []

    def decode(some: torch.Tensor) -> torch.Tensor:
        sizes.append(len(some))
        return network.decode_codes(some)

    region = responsible_region(decode, codes, [1, 3], BACKGROUND, batch=1)
    assert set(sizes) == {1}
    assert len(sizes) == 1 + 3 * 2
    assert torch.allclose(region, responsible_region(network.decode_codes, codes, [1, 3], BACKGROUND), atol=1e-5)


def test_the_backgrounds_codeword_is_the_most_common_of_wholly_black_patches() -> None:
    codes = torch.tensor([[[4, 4, 2], [2, 2, 2]]])
    background = torch.zeros(1, 4, 6, dtype=torch.bool)
    background[0, :2, :4] = True
    background[0, 2:, 1:] = True
    background[0, 3, 3] = background[0, 3, 5] = False
    assert background_codeword(codes, background) == 4
    background[:] = True
    assert background_codeword(codes, background) == 2
    background[:, ::2] = False
    with pytest.raises(ValueError, match="2 x 2 pixels"):
        background_codeword(codes, background)
