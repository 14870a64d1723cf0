"""Synthetic images and masks for the feature engine: made of formulas, the same on every machine.

Used by ``make_pyradiomics_golden.py``, which computes the golden values with pyradiomics, and by the tests. Numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """One image with its mask (both in axis order i, j, k), geometry in RAS and pyradiomics settings."""

    image: np.ndarray
    mask: np.ndarray
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)
    oblique: bool = False
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def affine(self) -> np.ndarray:
        """From voxel to RAS mm."""
        affine = np.eye(4)
        affine[:3, :3] = self.directions * np.array(self.spacing)
        affine[:3, 3] = (-31.5, 20.25, 7.125)
        return affine

    @property
    def directions(self) -> np.ndarray:
        """Columns are the directions of i, j, k in RAS; a 3-4-5 and a 5-12-13 rotation if oblique."""
        if not self.oblique:
            return np.eye(3)
        about_k = np.array([(0.8, -0.6, 0.0), (0.6, 0.8, 0.0), (0.0, 0.0, 1.0)])
        about_i = np.array([(1.0, 0.0, 0.0), (0.0, 12 / 13, -5 / 13), (0.0, 5 / 13, 12 / 13)])
        return about_k @ about_i


SHAPE = (22, 19, 13)


def _grid() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    i, j, k = np.indices(SHAPE)
    return i, j, k


def noisy_image() -> np.ndarray:
    """A parabola with integer noise, int16, about 100 to 900."""
    i, j, k = _grid()
    smooth = 700 - 3 * (i - 10) ** 2 - 2 * (j - 9) ** 2 - 5 * (k - 6) ** 2
    noise = (i * 7919 + j * 10_477 + k * 12_983 + i * j * 131 + j * k * 17 + i * k * 29) % 211
    return (smooth + noise).astype(np.int16)


def _ellipsoid(centre: tuple[int, int, int], radii: tuple[int, int, int]) -> np.ndarray:
    return sum(((axis - c) / r) ** 2 for axis, c, r in zip(_grid(), centre, radii, strict=True)) <= 1


def _mask(inside: np.ndarray) -> np.ndarray:
    return inside.astype(np.uint8)


def _voxels(*places: tuple[int, int, int]) -> np.ndarray:
    inside = np.zeros(SHAPE, dtype=bool)
    inside[tuple(np.array(places).T)] = True
    return _mask(inside)


def cases() -> dict[str, Case]:
    """All cases by name."""
    image = noisy_image()
    tumour = _mask(_ellipsoid((11, 9, 6), (8, 6, 4)))
    slab = np.zeros(SHAPE, dtype=bool)
    slab[4:17, 3:15, 5] = True
    two_labels = tumour + tumour * (_grid()[0] > 12)
    ragged = _mask(_ellipsoid((11, 9, 6), (9, 8, 5)) & (image % 3 > 0))
    small = {"minimumROIDimensions": 1, "binWidth": 10.0}
    ten = [(3 * n % 17 + 2, 5 * n % 13 + 2, 7 * n % 10 + 1) for n in range(10)]
    thick = {"spacing": (0.9, 0.9, 5.5), "oblique": True}

    def with_settings(**settings: Any) -> Case:
        return Case(image, tumour, (1.0, 1.2, 3.0), True, settings)

    return {
        "cubic": Case(image, tumour),
        "oblique": Case(image, tumour, (0.75, 1.1, 4.0), True, {"binWidth": 12.5}),
        "ragged": Case(image, ragged, **thick),
        "disconnected": Case(
            image, _mask(_ellipsoid((5, 5, 4), (3, 3, 2)) | _ellipsoid((16, 13, 9), (3, 4, 3))), **thick
        ),
        "single_slice": Case(image, _mask(slab), **thick),
        "one_voxel": Case(image, _voxels((4, 5, 6)), settings=small),
        "two_voxels": Case(image, _voxels((4, 5, 6), (5, 5, 6)), settings=small),
        "ten_voxels": Case(image, _voxels(*ten), (1.0, 1.2, 3.0), settings=small),
        "flat": Case(np.full(SHAPE, 77, np.int16), tumour),
        "float32": Case((image / np.float32(7)).astype(np.float32), tumour, settings={"binWidth": 3.3}),
        "second_label": Case(image, two_labels, settings={"label": 2}),
        "bin_count": with_settings(binCount=16),
        "distances": with_settings(distances=[1, 2]),
        "weighted_infinity": with_settings(weightingNorm="infinity"),
        "weighted_euclidean": with_settings(weightingNorm="euclidean"),
        "weighted_manhattan": with_settings(weightingNorm="manhattan"),
        "not_weighted": with_settings(weightingNorm="no_weighting"),
        "asymmetric": with_settings(symmetricalGLCM=False),
        "dependence": with_settings(gldm_a=1),
        "plane_by_plane": with_settings(force2D=True, force2Ddimension=0),
        "normalised": with_settings(normalize=True, normalizeScale=100, removeOutliers=2.0, binWidth=10.0),
        "shifted": with_settings(voxelArrayShift=300),
        "resegmented": with_settings(resegmentRange=[-1.5, 1.0], resegmentMode="sigma"),
        "resegmented_relative": with_settings(resegmentRange=[0.5, 0.9], resegmentMode="relative"),
    }
