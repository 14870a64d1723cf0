"""The codebook: nearest neighbour, straight-through gradient, both ways of learning."""

from __future__ import annotations

import pytest
import torch

from GliomaRadiomicsLib.networks.blocks.vector_quantizer import VectorQuantizer

BOOK = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])


def quantizer(**options: object) -> VectorQuantizer:
    made = VectorQuantizer(3, 2, **options)  # type: ignore[arg-type]
    with torch.no_grad():
        made.codebook.copy_(BOOK)
        if made.moving_average:
            made.summed.copy_(BOOK)
    return made


def latent() -> torch.Tensor:
    """Two pictures of one row with two places: near codewords 1, 0 and 2, 1."""
    vectors = torch.tensor([[[9.0, 1.0], [1.0, 1.0]], [[0.0, 7.0], [12.0, 0.0]]])
    return vectors.permute(0, 2, 1)[:, :, None].clone()


def test_every_vector_gets_its_nearest_codeword() -> None:
    made = quantizer()
    _, quantised, codes = made(latent())
    assert codes.tolist() == [[[1, 0]], [[2, 1]]]
    assert torch.equal(quantised[:, :, 0].permute(0, 2, 1), BOOK[torch.tensor([[1, 0], [2, 1]])])
    assert torch.equal(made.embed(codes), quantised)


def test_the_codes_are_the_nearest_of_many() -> None:
    torch.manual_seed(0)
    made = VectorQuantizer(512, 64)
    given = torch.randn(2, 64, 8, 8)
    distances = torch.cdist(given.permute(0, 2, 3, 1).reshape(-1, 64), made.codebook.detach())
    assert torch.equal(made.codes(given).flatten(), distances.argmin(1))


def test_the_gradient_passes_straight_through_and_reaches_the_codebook_only_by_the_codewords() -> None:
    made, given = quantizer(), latent().requires_grad_()
    passed, quantised, _ = made(given)
    assert torch.equal(passed, quantised)
    weights = torch.arange(8.0).reshape(passed.shape)
    (passed * weights).sum().backward()
    assert given.grad is not None
    assert torch.equal(given.grad, weights)
    assert made.codebook.grad is None
    quantised.sum().backward()
    assert made.codebook.grad is not None
    assert made.codebook.grad.tolist() == [[1.0, 1.0], [2.0, 2.0], [1.0, 1.0]]


def test_the_moving_average_goes_to_the_mean_of_the_vectors_and_rests_in_evaluation() -> None:
    made = quantizer(moving_average=True, decay=0.5)
    assert not list(made.parameters())
    made.eval()
    made(latent())
    assert torch.equal(made.codebook, BOOK)
    made.train()
    for _ in range(40):
        made(latent())
    assert torch.allclose(made.codebook[1], torch.tensor([10.5, 0.5]), atol=1e-3)
    assert torch.allclose(made.codebook[2], torch.tensor([0.0, 7.0]), atol=1e-3)
    assert torch.allclose(made.codebook[0], torch.tensor([1.0, 1.0]), atol=1e-3)


@pytest.mark.parametrize(("restart_below", "revived"), [(0.0, False), (0.5, True)])
def test_a_codeword_nobody_chooses_is_restarted_only_when_asked(restart_below: float, revived: bool) -> None:
    torch.manual_seed(0)
    made = quantizer(moving_average=True, decay=0.5, restart_below=restart_below)
    with torch.no_grad():
        made.codebook[2] = made.summed[2] = 1000.0
    for _ in range(5):
        made(latent())
    assert bool((made.codebook[2].abs() < 20.0).all()) == revived


def test_codes_in_low_precision_are_those_of_full_precision() -> None:
    torch.manual_seed(0)
    made, given = VectorQuantizer(64, 16), torch.randn(1, 16, 4, 4)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(made.codes(given), made.codes(given.clone()))
        rough = made.codes(given)
    assert torch.equal(rough, made.codes(given))
