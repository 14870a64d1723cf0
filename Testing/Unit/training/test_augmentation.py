"""Augmentation of patches: geometry, intensities, and who decides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from GliomaRadiomicsLib.training.augmentation import (
    FLAIR,
    T1CE,
    AugmentationSettings,
    Draw,
    apply_intensity,
    apply_spatial,
    deenhance,
    draw,
)

SHAPE = (9, 9, 9)
CENTRE = np.array([10.0, 11.0, 12.0])


def image_and_labels() -> tuple[torch.Tensor, torch.Tensor]:
    """Labels of blobs; the first sequence is the label map itself, so that both can be compared."""
    rng = np.random.default_rng(0)
    labels = torch.from_numpy(rng.choice([0, 1, 2, 4], (20, 22, 24), p=[0.7, 0.1, 0.1, 0.1]).astype(np.uint8))
    images = torch.from_numpy(rng.normal(size=(4, 20, 22, 24)).astype(np.float32))
    images[0] = labels.float()
    return images, labels


def still(n: int = 4) -> Draw:
    """A draw that changes nothing."""
    return Draw(np.eye(3), np.ones(n), np.zeros(n), None, 0.0, 0, None, 2, None, False, np.ones(n, dtype=bool))


def quarter_turn(axis: int) -> np.ndarray:
    """Turns patch offsets by 90 degrees about an axis: the next axis goes to the one after it."""
    matrix = np.eye(3)
    a, b = (axis + 1) % 3, (axis + 2) % 3
    matrix[a, a] = matrix[b, b] = 0.0
    matrix[b, a], matrix[a, b] = 1.0, -1.0
    return matrix


def test_without_variation_the_patch_is_cut_out() -> None:
    images, labels = image_and_labels()
    patch, label = apply_spatial(images, labels, CENTRE + 0.5, SHAPE, np.eye(3))
    assert torch.equal(patch, images[:, 6:15, 7:16, 8:17])
    assert torch.equal(label, labels[6:15, 7:16, 8:17])


def test_a_flipped_patch_is_the_patch_flipped() -> None:
    images, labels = image_and_labels()
    patch, label = apply_spatial(images, labels, CENTRE, SHAPE, np.eye(3))
    flipped, flipped_label = apply_spatial(images, labels, CENTRE, SHAPE, np.diag([-1.0, 1.0, 1.0]))
    assert torch.equal(flipped, patch.flip(1))
    assert torch.equal(flipped_label, label.flip(0))
    assert not torch.equal(flipped, patch)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_quarter_turn_moves_a_voxel_where_it_should(axis: int) -> None:
    matrix = quarter_turn(axis)
    offset = np.array([2, 3, -1])
    place = (CENTRE + matrix @ offset).astype(int)
    images, labels = torch.zeros(4, 20, 22, 24), torch.zeros(20, 22, 24, dtype=torch.uint8)
    images[(slice(None), *place)] = 5.0
    labels[tuple(place)] = 4
    patch, label = apply_spatial(images, labels, CENTRE, SHAPE, matrix)
    expected = tuple(np.array([4, 4, 4]) + offset)
    assert label[expected] == 4
    assert patch[0][expected] == pytest.approx(5.0, abs=1e-3)
    assert (label > 0).sum() == 1
    assert label.dtype == torch.uint8


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_image_and_labels_move_together(axis: int) -> None:
    images, labels = image_and_labels()
    patch, label = apply_spatial(images, labels, CENTRE, SHAPE, quarter_turn(axis))
    assert torch.allclose(patch[0], label.float(), atol=1e-3)
    assert (label > 0).any()


def test_scaling_by_two_looks_at_twice_the_offset() -> None:
    images, labels = image_and_labels()
    patch, _ = apply_spatial(images, labels, CENTRE, SHAPE, 2.0 * np.eye(3))
    assert torch.allclose(patch, images[:, 2:19:2, 3:20:2, 4:21:2], atol=1e-3)


def test_outside_the_image_there_is_zero() -> None:
    images, labels = image_and_labels()
    images += 10.0
    for matrix in (np.eye(3), quarter_turn(2)):
        patch, label = apply_spatial(images, labels, np.array([0.0, 0.0, 0.0]), SHAPE, matrix)
        far, _ = apply_spatial(images, labels, np.array([500.0, 0.0, 0.0]), SHAPE, matrix)
        assert (patch == 0).any()
        assert (patch != 0).any()
        assert not far.any()
        assert label.shape == SHAPE


def test_background_stays_zero_under_every_intensity_variation() -> None:
    images, _ = image_and_labels()
    images[:, :10] = 0.0
    variation = replace(
        still(),
        gain=np.full(4, 1.3),
        offset=np.full(4, 0.5),
        gamma=np.full(4, 1.2),
        noise_sd=0.3,
        blur_axis=1,
        bias=np.full((4, 3, 3, 3), 0.2),
    )
    varied = apply_intensity(images, variation)
    assert not varied[:, :10].any()
    assert (varied[:, 10:] != images[:, 10:]).any()
    assert varied.isfinite().all()


def test_nothing_drawn_changes_nothing_and_missing_sequences_are_zero() -> None:
    images, _ = image_and_labels()
    assert torch.allclose(apply_intensity(images, still()), images)
    varied = apply_intensity(images, replace(still(), present=np.array([True, False, True, True])))
    assert not varied[T1CE].any()
    assert torch.allclose(varied[FLAIR], images[FLAIR])


def test_the_same_draw_gives_the_same_noise() -> None:
    images, _ = image_and_labels()
    noisy = replace(still(), noise_sd=0.2, noise_seed=7)
    assert torch.equal(apply_intensity(images, noisy), apply_intensity(images, noisy))
    assert not torch.equal(apply_intensity(images, noisy), apply_intensity(images, replace(noisy, noise_seed=8)))


def test_deenhancing_takes_t1_and_leaves_core() -> None:
    images, labels = image_and_labels()
    before = images.clone()
    patch, changed = deenhance(images, labels)
    enhancing = labels == 4
    assert torch.equal(images, before)
    assert torch.equal(patch[T1CE][enhancing], images[0][enhancing])
    assert (changed[enhancing] == 1).all()
    assert torch.equal(changed[~enhancing], labels[~enhancing])
    assert torch.equal(patch[FLAIR], images[FLAIR])
    plain, same = deenhance(images, torch.where(enhancing, torch.zeros_like(labels), labels))
    assert torch.equal(plain, images)
    assert not (same == 4).any()


def test_drawing_never_loses_all_sequences_nor_invents_one() -> None:
    rng = np.random.default_rng(0)
    available = np.array([True, True, False, True])
    draws = [draw(rng, AugmentationSettings(), available).present for _ in range(200)]
    assert all(present.any() and not (present & ~available).any() for present in draws)
    kinds = {tuple(present) for present in draws}
    assert tuple(available) in kinds
    assert (False, False, False, True) in kinds
    assert len(kinds) >= 6


def test_a_case_without_flair_is_never_asked_for_flair_alone() -> None:
    rng = np.random.default_rng(0)
    available = np.array([False, False, True, False])
    settings = AugmentationSettings(p_all_sequences=0.0, p_flair_only=1.0)
    assert all(tuple(draw(rng, settings, available).present) == tuple(available) for _ in range(20))
