"""Surface and diameters against geometry and against trying every pair."""

from __future__ import annotations

import numpy as np
import pytest

from GliomaRadiomicsLib.radiomics.diameters import largest_distance, largest_in_plane_distance
from GliomaRadiomicsLib.radiomics.marching_cubes import TRIANGLES, area_and_volume, vertices_in_half_voxels


def test_table_covers_half_of_the_configurations():
    assert len(TRIANGLES.split()) == 128


def test_single_voxel_is_an_octahedron():
    area, volume = area_and_volume(np.pad(np.ones((1, 1, 1), dtype=bool), 1), np.array([2.0, 2.0, 2.0]))
    assert area == pytest.approx(8 * np.sqrt(3) / 4 * 2)
    assert volume == pytest.approx(np.sqrt(2) / 3 * 2**1.5)


def test_ball_has_nearly_the_volume_of_a_ball():
    radius, spacing = 12.0, np.array([1.5, 1.0, 0.75])
    k, j, i = (np.indices((21, 29, 37)).T - [10, 14, 18]).T * spacing[:, None, None, None]
    inside = k**2 + j**2 + i**2 <= radius**2
    area, volume = area_and_volume(inside, spacing)
    assert volume == pytest.approx(4 / 3 * np.pi * radius**3, rel=0.02)
    assert 4 * np.pi * radius**2 < area < 1.15 * 4 * np.pi * radius**2


def test_volume_of_a_mask_and_of_its_complement_add_up():
    rng = np.random.default_rng(5)
    block = np.pad(np.ones((6, 5, 4), dtype=bool), 2)
    hole = block.copy()
    hole[4:6, 4:6, 3:5] = rng.random((2, 2, 2)) < 2
    hole[4:6, 4:6, 4] = False
    spacing = np.array([1.0, 2.0, 3.0])
    _, whole = area_and_volume(block, spacing)
    _, hollow = area_and_volume(hole, spacing)
    _, core = area_and_volume(block & ~hole, spacing)
    assert hollow + core == pytest.approx(whole)


@pytest.mark.parametrize("seed", range(6))
def test_diameters_equal_all_pairs(seed):
    rng = np.random.default_rng(seed)
    mask = np.pad(rng.random(rng.integers(1, 7, 3)) < 0.6, 1)
    mask[1, 1, 1] = True
    points, half = vertices_in_half_voxels(mask), np.array([2.5, 0.5, 0.35])
    apart = (points[:, None] - points) * half
    distances = np.sqrt((apart**2).sum(axis=2))
    assert largest_distance(points, half) == pytest.approx(distances.max(), rel=1e-12)
    for axis in range(3):
        expected = distances[apart[..., axis] == 0].max()
        assert largest_in_plane_distance(points, half, axis) == pytest.approx(expected, rel=1e-12)
