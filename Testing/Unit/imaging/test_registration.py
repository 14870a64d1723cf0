"""Rigid registration: a known movement is found, nonsense is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.registration import register

SPACING = 3.0


def head(matrix: np.ndarray, spacing: tuple[float, float, float], invert: bool = False) -> tuple[Volume, Volume]:
    """A brain of smooth patches moved by ``matrix`` (RAS mm), and its mask."""
    coarse = np.random.default_rng(3).normal(size=(9, 10, 9))
    shape = [round(s) for s in np.array((210, 240, 200)) / spacing]
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = -np.array(shape) * spacing / 2
    places = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), -1) @ affine[:3, :3].T + affine[:3, 3]
    still = (places - matrix[:3, 3]) @ matrix[:3, :3]
    inside = ((still / (68, 84, 62)) ** 2).sum(-1) < 1
    index = (still + (110, 125, 105)) / (220, 250, 210) * (np.array(coarse.shape) - 1)
    values = ndimage.map_coordinates(coarse, np.moveaxis(index, -1, 0), order=3, mode="nearest")
    array = np.where(inside, 100 + 30 * (-values if invert else values), 0).astype(np.float32)
    return Volume(array, affine), Volume(inside.astype(np.uint8), affine)


def movement(degrees: tuple[float, float, float], shift: tuple[float, float, float]) -> np.ndarray:
    matrix = np.eye(4)
    for axis, angle in enumerate(np.radians(degrees)):
        a, b = [n for n in range(3) if n != axis]
        turn = np.eye(4)
        turn[a, a] = turn[b, b] = np.cos(angle)
        turn[a, b], turn[b, a] = -np.sin(angle), np.sin(angle)
        matrix = matrix @ turn
    matrix[:3, 3] = shift
    return matrix


def test_a_movement_is_found_across_contrasts_and_grids() -> None:
    fixed, fixed_brain = head(np.eye(4), (3.0, 3.0, 3.0))
    true = movement((10, -6, 12), (9, -7, 12))
    moving, moving_brain = head(true, (2.5, 2.5, 5.0), invert=True)
    found = register(fixed, moving, fixed_brain, moving_brain)
    places = np.argwhere(fixed_brain.array)[::50] @ fixed.affine[:3, :3].T + fixed.affine[:3, 3]
    error = np.linalg.norm(places @ (found.matrix - true)[:3, :3].T + (found.matrix - true)[:3, 3], axis=1)
    assert error.mean() < 1.0
    assert error.max() < 2.0
    assert found.information_after > found.information_before
    assert found.overlap > 0.95
    assert found.rotation_degrees == pytest.approx(np.degrees(np.arccos((np.trace(true[:3, :3]) - 1) / 2)), abs=1.5)
    assert 10 < found.shift_mm(fixed_brain) < 40


def test_brains_that_do_not_fit_are_refused() -> None:
    fixed, fixed_brain = head(np.eye(4), (4.0, 4.0, 4.0))
    half = fixed_brain.array.copy()
    half[:, : half.shape[1] // 2] = 0
    with pytest.raises(RefusedInput, match="do not overlap"):
        register(fixed, fixed, fixed_brain, fixed_brain.with_array(half))
    with pytest.raises(RefusedInput, match="no brain"):
        register(fixed, fixed, fixed_brain, fixed_brain.with_array(half * 0))
