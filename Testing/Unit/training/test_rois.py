"""Augmentation of regions: exact where it can be, the background left alone, replayable."""

from __future__ import annotations

import numpy as np
import torch

from GliomaRadiomicsLib.training.augmentation import rotation
from GliomaRadiomicsLib.training.rois import RoiAugmentation, RoiDraw, apply, draw

STILL = RoiDraw(np.eye(3), 1.0)


def region(shape: tuple[int, int, int] = (8, 8, 6)) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).normal(size=(1, 2, *shape)).astype(np.float32))


def test_nothing_drawn_changes_nothing() -> None:
    assert torch.allclose(apply(region(), [STILL]), region(), atol=1e-5)


def test_a_flip_mirrors_left_and_right_exactly() -> None:
    images = region()
    assert torch.allclose(apply(images, [RoiDraw(np.diag([-1.0, 1, 1]), 1.0)]), images.flip(2), atol=1e-5)


def test_a_quarter_turn_is_one_in_the_axial_plane() -> None:
    images = region()
    turned = apply(images, [RoiDraw(np.round(rotation(2, np.pi / 2)), 1.0)])
    assert any(torch.allclose(turned, torch.rot90(images, k, (2, 3)), atol=1e-4) for k in (1, 3))


def test_each_region_of_a_batch_is_varied_by_its_own_draw() -> None:
    images = torch.cat([region(), region()])
    varied = apply(images, [STILL, RoiDraw(np.diag([-1.0, 1, 1]), 1.0)])
    assert torch.allclose(varied[0], images[0], atol=1e-5)
    assert torch.allclose(varied[1], images[1].flip(1), atol=1e-5)


def test_gamma_keeps_background_order_and_span() -> None:
    images = region()
    images[:, :, :3] = 0.0
    varied = apply(images, [RoiDraw(np.eye(3), 1.15)])
    assert varied[:, :, :3].abs().max() < 1e-5
    spans = [one[0, 0].max() - one[0, 0].min() for one in (images, varied)]
    assert torch.allclose(spans[0], spans[1], atol=1e-5)
    order = images[0, 0].flatten().argsort()
    assert (varied[0, 0].flatten()[order].diff() >= -1e-4).all()
    assert not torch.allclose(varied, images, atol=1e-2)


def test_the_border_comes_in_where_it_is_asked_for() -> None:
    images = torch.full((1, 1, 9, 9, 9), -2.0)
    turned = RoiDraw(rotation(2, 0.5), 1.0)
    assert (apply(images, [turned], edge="zeros") == 0).any()
    assert torch.allclose(apply(images, [turned], edge="border"), images, atol=1e-4)


def test_draws_stay_in_their_limits_and_can_be_replayed() -> None:
    settings = RoiAugmentation(rotate_degrees=20.0, quarter_turns=False, flip=False)
    draws = [draw(np.random.default_rng(seed), settings) for seed in range(200)]
    again = draw(np.random.default_rng(7), settings)
    assert np.array_equal(again.matrix, draws[7].matrix)
    assert 0.85 <= min(one.gamma for one in draws) < 0.9
    assert 1.1 < max(one.gamma for one in draws) <= 1.15
    turned = [np.degrees(np.arccos(np.clip((np.trace(one.matrix) - 1) / 2, -1, 1))) for one in draws]
    assert 20 < max(turned) < 20 * np.sqrt(3) + 1
    assert all(np.linalg.det(one.matrix) > 0.99 for one in draws)
