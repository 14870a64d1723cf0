"""The losses, against values worked out by hand and against MONAI's."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

from GliomaRadiomicsLib.training.losses import (
    dice_bce_loss,
    focal_loss,
    generalised_dice_loss,
    joint_dice_bce_loss,
    latent_loss,
    vq_segmentation_loss,
)


def example(labels: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, labels, 6, 7, generator=generator)
    target = torch.randint(0, labels, (2, 6, 7), generator=generator)
    target[:, :, :4] = 0
    return logits, target


def sure(target: torch.Tensor, labels: int) -> torch.Tensor:
    """Logits that say the target with certainty."""
    return functional.one_hot(target, labels).movedim(-1, 1).float() * 60.0


@pytest.mark.parametrize("absent", [False, True])
def test_generalised_dice_is_monais(absent: bool) -> None:
    losses = pytest.importorskip("monai.losses", reason="SKIPPED: needs monai to compare with")
    logits, target = example()
    if absent:
        target[target == 3] = 2
    peer = losses.GeneralizedDiceLoss(softmax=True, to_onehot_y=True, batch=True, smooth_nr=0.0, smooth_dr=0.0)
    assert float(generalised_dice_loss(logits, target)) == pytest.approx(float(peer(logits, target[:, None])), abs=1e-6)


def test_generalised_dice_weighs_by_the_inverse_square_of_the_volume() -> None:
    """Three voxels of label 0, one of 1, probability 1/2 throughout: weights 1/9 and 1, see Sudre's eq. for GDL."""
    logits, target = torch.zeros(1, 2, 4), torch.tensor([[0, 0, 0, 1]])
    overlap = 1.5 / 9 + 0.5
    size = (2.0 + 3.0) / 9 + (2.0 + 1.0)
    assert float(generalised_dice_loss(logits, target)) == pytest.approx(1 - 2 * overlap / size)
    assert float(generalised_dice_loss(sure(target, 2), target)) == pytest.approx(0.0, abs=1e-6)
    assert float(generalised_dice_loss(sure(1 - target, 2), target)) == pytest.approx(1.0, abs=1e-6)


def test_focal_loss_by_hand() -> None:
    logits, target = torch.tensor([[[math.log(0.8), math.log(0.4)], [math.log(0.2), math.log(0.6)]]]), torch.zeros(1, 2)
    expected = (-(0.2**2) * math.log(0.8) - 0.6**2 * math.log(0.4)) / 2
    assert float(focal_loss(logits, target.long())) == pytest.approx(expected)
    images, labels = example()
    assert float(focal_loss(images, labels, 0.0)) == pytest.approx(float(functional.cross_entropy(images, labels)))


def test_focal_loss_is_finite_where_it_is_sure() -> None:
    _, target = example()
    logits = sure(target, 4).requires_grad_()
    value = focal_loss(logits, target)
    value.backward()
    assert float(value.detach()) == pytest.approx(0.0, abs=1e-6)
    assert logits.grad is not None
    assert bool(logits.grad.isfinite().all())


def test_latent_loss_moves_codewords_and_vectors_towards_each_other() -> None:
    latent = torch.tensor([[3.0]], requires_grad=True)
    quantised = torch.tensor([[1.0]], requires_grad=True)
    value = latent_loss(latent, quantised, beta=0.25)
    value.backward()
    assert float(value.detach()) == pytest.approx(4.0 + 0.25 * 4.0)
    assert quantised.grad is not None
    assert latent.grad is not None
    assert float(quantised.grad) == pytest.approx(-4.0)
    assert float(latent.grad) == pytest.approx(1.0)


def test_the_whole_is_the_sum_of_its_parts() -> None:
    logits, target = example()
    latent, quantised = torch.ones(2, 3, 2, 2), torch.zeros(2, 3, 2, 2)
    parts = latent_loss(latent, quantised, 0.5) + generalised_dice_loss(logits, target) + focal_loss(logits, target)
    assert float(vq_segmentation_loss(logits, target, latent, quantised, 0.5)) == pytest.approx(float(parts))


def test_joint_dice_and_cross_entropy() -> None:
    target = torch.tensor([[0, 0, 1, 1]])
    logits = torch.zeros(1, 2, 4)
    expected = 1 - (2 * 1.0 + 1) / (2.0 + 2.0 + 1) + math.log(2)
    assert float(joint_dice_bce_loss(logits, target)) == pytest.approx(expected)
    assert float(joint_dice_bce_loss(sure(target, 2), target)) == pytest.approx(0.0, abs=1e-6)
    shifted = torch.randn(1, 2, 4) + 5.0
    direct = functional.cross_entropy(shifted, target)
    tumour = shifted.softmax(1)[:, 1]
    dice = 1 - (2 * (tumour * target).sum() + 1) / (tumour.sum() + target.sum() + 1)
    assert float(joint_dice_bce_loss(shifted, target)) == pytest.approx(float(direct + dice), abs=1e-5)


PATCH = (64, 80, 64)


def false_voxel_slope(shape: tuple[int, int, int], false: int) -> float:
    """How steeply the loss falls when one of ``false`` voxels, surely called tumour where there is none, is let go."""
    logits = torch.full((1, 1, *shape), -20.0)
    logits.view(-1)[:false] = 2.0
    logits.requires_grad_(True)
    dice_bce_loss(logits, torch.zeros_like(logits), torch.ones(1), math.prod(PATCH)).backward()
    return float(logits.grad.view(-1)[0])


def test_a_false_voxel_weighs_the_same_in_a_whole_brain() -> None:
    """Beside the Dice term, which does not depend on the field of view, the cross-entropy must not thin out."""
    patch, brain = false_voxel_slope(PATCH, 4000), false_voxel_slope((128, 160, 128), 4000)
    assert brain == pytest.approx(patch, rel=1e-4)


def test_an_absent_region_of_some_millilitres_is_still_worth_removing() -> None:
    """At 4 ml of invented tumour the Dice term's own slope is a good part of the cross-entropy's, not nothing."""
    sigmoid = 1.0 / (1.0 + math.exp(-2.0))
    cross_entropy = 2.0 * sigmoid / math.prod(PATCH)
    assert false_voxel_slope(PATCH, 4000) > 1.2 * cross_entropy
