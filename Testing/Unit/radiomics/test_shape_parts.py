"""Surface and diameters against geometry and against trying every pair."""

from __future__ import annotations

import numpy as np
import pytest

from GliomaRadiomicsLib.radiomics import shape2d
from GliomaRadiomicsLib.radiomics.diameters import largest_distance, largest_in_plane_distance
from GliomaRadiomicsLib.radiomics.marching_cubes import TRIANGLES, area_and_volume, vertices_in_half_voxels
from GliomaRadiomicsLib.radiomics.region import crop
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings
from GliomaRadiomicsLib.radiomics.shape2d import area_and_perimeter


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


def test_outline_of_a_square_has_cut_corners():
    area, length = area_and_perimeter(np.pad(np.ones((4, 3), dtype=bool), 1), np.array([2.0, 1.0]))
    assert area == pytest.approx(4 * 3 * 2 - 4 * 2 / 8)
    assert length == pytest.approx(2 * 3 * 2 + 2 * 2 * 1 + 4 * np.hypot(2, 1) / 2)


def test_pixels_that_touch_at_a_corner_are_apart():
    touching, apart = np.eye(2, dtype=bool), np.zeros((2, 4), dtype=bool)
    apart[[0, 1], [0, 3]] = True
    sizes = np.array([1.5, 0.5])
    assert area_and_perimeter(np.pad(touching, 1), sizes) == pytest.approx(area_and_perimeter(np.pad(apart, 1), sizes))


@pytest.mark.parametrize("axis", range(3))
def test_shape_in_a_plane_is_the_same_across_every_axis(axis, setting_cases):
    """Across axis 1 pyradiomics 3.0.1 gives none: it takes the axes in another order there than for its own check."""
    plane = setting_cases["outline"].mask[:, :, 6]
    assert plane.any()
    assert shape2d.features(_thin(plane, axis)) == pytest.approx(shape2d.features(_thin(plane, 0)), rel=1e-9)


def _thin(plane, axis):
    """A region one voxel thick along an axis (0 = k) of an array (k, j, i)."""
    settings = RadiomicsSettings(force2D=True, force2Ddimension=axis)
    spacing = np.insert([0.7, 0.4], axis, 3.0)
    return crop(np.expand_dims(plane, axis), tuple(spacing[::-1]), settings)


@pytest.mark.parametrize(
    ("shape", "settings", "reason"),
    [
        ((1, 4, 4), RadiomicsSettings(), "needs force2D"),
        ((2, 4, 4), RadiomicsSettings(force2D=True), "2 voxels thick along force2Ddimension 0, not one"),
        ((1, 4, 4), RadiomicsSettings(force2D=True, force2Ddimension=2), "4 voxels thick"),
        ((1, 4, 1), RadiomicsSettings(force2D=True), "1 dimension"),
        ((1, 4, 4), RadiomicsSettings(force2D=True), ""),
    ],
)
def test_why_there_is_no_shape_in_a_plane(shape, settings, reason):
    found = shape2d.why_not(crop(np.ones(shape, dtype=bool), (1.0, 1.0, 1.0), settings))
    assert reason in found
    assert bool(found) == bool(reason)
