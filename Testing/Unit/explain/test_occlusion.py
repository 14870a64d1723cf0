"""Occlusion of places and regions: exact on scores whose effects are known."""

from __future__ import annotations

import numpy as np
import pytest

from GliomaRadiomicsLib.explain.occlusion import occlusion_map, region_effects


def summed(images: np.ndarray) -> np.ndarray:
    """Score: the sum of the first sequence minus that of the second."""
    return images[:, 0].reshape(len(images), -1).sum(1) - images[:, 1].reshape(len(images), -1).sum(1)


def test_single_voxels_of_a_sum_get_their_own_value() -> None:
    image = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    heat = occlusion_map(summed, image, block=1)
    assert heat.dtype == np.float32
    assert np.allclose(heat, image[0] - image[1], atol=1e-6)


def test_overlapping_blocks_are_averaged_and_the_edge_is_covered() -> None:
    image = np.zeros((2, 5))
    image[0] = [1, 2, 3, 4, 5]
    heat = occlusion_map(summed, image, block=2, stride=1, batch=3)
    assert heat.tolist() == pytest.approx([3, 4, 6, 8, 9])
    assert occlusion_map(summed, image, block=2, stride=2).tolist() == pytest.approx([3, 3, 7, 7, 5])


def test_blocks_off_the_mask_are_not_scored() -> None:
    image = np.ones((2, 6, 6))
    image[1] = 0
    scored: list[int] = []

    def counting(images: np.ndarray) -> np.ndarray:
        scored.append(len(images))
        return summed(images)

    mask = np.zeros((6, 6), dtype=bool)
    mask[1, 4] = True
    heat = occlusion_map(counting, image, block=2, stride=2, mask=mask, batch=1)
    assert scored == [1, 1]
    assert (heat != 0).sum() == 4
    assert heat[0, 4] == 4


def test_the_fill_is_what_takes_the_place() -> None:
    image = np.ones((2, 3))
    assert occlusion_map(summed, image + [[1], [0]], block=1, fill=1.0).tolist() == [1, 1, 1]


def test_regions() -> None:
    image = np.zeros((2, 2, 3))
    image[0] = [[1, 2, 3], [4, 5, 6]]
    regions = np.array([[0, 1, 1], [4, 4, 0]])
    before = image.copy()
    assert region_effects(summed, image, regions) == {1: 5.0, 4: 9.0}
    assert np.array_equal(image, before)
