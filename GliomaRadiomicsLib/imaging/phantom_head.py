"""Head of the phantom around the brain: skull, scalp, face, eyes and neck, for images that are not skull-stripped."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.imaging.phantom_shapes import Array, ellipsoid, smooth_union, tube
from GliomaRadiomicsLib.imaging.phantom_tissue import Tissue

_LAYERS = (
    (13.5, Tissue.MUSCLE),
    (12.0, Tissue.FAT),
    (8.0, Tissue.BONE),
    (6.5, Tissue.MARROW),
    (4.0, Tissue.BONE),
)
"""From outside in: distance (mm) from the vault up to which the layer reaches, and its tissue."""


def head_tissue(x: Array, y: Array, z: Array, brain_distance: Array, texture: Array) -> npt.NDArray[np.uint8]:
    """Tissue class outside the brain at points in brain coordinates (mm); arrays that broadcast to one shape.

    Args:
        x: Coordinates in mm to the right.
        y: Coordinates in mm to the front.
        z: Coordinates in mm up.
        brain_distance: Signed distance to the brain surface.
        texture: Smooth noise of unit variance that mixes muscle and fat in the face.
    """
    side = np.abs(x)
    vault = smooth_union(brain_distance, ellipsoid(x, y, z, (0.0, -3.0, 4.0), (66.0, 82.5, 61.5)), 12.0)
    vault = np.where(z < -15.0, np.maximum(vault, _skull_base(y, z)), vault)
    neck = tube(x, y, z, [(0, -15, -40, 50), (0, -25, -140, 55)])
    face = ellipsoid(x, y, z, (0.0, 42.0, -52.0), (56.0, 50.0, 62.0))
    soft = smooth_union(neck, face, 25.0)
    tissue = np.full(vault.shape, Tissue.AIR, dtype=np.uint8)
    tissue[soft < 0.0] = Tissue.FAT
    tissue[(soft < -6.0) & (texture < 0.8)] = Tissue.MUSCLE
    _paint_face(tissue, side, y, z)
    spine = tube(x, y, z, [(0, -24, -70, 15), (0, -28, -140, 15)])
    tissue[spine < 0.0] = Tissue.MARROW
    tissue[spine < -5.0] = Tissue.CSF
    for reach, kind in _LAYERS:
        tissue[(np.minimum(vault, brain_distance) < reach) & (z > -75.0)] = kind
    tissue[(vault < 2.0) & (brain_distance < 9.0)] = Tissue.CSF
    tissue[brain_distance < 1.5] = Tissue.CSF
    return tissue


def _skull_base(y: Array, z: Array) -> Array:
    """Signed distance (mm, roughly) to a floor below the frontal and temporal lobes that falls off to the back."""
    return 1.2 * (-z - 15.0) - 0.02 * y * y * (y < 0) - 6.0


def _paint_face(tissue: npt.NDArray[np.uint8], side: Array, y: Array, z: Array) -> None:
    orbit = ellipsoid(side, y, z, (31.0, 66.0, -27.0), (19.0, 24.0, 17.0))
    eye = ellipsoid(side, y, z, (31.0, 75.0, -27.0), (12.0, 12.0, 12.0))
    nose = ellipsoid(side, y, z, (0.0, 68.0, -48.0), (11.0, 24.0, 20.0))
    antrum = ellipsoid(side, y, z, (28.0, 62.0, -58.0), (13.0, 16.0, 13.0))
    throat = tube(side, y, z, [(0, 25, -60, 9), (0, 12, -140, 9)])
    tissue[orbit < 0.0] = Tissue.FAT
    tissue[eye < 1.0] = Tissue.MUSCLE
    tissue[eye < 0.0] = Tissue.VITREOUS
    tissue[(nose < 0.0) | (antrum < 0.0) | (throat < 0.0)] = Tissue.AIR
