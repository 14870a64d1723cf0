"""Ventricle-like fluid, found by its intensities deep in the brain: good enough to say where an explanation lies."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from GliomaRadiomicsLib.imaging.grid import crop_box

FLUID_SIGN = {"t1": -1.0, "t1ce": -1.0, "t2": 1.0, "flair": -1.0}
"""Whether fluid is brighter or darker than the brain."""

DEPTH_MM = 12.0
"""How far under the surface of the brain fluid is taken for a ventricle's and not for a sulcus'."""

SMALLEST_ML = 0.3


def ventricle_like(
    images: Mapping[str, npt.NDArray[np.floating]],
    *,
    brain: npt.NDArray,
    tumour: npt.NDArray,
    spacing_mm: tuple[float, float, float],
    threshold: float = 1.5,
) -> npt.NDArray[np.bool_]:
    """Mask of fluid deep in the brain, outside the tumour.

    Args:
        images: By sequence (t1, t1ce, t2, flair; any subset), shape ``(i, j, k)``, any unit.
        brain: Mask of the brain.
        tumour: Mask of the whole tumour.
        spacing_mm: Voxel size.
        threshold: A voxel is fluid where its intensities, each divided by the robust spread of the healthy brain and
            turned so that fluid is high, are on average more than this above the median.

    Returns:
        Boolean, shape ``(i, j, k)``, pieces of at least `SMALLEST_ML`. Empty where no sequence is given.
    """
    inside = np.asarray(brain) != 0
    found = np.zeros(inside.shape, dtype=bool)
    known = [sequence for sequence in FLUID_SIGN if sequence in images]
    if not known or not inside.any():
        return found
    box = crop_box(inside)
    healthy = inside[box] & (np.asarray(tumour)[box] == 0)
    if not healthy.any():
        return found
    likeness = sum(FLUID_SIGN[name] * _standardised(images[name][box], healthy) for name in known) / len(known)
    candidates = healthy & (likeness > threshold)
    candidates &= ndimage.distance_transform_edt(np.pad(inside[box], 1), spacing_mm)[1:-1, 1:-1, 1:-1] > DEPTH_MM
    pieces, _ = ndimage.label(candidates)
    kept = np.bincount(pieces.ravel()) * (float(np.prod(spacing_mm)) / 1000.0) >= SMALLEST_ML
    kept[0] = False
    found[box] = kept[pieces]
    return found


def _standardised(image: npt.NDArray[np.floating], healthy: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    low, middle, high = np.percentile(image[healthy], (25, 50, 75))
    return ((image - middle) / max((high - low) / 1.349, 1e-6)).astype(np.float32)
