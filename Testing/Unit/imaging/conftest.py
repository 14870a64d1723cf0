"""Small volumes for the imaging tests."""

from __future__ import annotations

import numpy as np
import pytest

from GliomaRadiomicsLib.core.volume import Volume


@pytest.fixture
def oblique() -> Volume:
    """Oblique, anisotropic, left-handed grid far from the origin."""
    a, b = np.deg2rad(17.0), np.deg2rad(-8.0)
    turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]) @ np.array(
        [[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]]
    )
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([-0.9, 0.95, 5.5])
    affine[:3, 3] = 101.37, -87.21, -43.9
    array = np.random.default_rng(3).integers(0, 900, (12, 9, 7)).astype(np.int16)
    return Volume(array, affine, "oblique")
